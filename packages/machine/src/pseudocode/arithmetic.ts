import type { Operations } from "./operations.js";

/** A word with the carry that came with it. */
export interface WithCarry<V> {
  readonly value: V;
  readonly carry: V;
}

export type ShiftKind = "lsl" | "lsr" | "asr" | "ror" | "rrx";

/** Shift_C of the manual, by a fixed amount as decoded: 0 to 32. */
export function shiftC<V>(m: Operations<V>, x: V, kind: ShiftKind, amount: number, carryIn: V): WithCarry<V> {
  const bit = (n: number): V => m.binary("and", m.binary("shr", x, m.constant(n)), m.constant(1));
  if (kind === "rrx") {
    const shifted = m.binary("shr", x, m.constant(1));
    return { value: m.binary("or", m.binary("shl", carryIn, m.constant(31)), shifted), carry: bit(0) };
  }
  if (amount === 0) return { value: x, carry: carryIn };
  const by = m.constant(amount & 31);
  switch (kind) {
    case "lsl":
      return { value: amount === 32 ? m.constant(0) : m.binary("shl", x, by), carry: bit((32 - amount) & 31) };
    case "lsr":
      return { value: amount === 32 ? m.constant(0) : m.binary("shr", x, by), carry: bit(amount - 1) };
    case "asr":
      return { value: m.binary("sar", x, amount === 32 ? m.constant(31) : by), carry: bit(amount - 1) };
    default:
      return { value: m.binary("rotr", x, by), carry: bit(amount - 1) };
  }
}

/** Shift_C by the low byte of a register. */
export function shiftByRegister<V>(m: Operations<V>, x: V, kind: ShiftKind, register: V, carryIn: V): WithCarry<V> {
  const amount = m.binary("and", register, m.constant(255));
  const by = m.binary("and", register, m.constant(31));
  const zero = m.unary("eqz", amount);
  const below32 = m.binary("ltu", amount, m.constant(32));
  const bit = (n: V): V => m.binary("and", m.binary("shr", x, m.binary("and", n, m.constant(31))), m.constant(1));
  const none = m.constant(0);
  const below33 = m.binary("ltu", amount, m.constant(33));
  const last = m.binary("sub", amount, m.constant(1));
  switch (kind) {
    case "lsl": {
      const out = m.select(below33, bit(m.binary("sub", m.constant(32), amount)), none);
      return {
        value: m.select(below32, m.binary("shl", x, by), none),
        carry: m.select(zero, carryIn, out),
      };
    }
    case "lsr":
      return {
        value: m.select(below32, m.binary("shr", x, by), none),
        carry: m.select(zero, carryIn, m.select(below33, bit(last), none)),
      };
    case "asr": {
      const sign = m.binary("shr", x, m.constant(31));
      return {
        value: m.binary("sar", x, m.select(below32, by, m.constant(31))),
        carry: m.select(zero, carryIn, m.select(below32, bit(last), sign)),
      };
    }
    default:
      return { value: m.binary("rotr", x, by), carry: m.select(zero, carryIn, bit(last)) };
  }
}

/** A sum with the flags that AddWithCarry of the manual gives. */
export interface Sum<V> {
  readonly result: V;
  readonly flags: { readonly N: V; readonly Z: V; readonly C: V; readonly V: V };
}

export function addWithCarry<V>(m: Operations<V>, x: V, y: V, carry: V): Sum<V> {
  const result = m.binary("add", m.binary("add", x, y), carry);
  return { result, flags: { ...signAndZero(m, result), C: m.carryOut(x, y, carry), V: m.overflow(x, y, carry) } };
}

export function signAndZero<V>(m: Operations<V>, result: V): { readonly N: V; readonly Z: V } {
  return { N: m.binary("shr", result, m.constant(31)), Z: m.unary("eqz", result) };
}

export function not<V>(m: Operations<V>, x: V): V {
  return m.binary("xor", x, m.constant(-1));
}

/** Bits `lsb` up to `lsb + width - 1`, extended with zeros or with their sign. */
export function extract<V>(m: Operations<V>, x: V, lsb: number, width: number, signed: boolean): V {
  if (width === 32) return x;
  const top = 32 - lsb - width;
  const up = top === 0 ? x : m.binary("shl", x, m.constant(top));
  return m.binary(signed ? "sar" : "shr", up, m.constant(32 - width));
}

/** SignedSatQ: into `bits` bits, with 1 where it was changed. */
export function signedSatQ<V>(m: Operations<V>, x: V, bits: number): { readonly value: V; readonly saturated: V } {
  if (bits === 32) return { value: x, saturated: m.constant(0) };
  const [low, high] = [m.constant(-(2 ** (bits - 1))), m.constant(2 ** (bits - 1) - 1)];
  return clamp(m, x, low, high);
}

/** UnsignedSatQ of a signed value. */
export function unsignedSatQ<V>(m: Operations<V>, x: V, bits: number): { readonly value: V; readonly saturated: V } {
  return clamp(m, x, m.constant(0), m.constant(2 ** bits - 1));
}

function clamp<V>(m: Operations<V>, x: V, low: V, high: V): { readonly value: V; readonly saturated: V } {
  const under = m.binary("lt", x, low);
  const over = m.binary("lt", high, x);
  return { value: m.select(under, low, m.select(over, high, x)), saturated: m.binary("or", under, over) };
}

/** SignedSat(x + y, 32), or of the difference. */
export function saturatingAdd<V>(
  m: Operations<V>,
  x: V,
  y: V,
  subtract: boolean,
): { readonly value: V; readonly saturated: V } {
  const sum = m.binary(subtract ? "sub" : "add", x, y);
  const saturated = subtract ? m.overflow(x, not(m, y), m.constant(1)) : m.overflow(x, y, m.constant(0));
  // The sign of the first operand is the sign of the exact result when it overflows.
  const limit = m.binary("xor", m.binary("sar", x, m.constant(31)), m.constant(0x7fffffff));
  return { value: m.select(saturated, limit, sum), saturated };
}

/** A number of 64 bits as two words. */
export interface Wide<V> {
  readonly low: V;
  readonly high: V;
}

export function addWide<V>(m: Operations<V>, x: Wide<V>, y: Wide<V>): Wide<V> {
  const low = m.binary("add", x.low, y.low);
  const carry = m.binary("ltu", low, x.low);
  return { low, high: m.binary("add", m.binary("add", x.high, y.high), carry) };
}

export function subtractWide<V>(m: Operations<V>, x: Wide<V>, y: Wide<V>): Wide<V> {
  const borrow = m.binary("ltu", x.low, y.low);
  return {
    low: m.binary("sub", x.low, y.low),
    high: m.binary("sub", m.binary("sub", x.high, y.high), borrow),
  };
}

export function multiplyWide<V>(m: Operations<V>, x: V, y: V, signed: boolean): Wide<V> {
  return { low: m.binary("mul", x, y), high: m.binary(signed ? "mulh" : "mulhu", x, y) };
}

/** A word, extended to 64 bits with its sign. */
export function signExtendWide<V>(m: Operations<V>, x: V): Wide<V> {
  return { low: x, high: m.binary("sar", x, m.constant(31)) };
}
