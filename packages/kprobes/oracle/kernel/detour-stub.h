/* What the kernel's code for optimised probes needs besides: just enough to prepare one as a program. */
#ifndef CMODX_DETOUR_STUB_H
#define CMODX_DETOUR_STUB_H
#include "stub.h"
#define __stringify_1(x...) #x
#define __stringify(x...) __stringify_1(x)
#define NOKPROBE_SYMBOL(x)
#define WARN_ON(x)
#define WARN_ON_ONCE(x) (x)
#define BUG_ON(x) do { if (x) __builtin_trap(); } while (0)
#define EILSEQ 84
#define ENOMEM 12
#define ERANGE 34
#define RELATIVEJUMP_SIZE 4
#define KPROBE_HIT_ACTIVE 1
#define ARM_ORIG_r0 uregs[17]
#define test_bit(n, p) ((*(p) >> (n)) & 1)
#define local_irq_save(x) (void)(x)
#define local_irq_restore(x) (void)(x)
#define __this_cpu_write(a, b) (void)(b)
#define list_for_each_entry_safe(a, b, list, member) for (a = NULL, b = NULL; a != NULL;)
#define list_del_init(x)
#define list_move(a, b)
#define flush_icache_range(a, b)
#define kprobe_running() 0
#define kprobe_disabled(p) 0
#define kprobes_inc_nmissed_count(p)
#define opt_pre_handler(p, r)
#define memcpy __builtin_memcpy
struct list_head { struct list_head *next; };
struct kprobe { kprobe_opcode_t *addr; kprobe_opcode_t opcode; struct arch_probes_insn ainsn; };
struct arch_optimized_insn { kprobe_opcode_t copied_insn[1]; kprobe_opcode_t *insn; };
struct optimized_kprobe { struct kprobe kp; struct list_head list; struct arch_optimized_insn optinsn; };
struct kprobe_ctlblk { unsigned long kprobe_status; };
struct kprobe_ctlblk *get_kprobe_ctlblk(void);
kprobe_opcode_t *get_optinsn_slot(void);
void free_optinsn_slot(kprobe_opcode_t *slot, int dirty);
void arch_arm_kprobe(struct kprobe *p);
unsigned long arm_gen_branch(unsigned long pc, unsigned long addr);
extern kprobe_opcode_t optprobe_template_entry[], optprobe_template_val[], optprobe_template_call[], optprobe_template_end[],
	optprobe_template_sub_sp[], optprobe_template_add_sp[], optprobe_template_restore_begin[],
	optprobe_template_restore_orig_insn[], optprobe_template_restore_end[];
#endif
