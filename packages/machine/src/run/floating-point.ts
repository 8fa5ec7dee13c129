import type { Convert } from "../pseudocode/operations.js";

/**
 * VFP arithmetic on cells: round to nearest even, no flushing to zero. Only what host arithmetic does not promise is here: which NaN a NaN
 * operand or an invalid operation gives (FPProcessNaNs, FPDefaultNaN).
 */
export interface FloatCells {
  readonly cells: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
}

type Arithmetic = (x: number, y: number) => number;

export const arithmetic: Readonly<Record<string, Arithmetic>> = {
  fadd: (x, y) => x + y,
  fsub: (x, y) => x - y,
  fmul: (x, y) => x * y,
  fdiv: (x, y) => x / y,
  fsqrt: (x) => Math.sqrt(x),
};

/** `to := x op y` for single precision; the numbers are cells. */
export function single({ cells, floats }: FloatCells, apply: Arithmetic, to: number, x: number, y: number): void {
  const [a, b] = [cells[x]!, cells[y]!];
  const result = Math.fround(apply(floats[x]!, floats[y]!));
  if (!Number.isNaN(result)) floats[to] = result;
  else cells[to] = nan32(a, b);
}

function nan32(a: number, b: number): number {
  const isNan = (bits: number): boolean => (bits & 0x7fffffff) > 0x7f800000;
  const quiet = (bits: number): boolean => (bits & 0x00400000) !== 0;
  if (isNan(a) && !quiet(a)) return a | 0x00400000;
  if (isNan(b) && !quiet(b)) return b | 0x00400000;
  if (isNan(a)) return a;
  return isNan(b) ? b : 0x7fc00000;
}

/** `to := x op y` for double precision; the numbers are of the first of two cells. */
export function double({ cells, doubles }: FloatCells, apply: Arithmetic, to: number, x: number, y: number): void {
  const result = apply(doubles[x >> 1]!, doubles[y >> 1]!);
  if (!Number.isNaN(result)) {
    doubles[to >> 1] = result;
    return;
  }
  const from = nan64(cells, x, y);
  const [low, high] = from < 0 ? [0, 0x7ff80000] : [cells[from]!, cells[from + 1]! | 0x00080000];
  cells[to] = low;
  cells[to + 1] = high;
}

/** The operand whose NaN is the result's, -1 when none is. */
function nan64(cells: Int32Array, x: number, y: number): number {
  const isNan = (at: number): boolean => {
    const high = cells[at + 1]! & 0x7fffffff;
    return high > 0x7ff00000 || (high === 0x7ff00000 && cells[at] !== 0);
  };
  const quiet = (at: number): boolean => (cells[at + 1]! & 0x00080000) !== 0;
  if (isNan(x) && !quiet(x)) return x;
  if (isNan(y) && !quiet(y)) return y;
  if (isNan(x)) return x;
  return isNan(y) ? y : -1;
}

/** FPCompare: N, Z, C, V in bits 3 to 0. */
export function compareFlags(x: number, y: number): number {
  if (x === y) return 6;
  if (x < y) return 8;
  return x > y ? 2 : 3;
}

function saturate(value: number, low: number, high: number): number {
  // A NaN converts to 0.
  if (Number.isNaN(value)) return 0;
  return Math.min(high, Math.max(low, value));
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

const toSigned = (value: number): number => saturate(value, -0x80000000, 0x7fffffff) | 0;
const toUnsigned = (value: number): number => saturate(value, 0, 0xffffffff) | 0;

/** `to := x`, converted. */
export function convert(state: FloatCells, operation: Convert, to: number, x: number): void {
  const { cells, floats, doubles } = state;
  switch (operation) {
    case "f32_s32":
      floats[to] = cells[x]!;
      return;
    case "f32_u32":
      floats[to] = cells[x]! >>> 0;
      return;
    case "f64_s32":
      doubles[to >> 1] = cells[x]!;
      return;
    case "f64_u32":
      doubles[to >> 1] = cells[x]! >>> 0;
      return;
    case "s32_f32":
      cells[to] = toSigned(Math.trunc(floats[x]!));
      return;
    case "u32_f32":
      cells[to] = toUnsigned(Math.trunc(floats[x]!));
      return;
    case "s32_f64":
      cells[to] = toSigned(Math.trunc(doubles[x >> 1]!));
      return;
    case "u32_f64":
      cells[to] = toUnsigned(Math.trunc(doubles[x >> 1]!));
      return;
    case "round_s32_f32":
      cells[to] = toSigned(roundToEven(floats[x]!));
      return;
    case "round_u32_f32":
      cells[to] = toUnsigned(roundToEven(floats[x]!));
      return;
    case "round_s32_f64":
      cells[to] = toSigned(roundToEven(doubles[x >> 1]!));
      return;
    case "round_u32_f64":
      cells[to] = toUnsigned(roundToEven(doubles[x >> 1]!));
      return;
    case "f64_f32": {
      const value = floats[x]!;
      if (!Number.isNaN(value)) {
        doubles[to >> 1] = value;
        return;
      }
      const bits = cells[x]!;
      cells[to] = bits << 29;
      cells[to + 1] = (bits & 0x80000000) | 0x7ff80000 | ((bits >>> 3) & 0x7ffff);
      return;
    }
    case "f32_f64": {
      const value = doubles[x >> 1]!;
      if (!Number.isNaN(value)) {
        floats[to] = value;
        return;
      }
      const [low, high] = [cells[x]!, cells[x + 1]!];
      cells[to] = (high & 0x80000000) | 0x7fc00000 | ((high & 0x7ffff) << 3) | (low >>> 29);
      return;
    }
  }
}
