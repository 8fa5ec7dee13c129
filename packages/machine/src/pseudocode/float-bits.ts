/** Arithmetic on the bits of floating-point numbers that hosts have no operation for: fused, half precision, and Advanced SIMD's. */

const scratch = new DataView(new ArrayBuffer(8));

function float32(bits: number): number {
  scratch.setInt32(0, bits);
  return scratch.getFloat32(0);
}

function bits32(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getInt32(0);
}

function float64(low: number, high: number): number {
  scratch.setInt32(0, high);
  scratch.setInt32(4, low);
  return scratch.getFloat64(0);
}

/** Low and high word. */
function bits64(value: number): readonly [number, number] {
  scratch.setFloat64(0, value);
  return [scratch.getInt32(4), scratch.getInt32(0)];
}

interface Precision {
  /** Bits of the significand, and the exponent of the smallest number. */
  readonly bits: number;
  readonly least: number;
}

const single: Precision = { bits: 24, least: -149 };
const double: Precision = { bits: 53, least: -1074 };

/** An integer and a power of two that make a finite number. */
function parts(value: number): readonly [bigint, number] {
  const [low, high] = bits64(value);
  const exponent = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(low >>> 0);
  const whole = exponent === 0 ? fraction : fraction | (1n << 52n);
  return [high < 0 ? -whole : whole, Math.max(exponent, 1) - 1075];
}

/** `sum` times two to the `exponent`, rounded to the nearest number, of two the even one. */
function rounded(sum: bigint, exponent: number, { bits, least }: Precision): number {
  const negative = sum < 0n;
  let whole = negative ? -sum : sum;
  const extra = Math.max(whole.toString(2).length - bits, least - exponent);
  let scale = exponent;
  if (extra > 0) {
    const shift = BigInt(extra);
    const rest = whole & ((1n << shift) - 1n);
    const half = 1n << (shift - 1n);
    whole >>= shift;
    if (rest > half || (rest === half && (whole & 1n) === 1n)) whole += 1n;
    scale += extra;
  }
  // The power of two alone may be too small a number for the host, or too large.
  const value = Number(whole) * 2 ** Math.ceil(scale / 2) * 2 ** Math.floor(scale / 2);
  const largest = bits === 24 ? 2 ** 128 : Number.POSITIVE_INFINITY;
  const bounded = value >= largest ? Number.POSITIVE_INFINITY : value;
  return negative ? -bounded : bounded;
}

/** The exact sum of a product and a number, rounded once. No operand is a NaN. */
function fused(x: number, y: number, addend: number, precision: Precision): number {
  const plain = x * y + addend;
  if (!Number.isFinite(x) || !Number.isFinite(y) || !Number.isFinite(addend) || x === 0 || y === 0) return plain;
  const [[a, ea], [b, eb], [c, ec]] = [parts(x), parts(y), parts(addend)];
  const exponent = Math.min(ea + eb, ec);
  const sum = ((a * b) << BigInt(ea + eb - exponent)) + (c << BigInt(ec - exponent));
  return sum === 0n ? 0 : rounded(sum, exponent, precision);
}

const defaultNan32 = 0x7fc00000;
const isNan32 = (bits: number): boolean => (bits & 0x7fffffff) > 0x7f800000;
const isQuiet32 = (bits: number): boolean => (bits & 0x00400000) !== 0;

/** FPMulAdd for single precision: `addend + x * y`. */
export function multiplyAdd32(addend: number, x: number, y: number): number {
  const operands = [addend, x, y];
  const invalid = isInfinityByZero(float32(x), float32(y));
  if (invalid && isNan32(addend) && isQuiet32(addend)) return defaultNan32;
  const nan = operands.find((bits) => isNan32(bits) && !isQuiet32(bits)) ?? operands.find((bits) => isNan32(bits));
  if (nan !== undefined) return nan | 0x00400000;
  const result = fused(float32(x), float32(y), float32(addend), single);
  return Number.isNaN(result) ? defaultNan32 : bits32(result);
}

