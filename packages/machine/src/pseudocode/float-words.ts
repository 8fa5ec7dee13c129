import * as define from "./floating-point.js";
import { type Format, type Fpscr, fpscrBits, rounding, roundingOf } from "./floating-point.js";
import * as host from "./host-arithmetic.js";
import type { FloatBinary, FloatUnary } from "./operations.js";

// Arithmetic on words: by the host where it gives the same, else as it is defined. A double is its low and its high word.

export type DoubleWords = readonly [low: number, high: number];
type Name = FloatBinary | FloatUnary;

const definitions: Readonly<Record<Name, define.Operation>> = {
  fadd: define.add,
  fsub: define.subtract,
  fmul: define.multiply,
  fdiv: define.divide,
  fsqrt: define.squareRoot,
};

const scratch = new DataView(new ArrayBuffer(8));

function float32(bits: number): number {
  scratch.setInt32(0, bits);
  return scratch.getFloat32(0);
}

function float64([low, high]: DoubleWords): number {
  scratch.setInt32(0, high);
  scratch.setInt32(4, low);
  return scratch.getFloat64(0);
}

function bits32(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getInt32(0);
}

const big = (bits: number): bigint => BigInt(bits >>> 0);
const small = (bits: bigint): number => Number(BigInt.asIntN(32, bits));
const joined = ([low, high]: DoubleWords): bigint => (big(high) << 32n) | big(low);
const parted = (bits: bigint): DoubleWords => [small(bits), small(bits >> 32n)];

/** `x op y` in single precision, as it is defined. */
export function defined32(name: Name, x: number, y: number, fpscr: Fpscr): number {
  return small(definitions[name](define.single, big(x), big(y), fpscr));
}

/** `x op y` in double precision, as it is defined. */
export function defined64(name: Name, x: DoubleWords, y: DoubleWords, fpscr: Fpscr): DoubleWords {
  return parted(definitions[name](define.double, joined(x), joined(y), fpscr));
}

/** `x op y` in single precision. */
export function arithmetic32(name: Name, x: number, y: number, fpscr: Fpscr): number {
  const hosted = host.single(name, float32(x), float32(y), fpscr.value);
  return Number.isNaN(hosted) ? defined32(name, x, y, fpscr) : bits32(hosted);
}

/** FPMulAdd for single precision: `addend + x * y`. */
export function multiplyAdd32(addend: number, x: number, y: number, fpscr: Fpscr): number {
  const hosted = host.multiplyAddSingle(float32(addend), float32(x), float32(y), fpscr.value);
  if (!Number.isNaN(hosted)) return bits32(hosted);
  return small(define.multiplyAdd(define.single, big(addend), big(x), big(y), fpscr));
}

/** FPMulAdd for double precision. */
export function multiplyAdd64(addend: DoubleWords, x: DoubleWords, y: DoubleWords, fpscr: Fpscr): DoubleWords {
  return parted(define.multiplyAdd(define.double, joined(addend), joined(x), joined(y), fpscr));
}

/** FPCompare: N, Z, C, V in bits 3 to 0. */
export function flagsOf(order: number | undefined): number {
  if (order === undefined) return 3;
  return order === 0 ? 6 : order < 0 ? 8 : 2;
}

export function compare32(x: number, y: number, signals: boolean, fpscr: Fpscr): number | undefined {
  const [a, b] = [float32(x), float32(y)];
  if (host.compares(a, b, host.leastSingle, fpscr.value)) return host.orderOf(a, b);
  return define.compare(define.single, big(x), big(y), signals, fpscr);
}

export function compare64(x: DoubleWords, y: DoubleWords, signals: boolean, fpscr: Fpscr): number | undefined {
  return define.compare(define.double, joined(x), joined(y), signals, fpscr);
}

/** FPMax, or FPMin. */
export function extreme32(x: number, y: number, larger: boolean, fpscr: Fpscr): number {
  const [a, b] = [float32(x), float32(y)];
  if (a !== b && host.compares(a, b, host.leastSingle, fpscr.value)) return a > b === larger ? x : y;
  return small(define.extreme(define.single, big(x), big(y), larger, fpscr));
}

