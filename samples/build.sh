#!/bin/sh
# Rebuilds the samples. Needs Debian's gcc-arm-linux-gnueabihf; qemu-user runs them when it is there.
set -eu
cd "$(dirname "$0")"
CC=${CC:-arm-linux-gnueabihf-gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

FLAGS="-O2 -pg -march=armv7-a -mfloat-abi=soft -ffreestanding -fno-pie -fno-asynchronous-unwind-tables -fno-unwind-tables
       -Wall -Wextra -Werror"
LINK="-static -nostdlib -no-pie -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code -Wl,-z,noexecstack"

# compile NAME FLAGS…: C to assembly, then a word in __mcount_loc for every call site, then assembly to object. The compiler
# emits the calls and nothing that says where they are; a kernel build has a tool of its own for this.
compile() {
	name=$1
	shift
	# shellcheck disable=SC2086
	$CC $FLAGS "$@" -S -o "$work/$name.bare.s" sites.c
	awk '/^[ \t]*bl[ \t]+__gnu_mcount_nc/ {
		n++
		printf ".Lmcount%d:\n", n
		print
		printf "\t.pushsection __mcount_loc, \"a\", %%progbits\n\t.balign 4\n\t.long .Lmcount%d\n\t.popsection\n", n
		next
	} { print }' "$work/$name.bare.s" >"$work/$name.s"
	# shellcheck disable=SC2086
	$CC $FLAGS "$@" -c -o "$work/$name.o" "$work/$name.s"
}

# program NAME FLAGS…: a static program
program() {
	name=$1
	shift
	compile "$name" "$@"
	# shellcheck disable=SC2086
	$CC $LINK "$@" -o "$name.elf" "$work/$name.o"
}

# module NAME FLAGS…: a relocatable file as a kernel module is
module() {
	name=$1
	shift
	compile "$name" -DMODULE "$@"
	# shellcheck disable=SC2086
	$CC -nostdlib -r "$@" -o "$name.ko" "$work/$name.o"
}

program sites-arm -marm
program sites-thumb2 -mthumb
program sites-thumb2-be8 -mthumb -mbig-endian -Wl,--be8
program kernel-thumb2 -mthumb -Wl,-T,kernel.lds
module sites-arm -marm
module sites-thumb2 -mthumb
module sites-thumb2-be8 -mthumb -mbig-endian -Wl,--be8

for name in sites-arm sites-thumb2 kernel-thumb2 sites-thumb2-be8; do
	case $name in *-be8) qemu=qemu-armeb ;; *) qemu=qemu-arm ;; esac
	if command -v $qemu >/dev/null; then printf '%s: ' "$name" && $qemu "./$name.elf"; fi
done