/** FPMulAdd for double precision: each operand is its low and its high word. */
export function multiplyAdd64(
  addend: readonly [number, number],
  x: readonly [number, number],
  y: readonly [number, number],
): readonly [number, number] {
  const isNan = ([low, high]: readonly [number, number]): boolean => Number.isNaN(float64(low, high));
  const isQuiet = ([, high]: readonly [number, number]): boolean => (high & 0x00080000) !== 0;
  const operands = [addend, x, y];
  const [a, b, c] = operands.map(([low, high]) => float64(low, high));
  if (isInfinityByZero(b!, c!) && isNan(addend) && isQuiet(addend)) return [0, 0x7ff80000];
  const nan = operands.find((one) => isNan(one) && !isQuiet(one)) ?? operands.find(isNan);
  if (nan !== undefined) return [nan[0], nan[1] | 0x00080000];
  const result = fused(b!, c!, a!, double);
  return Number.isNaN(result) ? [0, 0x7ff80000] : bits64(result);
}

function isInfinityByZero(x: number, y: number): boolean {
  return (Math.abs(x) === Number.POSITIVE_INFINITY && y === 0) || (x === 0 && Math.abs(y) === Number.POSITIVE_INFINITY);
}

/** Half to single precision, IEEE format. */
export function singleOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const [exponent, fraction] = [(half >>> 10) & 31, half & 0x3ff];
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13) | (fraction === 0 ? 0 : 0x00400000);
  if (exponent === 0) return sign | bits32(fraction * 2 ** -24);
  return sign | ((exponent + 112) << 23) | (fraction << 13);
}

/** Single to half precision, IEEE format, to nearest, of two to the even one. */
export function halfOfSingle(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((bits >>> 13) & 0x1ff);
  const value = float32(magnitude);
  // What is at least half a step above the largest number is infinite.
  if (value >= 65520) return sign | 0x7c00;
  if (value < 2 ** -14) return sign | toEven(value * 2 ** 24);
  const exponent = (magnitude >>> 23) - 127;
  return sign | (((exponent + 14) << 10) + toEven(value * 2 ** (10 - exponent)));
}

function toEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/**
 * Single precision as Advanced SIMD does it, whatever the FPSCR says (StandardFPSCRValue): numbers too small to be normal are zeros, before
 * and after, and every NaN is the default one.
 */
export const standard = {
  add: (x: number, y: number): number => flushed(number(x) + number(y)),
  sub: (x: number, y: number): number => flushed(number(x) - number(y)),
  // The host's product of two single precision numbers is exact.
  mul: (x: number, y: number): number => flushed(number(x) * number(y)),
  multiplyAdd: (addend: number, x: number, y: number): number => {
    const [a, b, c] = [number(addend), number(x), number(y)];
    if (Number.isNaN(a) || Number.isNaN(b) || Number.isNaN(c)) return defaultNan32;
    // Whether it is too small is seen before it is rounded: as if there were more bits.
    const exact = fused(b, c, a, double);
    return Math.abs(exact) < least ? flushed(exact) : flushed(fused(b, c, a, single));
  },
  abs: (x: number): number => x & 0x7fffffff,
  negate: (x: number): number => x ^ 0x80000000,
  larger: (x: number, y: number): number => extreme(x, y, (a, b) => a > b, 0),
  smaller: (x: number, y: number): number => extreme(x, y, (a, b) => a < b, 0x80000000),
  equal: (x: number, y: number): number => (number(x) === number(y) ? -1 : 0),
  atLeast: (x: number, y: number): number => (number(x) >= number(y) ? -1 : 0),
  above: (x: number, y: number): number => (number(x) > number(y) ? -1 : 0),
  /** VRECPS: 2 - x * y. */
  reciprocalStep: (x: number, y: number): number =>
    isInfinityByZero(number(x), number(y)) ? 0x40000000 : standard.sub(0x40000000, standard.mul(x, y)),
  /** VRSQRTS: (3 - x * y) / 2. */
  rootStep: (x: number, y: number): number =>
    isInfinityByZero(number(x), number(y))
      ? 0x3fc00000
      : standard.mul(0x3f000000, standard.sub(0x40400000, standard.mul(x, y))),
  /** To a fixed-point number of 32 bits, towards zero. */
  toFixed: (x: number, fraction: number, isSigned: boolean): number => {
    const value = Math.trunc(number(x) * 2 ** fraction);
    if (Number.isNaN(value)) return 0;
    const [low, high] = isSigned ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
    return Math.min(high, Math.max(low, value)) | 0;
  },
  ofFixed: (x: number, fraction: number, isSigned: boolean): number =>
    bits32((isSigned ? x | 0 : x >>> 0) * 2 ** -fraction),
  toHalf: (x: number): number => (isNan32(x) ? 0x7e00 : halfOfSingle(x)),
  ofHalf: (half: number): number => ((half & 0x7fff) > 0x7c00 ? defaultNan32 : singleOfHalf(half)),
  reciprocalEstimate: (x: number): number => reciprocalEstimate(x),
  rootEstimate: (x: number): number => rootEstimate(x),
} as const;

