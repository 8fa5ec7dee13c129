import type { Insn } from "@cmodx/codec";
import type { Rule } from "./rule.js";

/**
 * The registers that an instruction uses, bit n for Rn, as its line tells them; null when nobody tells, so that all count. An
 * optimised probe executes an instruction in its detour only when this set lacks the PC.
 *
 * @see linux arch/arm/probes/kprobes/checkers-arm.c
 */
export function registerUse({ word }: Insn, { usage, registers }: Rule): number | null {
  switch (usage) {
    case undefined:
      return null;
    case "none":
      return 0;
    case "ip-sp":
      return (1 << 12) | (1 << 13);
    case "list":
      return (word & 0xffff) | (1 << ((word >>> 16) & 15));
    default: {
      let used = usage === "pair" ? 1 << (((word >>> 12) & 15) + 1) : 0;
      for (const place of registers.keys()) used |= 1 << ((word >>> place) & 15);
      return used;
    }
  }
}
