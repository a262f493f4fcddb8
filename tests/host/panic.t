#!/usr/bin/perl
# tests/host/panic.t - what the kernel says when it dies: QEMU's monitor sends
# a non-maskable interrupt to it while it waits for a key.
use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Socket::UNIX;

my $dir = tempdir(CLEANUP => 1);
my $test = 0;

open my $script, '>', "$dir/wait.boot" or die "$dir: $!\n";
print $script "show_arguments \$(task-create) \$(prompt-task-resume)\n";
close $script;
my $pid = open my $serial, '-|', 'exec tools/run -o build-debug -c max -s 2 ' .
    "-t 60 -q '-monitor unix:$dir/monitor,server=on,wait=off' $dir/wait.boot" .
    ' 2>&1 </dev/null' or die "tools/run: $!\n";
my $printed = '';
$printed .= $_ while $printed !~ /press return/ && sysread $serial, $_, 4096;
my $monitor = IO::Socket::UNIX->new("$dir/monitor") or die "monitor: $!\n";
print $monitor "nmi\n";
$printed .= $_ while sysread $serial, $_, 4096;
close $serial;
my $status = $? >> 8;

sub says {
	my ($pattern, $name) = @_;
	my $ok = $printed =~ $pattern;
	print $ok ? '' : 'not ', 'ok ', ++$test, " - $name\n";
	print map { "# $_\n" } $ok ? () : split /\r?\n/, $printed;
}

says(qr/^panic: /m, 'what happened');
says(qr/^processor \d+, thread \S.* of task \S/m, 'processor, thread and task');
says(qr/^eax [0-9a-f]{8} ebx [0-9a-f]{8} /m, 'registers');
says(qr/^eip [0-9a-f]{8} eflags [0-9a-f]{8} /m, 'program counter and flags');
says(qr/^  [0-9a-f]{8} [a-z_]\w*\+0x[0-9a-f]+\r?$/m, 'a symbolic backtrace');
print $status == 1 ? '' : 'not ', 'ok ', ++$test, " - a failure status: $status\n";
print "1..$test\n";