/** The smallest normal number. */
const least = 2 ** -126;

function number(bits: number): number {
  return (bits & 0x7f800000) === 0 ? (bits < 0 ? -0 : 0) : float32(bits);
}

function flushed(value: number): number {
  if (Number.isNaN(value)) return defaultNan32;
  if (Math.abs(value) < least) return value < 0 || Object.is(value, -0) ? 0x80000000 | 0 : 0;
  return bits32(value);
}

function extreme(x: number, y: number, isMore: (a: number, b: number) => boolean, zero: number): number {
  const [a, b] = [number(x), number(y)];
  if (Number.isNaN(a) || Number.isNaN(b)) return defaultNan32;
  // Zeros of either sign are equal; one of them is the result.
  if (a === 0 && b === 0) return zero === 0 ? bits32(a) & bits32(b) : bits32(a) | bits32(b);
  return bits32(isMore(a, b) ? a : b);
}

/** RecipEstimate: of 256 to 511, for a number from a half to one; the result is of 256 to 511, for one to two. */
function reciprocalOf(a: number): number {
  const doubled = 2 * a + 1;
  return (Math.floor(2 ** 19 / doubled) + 1) >> 1;
}

/** RecipSqrtEstimate: of 128 to 511. */
function rootOf(a: number): number {
  const scaled = a < 256 ? 2 * a + 1 : 2 * (((a >> 1) << 1) + 1);
  let b = 512;
  while (scaled * (b + 1) * (b + 1) < 2 ** 28) b++;
  return (b + 1) >> 1;
}

/** VRECPE.U32. */
export function reciprocalEstimateFixed(x: number): number {
  return x >= 0 ? -1 : reciprocalOf(x >>> 23) << 23;
}

/** VRSQRTE.U32. */
export function rootEstimateFixed(x: number): number {
  return x >>> 30 === 0 ? -1 : rootOf(x >>> 23) << 23;
}

/** VRECPE.F32. */
function reciprocalEstimate(x: number): number {
  const [sign, exponent] = [x & 0x80000000, (x >>> 23) & 0xff];
  if (isNan32(x)) return defaultNan32;
  if (exponent === 0xff) return sign;
  if (exponent === 0) return sign | 0x7f800000;
  // The result would be too small to be normal.
  if (exponent >= 253) return sign;
  const fraction = reciprocalOf(0x100 | ((x >>> 15) & 0xff)) & 0xff;
  return sign | ((253 - exponent) << 23) | (fraction << 15);
}

/** VRSQRTE.F32. */
function rootEstimate(x: number): number {
  const [sign, exponent] = [x & 0x80000000, (x >>> 23) & 0xff];
  if (isNan32(x)) return defaultNan32;
  if (exponent === 0) return sign | 0x7f800000;
  if (sign !== 0) return defaultNan32;
  if (exponent === 0xff) return 0;
  const scaled = exponent & 1 ? 0x80 | ((x >>> 16) & 0x7f) : 0x100 | ((x >>> 15) & 0xff);
  return (((380 - exponent) >> 1) << 23) | ((rootOf(scaled) & 0xff) << 15);
}
