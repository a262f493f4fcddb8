#!/bin/sh
# tests/host/headers.t - each header of include/ compiles alone, for users and
# for the kernel, and every constant of tests/abi-constants.txt is as it says.
cc=i686-linux-gnu-gcc
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
number=0

# What MIG makes, which mach.h and mach/mach_interface.h include.
mkdir "$tmp/mach"
for name in mach mach_host mach_port; do
	CC=$cc i686-gnu-mig -nostdinc -Iinclude -user /dev/null \
	    -server /dev/null -header "$tmp/mach/$name.h" \
	    "include/mach/$name.defs"
done

# compiles NAME FLAG...: $tmp/in does, without a warning.
compiles() {
	name=$1
	shift
	number=$((number + 1))
	if $cc -x c -std=gnu11 -ffreestanding -fsyntax-only -Wall -Wextra \
	    -Werror -nostdinc -isystem "$($cc -print-file-name=include)" \
	    -Iinclude -I"$tmp" "$@" - <"$tmp/in" 2>"$tmp/out"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$tmp/out"
	fi
}

headers=$(cd include && find . -name '*.h' | sed 's,^\./,,' | sort)
for header in $headers; do
	echo "#include <$header>" >"$tmp/in"
	compiles "$header"
	compiles "$header with KERNEL" -DKERNEL
done
{
	for header in $headers; do
		echo "#include <$header>"
	done
	sed -n 's/^\([A-Za-z]\w*\) \(.*\)/_Static_assert(\
	    (unsigned int) (\1) == (unsigned int) (\2), "\1");/p' \
	    tests/abi-constants.txt
} >"$tmp/in"
compiles constants
echo "1..$number"
