#!/bin/sh
# tests/host/tools.t - the files archive, the runner's options, the ISO's menu.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
number=0

# ok NAME COMMAND...: the command succeeds.
ok() {
	name=$1
	shift
	number=$((number + 1))
	if "$@" >"$tmp/out" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$tmp/out"
	fi
}

# refuses NAME REGEX COMMAND...: it fails and prints one line, like REGEX.
refuses() {
	name=$1
	regex=$2
	shift 2
	"$@" >"$tmp/refusal" 2>&1
	status=$?
	ok "$name" sh -c "[ $status != 0 ] && [ \$(wc -l <$tmp/refusal) = 1 ] &&
	    grep -qE '$regex' $tmp/refusal"
}

files="$tmp/some files"
mkdir -p "$files/sub/empty directory"
echo hello >"$files/a name with spaces"
: >"$files/sub/empty"
long=$(printf '%0120d' 7)
echo long >"$files/$long"

ok archive_packs tools/archive "$files" 64M "$tmp/1.tar"
ok archive_holds_files_only_sorted sh -c "tar -tf $tmp/1.tar |
    cmp - <<-END
	$long
	a name with spaces
	sub/empty
	END"
touch "$files/sub/empty"
ok archive_again tools/archive "$files" 64M "$tmp/2.tar"
ok archive_is_reproducible cmp "$tmp/1.tar" "$tmp/2.tar"
touch -d 2001-01-01 "$tmp/1.tar"
tools/archive "$files" 64M "$tmp/1.tar"
ok archive_left_alone_when_same test "$tmp/1.tar" -ot "$tmp/2.tar"
mkdir "$tmp/nothing"
ok archive_of_no_files tools/archive "$tmp/nothing" 64M "$tmp/3.tar"

refuses archive_missing_directory 'no such directory' \
    tools/archive "$tmp/absent" 64M "$tmp/4.tar"
refuses archive_of_a_file 'not a directory' \
    tools/archive /dev/null 64M "$tmp/4.tar"
truncate -s 17M "$files/large"
refuses archive_too_large 'too large: 17[0-9]{3} KB.*MEM=64M has room for 16384 KB' \
    tools/archive "$files" 64M "$tmp/4.tar"
refuses archive_of_tiny_machine 'MEM=4M has room for 0 KB; MEM=[67][0-9]M would' \
    tools/archive "$files" 4M
ok archive_fits_larger_machine tools/archive "$files" 128M
rm "$files/large"
mkfifo "$files/pipe"
refuses archive_special_file 'a special one: pipe' \
    tools/archive "$files" 64M "$tmp/4.tar"
rm "$files/pipe"
ln -s sub "$files/link"
refuses archive_symbolic_link 'a symbolic link: link' \
    tools/archive "$files" 64M "$tmp/4.tar"
ok archive_not_written_on_error test ! -e "$tmp/4.tar"

ok run_options tools/run -n -m 2G -s 32 -c pentium3-v1 -t 0
refuses run_bad_memory 'MEM=64:' tools/run -n -m 64
refuses run_too_many_processors 'SMP=33:' tools/run -n -s 33
refuses run_no_processors 'SMP=0:' tools/run -n -s 0
refuses run_bad_processor 'CPU=z80:' tools/run -n -c z80
refuses run_bad_time 'TIME=soon:' tools/run -n -t soon
refuses run_missing_image 'no such file' tools/run "$tmp/absent.iso"

ok make_unknown_port sh -c 'make -s MACHINE=z80 2>&1 | grep "z80: no such port"'
mkdir "$tmp/a blank" && cp -r Makefile i386 "$tmp/a blank"
ok make_below_a_blank sh -c "make -s -C '$tmp/a blank' help 2>&1 |
    grep 'a name with a blank'"
ok make_bad_debug sh -c 'make -s DEBUG=2 2>&1 | grep "DEBUG=2: must be"'

ok make_fuzz_bad_seed sh -c 'make -s fuzz SEED=abc 2>&1 |
    grep "SEED=abc: must be a number"'
refuses oracle_bad_part 'PART=wrongs: must be' tools/oracle wrongs
refuses oracle_no_operations 'OPS=0: must be' tools/oracle -o 0
refuses check_unknown_name 'nonsense: .* no such line' \
    tools/check 1 tests/host/tools.t -- nonsense

mkdir "$tmp/bin"
refuses setup_without_apt 'no Debian system.* mig-i686-gnu:i386 .* perl$' \
    env PATH="$tmp/bin" "$PWD/tools/setup"
refuses setup_without_sudo 'as root, or install sudo' sh -c "
    printf '#!/bin/sh\n' >'$tmp/bin/apt-get'
    printf '#!/bin/sh\necho 1000\n' >'$tmp/bin/id'
    chmod +x '$tmp/bin/apt-get' '$tmp/bin/id'
    PATH='$tmp/bin' '$PWD/tools/setup' 2>&1 >/dev/null"

ok ksyms_empty sh -c 'tools/ksyms </dev/null | grep -A1 ksyms_count: |
    grep "long 0"'
ok ksyms_functions sh -c 'printf "%s\n" "00000010 T f" "00000020 d x" \
    "00000030 t g" | tools/ksyms | grep -A3 -E "ksyms_(count|offsets):" |
    tr -d "\n\t" | grep "ksyms_count:.long 2.*ksyms_offsets:.long 0.long 2"'
echo "1..$number"
