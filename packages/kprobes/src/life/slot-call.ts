import { decodeA32, decodeT32, effects, type Insn, inItBlock } from "@cmodx/codec";
import type { Decision } from "../decide.js";
import type { RegisterPlace } from "../rule.js";
import { standIns, windowShift } from "../slot.js";
import { itStateOf, type Registers } from "./registers.js";

/** N, Z, C, V, Q and GE. */
const conditionFlags = 0xf80f0000;

/**
 * The instruction at the beginning of a slot.
 *
 * @param decision - from {@link decide}
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 *
 * slotInsn(decide(decodeA32(0xe1a09007, 0), "linux"))?.mnemonic; // "mov"
 * ```
 */
export function slotInsn({ insn, slot }: Decision): Insn | undefined {
  if (slot === null) return undefined;
  const half = (at: number): number => slot[at]! | (slot[at + 1]! << 8);
  return insn.isa === "a32" ? decodeA32((half(0) | (half(2) << 16)) >>> 0) : decodeT32(half(0), half(2));
}

/** The value of a register as the instruction reads it; `registers` have the PC of the next one. */
function read({ isa, size, encoding }: Insn, { r }: Registers, index: number): number {
  if (index !== 15) return r[index]!;
  const pc = (r[15]! + (isa === "a32" ? 4 : size === 2 ? 2 : 0)) >>> 0;
  // Bases of Thumb loads and of ADR are multiples of 4.
  return isa === "t32" && size === 4 && encoding?.id !== "TBB_T1" ? (pc & ~3) >>> 0 : pc;
}

/** The places of the word that a slot has registers in place of, the second of a pair included. */
function* stoodFor({ insn, rule }: Decision): Generator<readonly [register: number, standIn: number]> {
  const at = (place: RegisterPlace): number => (insn.word >>> place) & 15;
  for (const place of rule?.registers.keys() ?? []) {
    if (rule?.registers.get(place) === "same") continue;
    yield [at(place), standIns[place]];
  }
  if (rule?.usage === "pair") yield [at(12) + 1, standIns[8]];
}

/**
 * The registers with which a slot is called: what the instruction's own registers hold, in those that stand for them.
 *
 * @param decision - from {@link decide}
 * @param registers - of the program at the probe
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 *
 * const decision = decide(decodeA32(0xe1a09007, 0), "linux");
 * const registers = { r: new Uint32Array(16), cpsr: 0x10 };
 * registers.r[7] = 42;
 * const inside = enterSlot(decision, registers);
 * decision.action; // "emulate"
 * [...inside.r].indexOf(42); // 3
 * ```
 *
 * @see linux arch/arm/probes/kprobes/actions-arm.c, actions-thumb.c, actions-common.c
 */
export function enterSlot(decision: Decision, registers: Registers): Registers {
  const { insn, rule } = decision;
  const { r } = registers;
  const inside: Registers = { r: new Uint32Array(16), cpsr: registers.cpsr };
  const by = rule?.slot === "window" ? (windowShift(insn.word) ?? 0) : 0;
  switch (rule?.slot) {
    case "window":
      inside.r.set(r.subarray(by, Math.min(13 + by, 16)));
      break;
    case "high-registers":
      inside.r[1] = read(insn, registers, highDestination(insn.word));
      inside.r[0] = read(insn, registers, (insn.word >>> 3) & 15);
      break;
    case "push":
    case "pop":
      inside.r.set(r.subarray(0, 8));
      inside.r[8] = r[14]!;
      inside.r[9] = r[13]!;
      break;
    default:
      if (insn.size === 2) inside.r.set(r.subarray(0, 8));
      for (const [register, standIn] of stoodFor(decision)) inside.r[standIn] = read(insn, registers, register);
  }
  return inside;
}

/**
 * Takes what a slot left in its registers back into those of the program.
 *
 * @param decision - from {@link decide}
 * @param registers - of the program: these change
 * @param inside - what the slot left in its own
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 *
 * const decision = decide(decodeA32(0xe1a09007, 0), "linux");
 * const registers = { r: new Uint32Array(16), cpsr: 0x10 };
 * const inside = enterSlot(decision, registers);
 * inside.r[0] = 5; // the slot has `mov r0, r3`
 * leaveSlot(decision, registers, inside);
 * registers.r[9]; // 5
 * ```
 */
export function leaveSlot(decision: Decision, registers: Registers, inside: Registers): void {
  const { insn, rule } = decision;
  const { r } = registers;
  const by = rule?.slot === "window" ? (windowShift(insn.word) ?? 0) : 0;
  switch (rule?.slot) {
    case "window":
      r.set(inside.r.subarray(0, 13), by);
      if (by === 3) branchTo(registers, inside.r[12]!);
      return;
    case "high-registers": {
      const destination = highDestination(insn.word);
      r[destination] = destination === 15 ? inside.r[1]! & ~1 : inside.r[1]!;
      break;
    }
    case "push":
    case "pop":
      if (rule.slot === "pop") r.set(inside.r.subarray(0, 8));
      r[13] = inside.r[9]!;
      if (rule.slot === "pop" && (insn.word & 0x100) !== 0) branchTo(registers, inside.r[8]!);
      return;
    default: {
      if (insn.size === 2) r.set(inside.r.subarray(0, 8));
      const called = slotInsn(decision);
      const written = called === undefined ? 0 : effects(called).writes.core;
      for (const [register, standIn] of stoodFor(decision)) {
        if (((written >>> standIn) & 1) === 0) continue;
        if (register === 15) branchTo(registers, inside.r[standIn]!);
        else r[register] = inside.r[standIn]!;
      }
    }
  }
  // Outside its IT block a 16-bit instruction sets flags that it does not set inside.
  const keepsFlags = insn.size === 2 && inItBlock(itStateOf(registers.cpsr)) && insn.encoding?.syntax.includes("{its}");
  if (keepsFlags !== true) registers.cpsr = ((registers.cpsr & ~conditionFlags) | (inside.cpsr & conditionFlags)) >>> 0;
}

const highDestination = (word: number): number => (word & 7) | ((word & 0x80) >>> 4);

/** As BX: bit 0 chooses the instruction set. */
function branchTo(registers: Registers, target: number): void {
  const thumb = (target & 1) !== 0;
  registers.cpsr = (thumb ? registers.cpsr | 0x20 : registers.cpsr & ~0x20) >>> 0;
  registers.r[15] = target & (thumb ? ~1 : ~3);
}
