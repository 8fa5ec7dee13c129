/* What the kernel's probe decoder needs of the kernel, so that it compiles as a program: names and types, no decision. */
#ifndef CMODX_STUB_H
#define CMODX_STUB_H
typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;
typedef short s16;
typedef unsigned int u32;
typedef _Bool bool;
typedef __UINTPTR_TYPE__ uintptr_t;
typedef u32 kprobe_opcode_t;
#define true 1
#define false 0
#define NULL ((void *)0)
#define __kprobes
#define __init
#define likely(x) (x)
#define unlikely(x) (x)
#define fallthrough __attribute__((fallthrough))
#define hweight32(x) __builtin_popcount(x)
#define __ffs(x) __builtin_ctz(x)
#define is_wide_instruction(x) ((unsigned)(x) >= 0xe800)
#define __opcode_to_mem_arm(x) ((u32)(x))
#define __opcode_to_mem_thumb16(x) ((u16)(x))
#define __mem_to_opcode_arm(x) ((u32)(x))
#ifdef CONFIG_THUMB2_KERNEL
#define ARM(x...)
#define THUMB(x...) x
#else
#define ARM(x...) x
#define THUMB(x...)
#endif
struct pt_regs { unsigned long uregs[18]; };
#define ARM_cpsr uregs[16]
#define ARM_pc uregs[15]
#define ARM_lr uregs[14]
#define ARM_sp uregs[13]
#define PSR_N_BIT 0x80000000
#define PSR_Z_BIT 0x40000000
#define PSR_C_BIT 0x20000000
#define PSR_V_BIT 0x10000000
#define PSR_T_BIT 0x20
#define PSR_IT_MASK 0x0600fc00
#define APSR_MASK 0xf80f0000
static inline unsigned long it_advance(unsigned long cpsr) { return cpsr; }
#include <asm/probes.h>
#endif
