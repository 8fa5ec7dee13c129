/*
 * The kernel's own making of detours as a filter. In, as little-endian 32-bit numbers: the probe's address, its instruction, its
 * stack space, its register flags. Out: what preparing it returned, and the 24 words of the detour at 0x70000000.
 */
#include "detour-stub.h"

extern long read(int, void *, unsigned long), write(int, const void *, unsigned long);
extern void *mmap(void *, unsigned long, int, int, int, long);
extern int arch_prepare_optimized_kprobe(struct optimized_kprobe *, struct kprobe *);

enum { words = 24 };
static kprobe_opcode_t *const slot = (kprobe_opcode_t *)0x70000000;

struct kprobe_ctlblk *get_kprobe_ctlblk(void) { return NULL; }
kprobe_opcode_t *get_optinsn_slot(void) { return slot; }
void free_optinsn_slot(kprobe_opcode_t *s, int dirty) {}
void arch_arm_kprobe(struct kprobe *p) {}
void kprobes_remove_breakpoint(void *addr, unsigned int insn) {}

/* As the architecture defines B: 0 where it does not reach. */
unsigned long arm_gen_branch(unsigned long pc, unsigned long addr)
{
	long offset = (long)addr - (long)(pc + 8);
	if (offset < -33554432 || offset > 33554428)
		return 0;
	return 0xea000000 | (((unsigned long)offset >> 2) & 0x00ffffff);
}

int main(void)
{
	u32 in[4], out[1 + words];
	mmap(slot, 4096, 3, 0x32, -1, 0);
	while (read(0, in, sizeof(in)) == sizeof(in)) {
		struct optimized_kprobe op = {};
		struct kprobe kp = {.addr = (kprobe_opcode_t *)in[0], .opcode = in[1]};
		kp.ainsn.stack_space = in[2];
		kp.ainsn.register_usage_flags = in[3];
		op.kp.addr = kp.addr;
		out[0] = arch_prepare_optimized_kprobe(&op, &kp);
		memcpy(out + 1, slot, 4 * words);
		if (write(1, out, sizeof(out)) != sizeof(out))
			return 1;
	}
	return 0;
}
