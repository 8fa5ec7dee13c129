#!/bin/sh
# Builds the programs without a C library (Debian's gcc-arm-linux-gnueabihf), for ARM and for Thumb-2, and runs them where qemu-user is
# installed.
set -e
cd "$(dirname "$0")"
for source in bare/*.c; do
  name=$(basename "$source" .c)
  for isa in arm thumb; do
    arm-linux-gnueabihf-gcc -O2 -m$isa -march=armv7-a+fp -static -nostdlib -ffreestanding -fno-builtin \
      -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -o "$name-$isa.elf" "$source"
    if command -v qemu-arm > /dev/null; then printf '%s-%s ' "$name" $isa; qemu-arm "$name-$isa.elf"; fi
  done
done
