import type { Insn } from "@cmodx/codec";
import type { Action, Compat, Constraint, RegisterPlace, Rule } from "./rule.js";
import { looseMatch, ruleOf, ruleOfLoose } from "./rule-of.js";
import { slotOf } from "./slot.js";
import { stackHole, stackUse } from "./stack.js";
import { registerUse } from "./usage.js";

/** What registering a probe on an instruction comes to, and how the instruction is then executed. */
export interface Decision {
  readonly insn: Insn;
  readonly action: Action;
  /** A sentence about the instruction. */
  readonly reason: string;
  /** What is executed in its place, with the return, in memory order; null when nothing is. */
  readonly slot: Uint8Array | null;
  /** Bytes below SP that it stores to; null when that is unknown, or it is rejected before anyone asks. */
  readonly stack: number | null;
  /** Registers it is known to use, bit n for Rn; null when all count. */
  readonly registers: number | null;
  /** The line of the tables that says so; null when it is rejected. */
  readonly rule: Rule | null;
}

/**
 * Whether a kprobe can be put on an instruction, why, and how the instruction is executed when it is hit.
 *
 * @param insn - decoded at its address, with its IT state in Thumb
 * @param compat - Linux's decoding tables with what they let through, or the architecture's rules
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 * decide(decodeA32(0xe1930f9f), "linux").action; // ldrex r0, [r3]: "reject"
 * ```
 */
export function decide(insn: Insn, compat: Compat): Decision {
  const rejected = (reason: string, stack: number | null = null): Decision => ({
    insn,
    action: "reject",
    reason,
    slot: null,
    stack,
    registers: null,
    rule: null,
  });
  if (compat === "strict" && insn.status !== "ok") return rejected(wrong(insn));
  const loose = compat === "linux" ? looseMatch(insn) : undefined;
  if (loose?.as === null) return rejected(`it is ${loose.what}, which the kernel rejects`);
  const rule = loose === undefined ? ruleOf(insn, compat) : ruleOfLoose(loose);
  if (rule === undefined) return rejected("no instruction has this encoding");
  if (rule.action === "reject") return rejected(`it ${rule.reason}`);
  const refusal = refusalOf(insn, rule);
  if (refusal !== undefined) return rejected(refusal);
  const stack = rule.stores ? stackUse(insn) : 0;
  if (stack === null)
    return rejected("it stores at an address that a register makes of SP, so how far below is unknown");
  if (stack > stackHole)
    return rejected(`it stores ${stack} bytes below SP, where the trap leaves ${stackHole} bytes free`, stack);
  const slot = rule.action === "emulate" ? (slotOf(insn, rule, compat) ?? null) : null;
  const how = rule.action === "emulate" && slot === null ? "is simulated: no slot has its registers" : rule.reason;
  const read = loose === undefined ? "it" : `it is ${loose.what}, taken for ${loose.as}, and`;
  const hazard = compat === "linux" && rule.hazard !== undefined ? `; ${rule.hazard}` : "";
  return {
    insn,
    action: slot === null ? "simulate" : "emulate",
    reason: `${read} ${how}${hazard}`,
    slot,
    stack,
    registers: registerUse(insn, rule),
    rule,
  };
}

/** Why an instruction is none that a program may execute. */
function wrong({ status, reasons }: Insn): string {
  if (status === "unallocated") return "no instruction has this encoding";
  return `it is ${status.toUpperCase()}: ${reasons.map(({ clause }) => clause).join(", ")}`;
}

/** Why a word of a line that is not rejected whole is rejected all the same. */
function refusalOf(insn: Insn, rule: Rule): string | undefined {
  const { word } = insn;
  const found = rule.unless.find(([mask, value]) => (word & mask) === value);
  if (found !== undefined) return found[2];
  for (const [place, constraint] of rule.registers) {
    const register = (word >>> place) & 15;
    if (!allowed(register, constraint, word)) return forbidden(insn, place, register);
  }
  return undefined;
}

/** P = 0 or W = 1: the base register is written back. */
function writesBack(word: number): boolean {
  return ((word ^ 0x01000000) & 0x01200000) !== 0;
}

function allowed(register: number, constraint: Constraint, word: number): boolean {
  switch (constraint) {
    case "any":
    case "same":
      return true;
    case "sp":
      return register === 13;
    case "pc":
      return register === 15;
    case "nosp":
      return register !== 13;
    case "nosppc":
      return register !== 13 && register !== 15;
    case "nopc":
      return register !== 15;
    case "nopcwb":
      return register !== 15 || !writesBack(word);
  }
}

function forbidden({ encoding }: Insn, place: RegisterPlace, register: number): string {
  const field = [...(encoding?.pattern.fields.values() ?? [])].find(
    ({ shift, width }) => shift === place && width === 4,
  );
  const value = register === 15 ? "the PC" : register === 13 ? "SP" : `r${register}`;
  return `its ${field?.name ?? `register at bits ${place + 3} to ${place}`} is ${value}`;
}
