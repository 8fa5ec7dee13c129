#!/bin/sh
# Rebuilds station.elf. Needs Debian's gcc-arm-linux-gnueabihf. How the table of call sites is made: samples/build.sh says it.
set -eu
cd "$(dirname "$0")"
CC=${CC:-arm-linux-gnueabihf-gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
FLAGS="-O2 -pg -marm -march=armv7-a -mfloat-abi=soft -ffreestanding -fno-pie -fno-asynchronous-unwind-tables -fno-unwind-tables
       -fno-optimize-sibling-calls -Wall -Wextra -Werror"
# shellcheck disable=SC2086
$CC $FLAGS -S -o "$work/bare.s" station.c
awk '/^[ \t]*bl[ \t]+__gnu_mcount_nc/ {
	n++
	printf ".Lmcount%d:\n", n
	print
	printf "\t.pushsection __mcount_loc, \"a\", %%progbits\n\t.balign 4\n\t.long .Lmcount%d\n\t.popsection\n", n
	next
} { print }' "$work/bare.s" >"$work/station.s"
# shellcheck disable=SC2086
$CC $FLAGS -c -o "$work/station.o" "$work/station.s"
$CC -static -nostdlib -no-pie -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code -Wl,-z,noexecstack \
	-marm -o station.elf "$work/station.o"
