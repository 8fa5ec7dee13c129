#!/bin/sh
# Builds a Thumb-2 kernel to try cmodx on, which Debian does not ship: its own linux-source, vexpress_defconfig with SMP, the function
# tracer, jump labels and kprobes, and a few modules. The result is real-inputs/thumb2-vexpress, which git ignores as it is the kernel's.
#
#   sh scripts/thumb2-kernel.sh          (Debian; apt-get, dpkg-deb, gcc-arm-linux-gnueabihf, bc, bison, flex; 140 MB to download)
#
# It takes a quarter of an hour or more on two cores; running it again goes on where it stopped.
set -eu
cd "$(dirname "$0")/.."
package=${1:-linux-source-6.1}
work=real-inputs/.thumb2
out=real-inputs/thumb2-vexpress
for tool in arm-linux-gnueabihf-gcc bc bison flex make; do
  command -v $tool > /dev/null || { echo "thumb2-kernel: $tool is missing; apt-get install gcc-arm-linux-gnueabihf bc bison flex make" >&2; exit 2; }
done
mkdir -p $work/deb $work/source $out
if [ ! -e $work/source/Makefile ]; then
  deb=$(ls $work/deb/*.deb real-inputs/.kprobes/$package/deb/*.deb 2> /dev/null | head -n 1)
  [ -n "$deb" ] || { (cd $work/deb && apt-get download $package); deb=$(ls $work/deb/*.deb); }
  dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | tar -xJ -C $work/source --strip-components=1
fi
kernel="make -C $work/source -s ARCH=arm CROSS_COMPILE=arm-linux-gnueabihf- O=$PWD/$work/build"
if [ ! -e $work/build/.config ]; then
  $kernel vexpress_defconfig
  $work/source/scripts/config --file $work/build/.config \
    -e SMP -e THUMB2_KERNEL -e FTRACE -e FUNCTION_TRACER -e FUNCTION_GRAPH_TRACER -e DYNAMIC_FTRACE -e JUMP_LABEL -e KPROBES -e MODULES \
    -e KPROBE_EVENTS -e FTRACE_SYSCALLS -e SCHED_TRACER -e STRICT_KERNEL_RWX -d DEBUG_INFO_NONE -e DEBUG_INFO_DWARF5 \
    -m BTRFS_FS -m XFS_FS -m DUMMY -m VETH -m BRIDGE -m TUN -m FUSE_FS -m BLK_DEV_LOOP -m ZRAM -m CRYPTO_AES_ARM_BS -m NET_SCH_FQ_CODEL \
    -d DRM -d SOUND -d USB_SUPPORT -d NFS_FS -d MTD -d WIRELESS -d HID_SUPPORT -d FB -d WERROR
  $kernel olddefconfig
fi
$kernel -j"$(nproc)" vmlinux modules
cp $work/build/vmlinux $out/vmlinux.tmp
mv $out/vmlinux.tmp $out/vmlinux
mkdir -p $out/modules
find $work/build -name '*.ko' -exec cp {} $out/modules/ \;
echo "$out/vmlinux"
