/*
 * The kernel's own decoder as a filter: words in, what it decides out, both as little-endian 32-bit numbers.
 * Out, for each word: result (0 rejected, 1 slot, 2 no slot), stack space, register flags, two slot words, handler, condition check.
 */
#include "stub.h"
#include "decode.h"
#include "kprobes/core.h"
#ifdef CONFIG_THUMB2_KERNEL
#include "decode-thumb.h"
#else
#include "decode-arm.h"
extern const struct decode_checker arm_stack_checker[], arm_regs_checker[];
static const struct decode_checker *checkers[] = {arm_stack_checker, arm_regs_checker, NULL};
#endif

extern long read(int, void *, unsigned long), write(int, const void *, unsigned long);

static u32 words[4096], answers[4096][7];

static void decode(u32 word, u32 *answer)
{
	u32 slot[2] = {0, 0};
	struct arch_probes_insn asi = {.insn = slot};
	int result;
#ifdef CONFIG_THUMB2_KERNEL
	if (is_wide_instruction(word))
		result = thumb32_probes_decode_insn(word, &asi, true, kprobes_t32_actions, kprobes_t32_checkers);
	else
		result = thumb16_probes_decode_insn(word, &asi, true, kprobes_t16_actions, kprobes_t16_checkers);
#else
	result = arm_probes_decode_insn(word, &asi, true, kprobes_arm_actions, checkers);
#endif
	int check = 16;
	for (int i = 15; i >= 0; i--)
		if (asi.insn_check_cc == probes_condition_checks[i])
			check = i;
	answer[0] = result;
	answer[1] = asi.stack_space;
	answer[2] = asi.register_usage_flags;
	answer[3] = slot[0];
	answer[4] = slot[1];
	answer[5] = (u32)(uintptr_t)asi.insn_handler;
	answer[6] = check;
}

int main(void)
{
	for (;;) {
		unsigned long got = 0;
		while (got < sizeof(words)) {
			long n = read(0, (char *)words + got, sizeof(words) - got);
			if (n <= 0)
				break;
			got += n;
		}
		unsigned long count = got / 4;
		if (count == 0)
			return 0;
		for (unsigned long i = 0; i < count; i++)
			decode(words[i], answers[i]);
		for (unsigned long sent = 0; sent < count * sizeof(answers[0]);) {
			long n = write(1, (char *)answers + sent, count * sizeof(answers[0]) - sent);
			if (n <= 0)
				return 1;
			sent += n;
		}
	}
}
