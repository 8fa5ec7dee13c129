import type { Value } from "./core-state.js";

/**
 * N, Z, C, V in bits 3 to 0, and the 32-bit sum, of x + y + carry (the manual's AddWithCarry).
 *
 * @param x - of 32 bits
 * @param y - of 32 bits
 * @param carry - 0 or 1
 *
 * @example
 * ```ts
 * addWithCarry(0xffff_ffff, 1, 0); // { result: 0, flags: 6 }
 * ```
 */
export function addWithCarry(x: number, y: number, carry: number): { readonly result: number; readonly flags: number } {
  const unsigned = (x >>> 0) + (y >>> 0) + carry;
  const signed = (x | 0) + (y | 0) + carry;
  const result = unsigned | 0;
  const flags =
    (result < 0 ? 8 : 0) | (result === 0 ? 4 : 0) | (unsigned > 0xffffffff ? 2 : 0) | (signed !== result ? 1 : 0);
  return { result, flags };
}

/**
 * Does the 4-bit condition hold for the flags (the manual's ConditionHolds)? AL, and its unconditional twin, always do.
 *
 * @param condition - 0 to 15
 * @param flags - N, Z, C, V in bits 3 to 0
 *
 * @example
 * ```ts
 * conditionHolds(0, 0b0100); // true
 * conditionHolds(1, 0b0100); // false
 * ```
 */
export function conditionHolds(condition: number, flags: number): boolean {
  const [n, z, c, v] = [(flags >> 3) & 1, (flags >> 2) & 1, (flags >> 1) & 1, flags & 1];
  const base = [z === 1, c === 1, n === 1, v === 1, c === 1 && z === 0, n === v, n === v && z === 0, true][
    condition >> 1
  ]!;
  return (condition & 1) === 1 && condition !== 15 ? !base : base;
}

/**
 * The condition as a value, with the flags' views.
 *
 * @param condition - 0 to 15
 * @param flags - N, Z, C, V in bits 3 to 0
 *
 * @example
 * ```ts
 * conditionValue(0, { value: 0b0100, view: 3 }).value; // 1
 * ```
 */
export function conditionValue(condition: number, flags: Value): Value {
  return { ...flags, value: conditionHolds(condition, flags.value) ? 1 : 0 };
}
