import { type Condition, conditions } from "./condition.js";

/**
 * ITSTATE as the processor keeps it: `IT[7:5]` base condition, `IT[4:0]` the rest of the block; 0 outside an IT block.
 *
 * It is always an argument and a result: decoding has no hidden state.
 *
 * @example
 * ```ts
 * let it = itBlock(decodeT32(0xbf04, 0)); // itt eq
 * itCondition(it); // "eq"
 * it = advanceIt(it);
 * lastInItBlock(it); // true
 * ```
 */
export type ItState = number;

/**
 * Outside an IT block.
 *
 * @example
 * ```ts
 * decodeT32(0x2001, 0, 0, noIt).mnemonic; // "mov"
 * ```
 */
export const noIt: ItState = 0;

/**
 * Whether the next instruction is in an IT block.
 *
 * @param it - ITSTATE
 * @returns false outside of one
 * @example
 * ```ts
 * inItBlock(0x08); // true
 * ```
 */
export function inItBlock(it: ItState): boolean {
  return (it & 0xf) !== 0;
}

/**
 * Whether the next instruction is the last one of its IT block.
 *
 * @param it - ITSTATE
 * @returns false outside of one, too
 * @example
 * ```ts
 * lastInItBlock(0x08); // true
 * ```
 */
export function lastInItBlock(it: ItState): boolean {
  return (it & 0xf) === 8;
}

/**
 * The condition under which the next instruction executes: `al` outside an IT block.
 *
 * @param it - ITSTATE
 * @returns the condition
 * @example
 * ```ts
 * itCondition(0x18); // "ne"
 * ```
 */
export function itCondition(it: ItState): Condition {
  return inItBlock(it) ? (conditions[(it >> 4) & 0xf] ?? "al") : "al";
}

/**
 * ITSTATE after one instruction of the block, the manual's ITAdvance().
 *
 * @param it - ITSTATE before an instruction that is no IT
 * @returns ITSTATE after it
 * @example
 * ```ts
 * advanceIt(0x04); // 0x08
 * ```
 */
export function advanceIt(it: ItState): ItState {
  return (it & 7) === 0 ? 0 : (it & 0xe0) | ((it << 1) & 0x1f);
}

/**
 * ITSTATE right after an IT instruction; 0 after every other instruction.
 *
 * @param insn - a decoded instruction
 * @returns ITSTATE
 * @example
 * ```ts
 * itBlock(decodeT32(0xbf04, 0)); // 0x04
 * ```
 */
export function itBlock(insn: { readonly isa: string; readonly size: number; readonly word: number }): ItState {
  const { isa, size, word } = insn;
  return isa === "t32" && size === 2 && (word & 0xff00) === 0xbf00 && (word & 0xf) !== 0 ? word & 0xff : 0;
}

/**
 * ITSTATE for the instruction after `insn`, which was decoded with `it`.
 *
 * @param it - ITSTATE before it
 * @param insn - a decoded instruction
 * @returns ITSTATE after it
 * @example
 * ```ts
 * nextIt(0, decodeT32(0xbf04, 0)); // 0x04
 * ```
 */
export function nextIt(
  it: ItState,
  insn: { readonly isa: string; readonly size: number; readonly word: number },
): ItState {
  const started = itBlock(insn);
  return started !== 0 ? started : advanceIt(it);
}
