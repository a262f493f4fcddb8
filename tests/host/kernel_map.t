#!/usr/bin/perl
# tests/host/kernel_map.t - the kernel's mappings on a processor with NX, as
# QEMU's monitor lists them once the kernel runs and waits for a key: none is
# writable and executable, no alias of kernel text is writable, nothing of the
# user's addresses is mapped, and the protections are on at each processor.
use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Socket::UNIX;

my $dir = tempdir(CLEANUP => 1);
my $wait = '$(task-create) $(prompt-task-resume)';
my $test = 0;

sub ok {
	my ($ok, $name, @notes) = @_;
	print $ok ? '' : 'not ', 'ok ', ++$test, " - $name\n";
	print map { "# $_\n" } $ok ? () : @notes[0 .. ($#notes < 9 ? $#notes : 9)];
}

# What the monitor says up to its next prompt.
sub answer {
	my ($monitor) = @_;
	my $answer = '';
	$answer .= $_ while $answer !~ /\(qemu\) \z/ && sysread $monitor, $_, 65536;
	return $answer =~ s/\r//gr;
}

sub ask {
	my ($monitor, $command) = @_;
	print $monitor "$command\n";
	return answer($monitor);
}

open my $script, '>', "$dir/wait.boot" or die "$dir: $!\n";
print $script "show_arguments $wait\n";
close $script;
my $pid = open my $serial, '-|', 'exec tools/run -o build-debug -c max -s 2 ' .
    "-t 60 -q '-monitor unix:$dir/monitor,server=on,wait=off' $dir/wait.boot" .
    ' 2>&1 </dev/null' or die "tools/run: $!\n";
my $printed = '';
$printed .= $_ while $printed !~ /press return/ && sysread $serial, $_, 4096;
ok($printed =~ /press return/, 'the kernel is up', split /\n/, $printed);
my $monitor = IO::Socket::UNIX->new("$dir/monitor") or die "monitor: $!\n";
answer($monitor);
ask($monitor, 'stop');
my $registers = ask($monitor, 'info registers -a');
my @pages = ask($monitor, 'info tlb') =~ /^([0-9a-f]{16}: [0-9a-f]{16} \S{9})$/mg;
print $monitor "quit\n";
close $serial;

# Virtual address, physical address, X for no execution ... W.
my @executable = grep { /^\S+ \S+ -/ } @pages;
my %text = map { (split)[1] => 1 } @executable;
my @both = grep { /W$/ } @executable;
my @alias = grep { /^\S+ 8?0*(\S+) .*W$/ && $text{sprintf '%016x', hex $1} } @pages;
my @user = grep { hex(substr $_, 8, 8) < 0xc0000000 } @pages;
ok(@executable > 0, 'kernel text is listed', scalar @pages);
ok(!@both, 'no page is writable and executable', @both);
ok(!@alias, 'no alias of kernel text is writable', @alias);
ok(!@user, 'nothing lies below the kernel', @user);

my @cr0 = map { hex } $registers =~ /\bCR0=(\w+)/g;
my @cr4 = map { hex } $registers =~ /\bCR4=(\w+)/g;
my @efer = map { hex } $registers =~ /\bEFER=0*(\w+)/g;
ok(@cr0 == 2 && !(grep { !($_ & 0x10000) } @cr0), 'CR0: WP', $registers);
ok(@cr4 == 2 && !(grep { ($_ & 0x3000a0) != 0x3000a0 } @cr4),
    'CR4: PAE, PGE, SMEP, SMAP', $registers);
ok(@efer == 2 && !(grep { !($_ & 0x800) } @efer), 'EFER: NXE', $registers);
print "1..$test\n";