/** A format by the number of its bits, 32 or 64. */
const formatOf = (size: number): Format => (size === 64 ? define.double : define.single);

/** A number with a fixed point. */
export interface Fixed {
  readonly bits: number;
  /** Bits behind the point. */
  readonly fraction: number;
  readonly isSigned: boolean;
}

/** FPToFixed, of the words of a number: low and high word of a number of 64 bits. `rounds` as the FPSCR says, else towards zero. */
export function toFixed(size: 32 | 64, x: DoubleWords, to: Fixed, rounds: boolean, fpscr: Fpscr): DoubleWords {
  const { bits, fraction, isSigned } = to;
  // Times a power of two it is the same number, or so large that it is out of range.
  const scaled = (size === 64 ? float64(x) : float32(x[0])) * 2 ** fraction;
  const half = 2 ** (bits - 1);
  const hosted = host.integer(scaled, rounds, isSigned ? -half : 0, isSigned ? half - 1 : 2 * half - 1, fpscr.value);
  if (!Number.isNaN(hosted)) return [hosted | 0, hosted < 0 ? -1 : 0];
  const mode = rounds ? roundingOf(fpscr) : rounding.zero;
  return parted(define.toFixed(formatOf(size), size === 64 ? joined(x) : big(x[0]), to, mode, fpscr));
}

/** FixedToFP, of the low bits of a word. `rounds` as the FPSCR says, else to nearest. */
export function ofFixed(size: 32 | 64, x: number, from: Fixed, rounds: boolean, fpscr: Fpscr): DoubleWords {
  const value = from.isSigned ? BigInt.asIntN(from.bits, BigInt(x)) : BigInt.asUintN(from.bits, BigInt(x));
  if (size === 32) {
    const hosted = host.narrowed(Number(value) * 2 ** -from.fraction, fpscr.value);
    if (!Number.isNaN(hosted)) return [bits32(hosted), 0];
  }
  const mode = rounds ? roundingOf(fpscr) : rounding.nearest;
  return parted(define.ofFixed(formatOf(size), value, from.fraction, mode, fpscr));
}

export function doubleOfSingle(x: number, fpscr: Fpscr): DoubleWords {
  return parted(define.convert(define.single, define.double, big(x), fpscr));
}

export function singleOfDouble(x: DoubleWords, fpscr: Fpscr): number {
  return small(define.convert(define.double, define.single, joined(x), fpscr));
}

/** FPConvert from the 16 bits of half precision. */
export function singleOfHalf(x: number, fpscr: Fpscr): number {
  return small(define.convert(define.half, define.single, big(x & 0xffff), fpscr));
}

/** FPConvert to half precision. */
export function halfOfSingle(x: number, fpscr: Fpscr): number {
  return small(define.convert(define.single, define.half, big(x), fpscr));
}

/** Is one infinite, and the other zero or, being flushed, as good as that? */
function isInfinityByZero(x: number, y: number, fpscr: Fpscr): boolean {
  const [a, b] = [x & 0x7fffffff, y & 0x7fffffff];
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large !== 0x7f800000 || small >= 0x00800000) return false;
  if (small !== 0) fpscr.raise(fpscrBits.IDC);
  return true;
}

/** VRECPS: 2 - x * y. The FPSCR is the standard one. */
export function reciprocalStep(x: number, y: number, fpscr: Fpscr): number {
  if (isInfinityByZero(x, y, fpscr)) return 0x40000000;
  return arithmetic32("fsub", 0x40000000, arithmetic32("fmul", x, y, fpscr), fpscr);
}

/** VRSQRTS: (3 - x * y) / 2. The FPSCR is the standard one. */
export function rootStep(x: number, y: number, fpscr: Fpscr): number {
  if (isInfinityByZero(x, y, fpscr)) return 0x3fc00000;
  const difference = arithmetic32("fsub", 0x40400000, arithmetic32("fmul", x, y, fpscr), fpscr);
  return arithmetic32("fmul", 0x3f000000, difference, fpscr);
}
