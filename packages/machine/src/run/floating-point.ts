import * as words from "../pseudocode/float-words.js";
import type { Fpscr } from "../pseudocode/floating-point.js";
import * as host from "../pseudocode/host-arithmetic.js";
import type { Convert, FloatBinary, FloatUnary } from "../pseudocode/operations.js";

/** VFP arithmetic on cells: by the host where it gives the same and meets no exception that was not met before, else as it is defined. */
export interface FloatCells {
  readonly cells: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  readonly fpscr: Fpscr;
}

type Name = FloatBinary | FloatUnary;

export const arithmeticNames: ReadonlySet<string> = new Set<Name>(["fadd", "fsub", "fmul", "fdiv", "fsqrt"]);

/** `to := x op y` for single precision; the numbers are cells. */
export function single({ cells, floats, fpscr }: FloatCells, name: Name, to: number, x: number, y: number): void {
  const result = host.single(name, floats[x]!, floats[y]!, fpscr.value);
  if (Number.isNaN(result)) cells[to] = words.defined32(name, cells[x]!, cells[y]!, fpscr);
  else floats[to] = result;
}

/** `to := x op y` for double precision; the numbers are of the first of two cells. */
export function double(state: FloatCells, name: Name, to: number, x: number, y: number): void {
  const { cells, doubles, fpscr } = state;
  const result = host.double(name, doubles[x >> 1]!, doubles[y >> 1]!, fpscr.value);
  if (Number.isNaN(result)) put(cells, to, words.defined64(name, pair(cells, x), pair(cells, y), fpscr));
  else doubles[to >> 1] = result;
}

const pair = (cells: Int32Array, at: number): words.DoubleWords => [cells[at]!, cells[at + 1]!];

function put(cells: Int32Array, to: number, [low, high]: words.DoubleWords): void {
  cells[to] = low;
  cells[to + 1] = high;
}

/** FPCompare of single precision numbers: N, Z, C, V in bits 3 to 0. */
export function compare32({ cells, floats, fpscr }: FloatCells, x: number, y: number, signals: boolean): number {
  const [a, b] = [floats[x]!, floats[y]!];
  if (host.compares(a, b, host.leastSingle, fpscr.value)) return words.flagsOf(host.orderOf(a, b));
  return words.flagsOf(words.compare32(cells[x]!, cells[y]!, signals, fpscr));
}

/** FPCompare of double precision numbers. */
export function compare64({ cells, doubles, fpscr }: FloatCells, x: number, y: number, signals: boolean): number {
  const [a, b] = [doubles[x >> 1]!, doubles[y >> 1]!];
  if (host.compares(a, b, host.leastDouble, fpscr.value)) return words.flagsOf(host.orderOf(a, b));
  return words.flagsOf(words.compare64(pair(cells, x), pair(cells, y), signals, fpscr));
}

const integers = {
  s32: { low: -0x80000000, high: 0x7fffffff, fixed: { bits: 32, fraction: 0, isSigned: true } },
  u32: { low: 0, high: 0xffffffff, fixed: { bits: 32, fraction: 0, isSigned: false } },
} as const;

type Conversion = (state: FloatCells, to: number, x: number) => void;

const ofInteger =
  (kind: keyof typeof integers): Conversion =>
  ({ cells, floats, fpscr }, to, x) => {
    const { fixed } = integers[kind];
    const value = host.narrowed(fixed.isSigned ? cells[x]! : cells[x]! >>> 0, fpscr.value);
    if (Number.isNaN(value)) cells[to] = words.ofFixed(32, cells[x]!, fixed, true, fpscr)[0];
    else floats[to] = value;
  };

const toInteger =
  (kind: keyof typeof integers, size: 32 | 64, rounds: boolean): Conversion =>
  ({ cells, floats, doubles, fpscr }, to, x) => {
    const { low, high, fixed } = integers[kind];
    const value = host.integer(size === 64 ? doubles[x >> 1]! : floats[x]!, rounds, low, high, fpscr.value);
    if (Number.isNaN(value)) cells[to] = words.toFixed(size, pair(cells, x), fixed, rounds, fpscr)[0];
    else cells[to] = value;
  };

/** `to := x`, converted. */
export const conversions: Readonly<Record<Convert, Conversion>> = {
  f64_s32: ({ cells, doubles }, to, x) => {
    doubles[to >> 1] = cells[x]!;
  },
  f64_u32: ({ cells, doubles }, to, x) => {
    doubles[to >> 1] = cells[x]! >>> 0;
  },
  f32_s32: /* @__PURE__ */ ofInteger("s32"),
  f32_u32: /* @__PURE__ */ ofInteger("u32"),
  s32_f32: /* @__PURE__ */ toInteger("s32", 32, false),
  u32_f32: /* @__PURE__ */ toInteger("u32", 32, false),
  s32_f64: /* @__PURE__ */ toInteger("s32", 64, false),
  u32_f64: /* @__PURE__ */ toInteger("u32", 64, false),
  round_s32_f32: /* @__PURE__ */ toInteger("s32", 32, true),
  round_u32_f32: /* @__PURE__ */ toInteger("u32", 32, true),
  round_s32_f64: /* @__PURE__ */ toInteger("s32", 64, true),
  round_u32_f64: /* @__PURE__ */ toInteger("u32", 64, true),
  f64_f32: ({ cells, floats, doubles, fpscr }, to, x) => {
    const value = host.widened(floats[x]!, fpscr.value);
    if (Number.isNaN(value)) put(cells, to, words.doubleOfSingle(cells[x]!, fpscr));
    else doubles[to >> 1] = value;
  },
  f32_f64: ({ cells, floats, doubles, fpscr }, to, x) => {
    const value = host.narrowed(doubles[x >> 1]!, fpscr.value);
    if (Number.isNaN(value)) cells[to] = words.singleOfDouble(pair(cells, x), fpscr);
    else floats[to] = value;
  },
};
