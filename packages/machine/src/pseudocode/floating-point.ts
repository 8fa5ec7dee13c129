/**
 * Floating-point arithmetic as the manual's pseudocode has it, on the bits of numbers: exact integers and powers of two, rounded once. What
 * the FPSCR controls (rounding, flushing to zero, default NaNs, alternative half precision) and what accumulates in it is here, once for all.
 */

/** Bits of the FPSCR: exceptions that were met, how operations behave, and whether something was saturated. */
export const fpscrBits = {
  IOC: 0x01,
  DZC: 0x02,
  OFC: 0x04,
  UFC: 0x08,
  IXC: 0x10,
  IDC: 0x80,
  RMode: 0x00c00000,
  FZ: 0x01000000,
  DN: 0x02000000,
  AHP: 0x04000000,
  QC: 0x08000000,
} as const;

const { IOC, DZC, OFC, UFC, IXC, IDC, RMode, FZ, DN, AHP } = fpscrBits;

/** The FPSCR as an operation sees it. */
export interface Fpscr {
  /** Its bits, without N, Z, C, V. */
  readonly value: number;
  /** FPProcessException: the bits are set, and stay. */
  raise(bits: number): void;
  /** As Advanced SIMD goes by it: {@link standardValue}. Exceptions accumulate in the FPSCR all the same. */
  readonly standard: Fpscr;
}

/** StandardFPSCRValue; what is noted already stays so. */
export function standardValue(value: number): number {
  return (value & ~RMode) | FZ | DN;
}

/** How many bits fraction and exponent have. */
export interface Format {
  readonly fraction: number;
  readonly exponent: number;
}

export const half: Format = { fraction: 10, exponent: 5 };
export const single: Format = { fraction: 23, exponent: 8 };
export const double: Format = { fraction: 52, exponent: 11 };

/** As the RMode field has them. */
export const rounding = { nearest: 0, up: 1, down: 2, zero: 3 } as const;
export type Rounding = (typeof rounding)[keyof typeof rounding];

export function roundingOf({ value }: Fpscr): Rounding {
  return ((value >>> 22) & 3) as Rounding;
}

/** What bits say: `whole` times two to the `exponent`, for what is finite. */
interface Unpacked {
  readonly kind: "finite" | "infinity" | "quiet" | "signalling";
  readonly negative: boolean;
  readonly whole: bigint;
  readonly exponent: number;
}

const ones = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
const bias = ({ exponent }: Format): number => 2 ** (exponent - 1) - 1;

function packed(format: Format, negative: boolean, exponent: number, fraction: bigint): bigint {
  const sign = negative ? 1n << BigInt(format.exponent) : 0n;
  return ((sign | BigInt(exponent)) << BigInt(format.fraction)) | fraction;
}

const zero = (format: Format, negative: boolean): bigint => packed(format, negative, 0, 0n);
const infinity = (format: Format, negative: boolean): bigint => packed(format, negative, 2 ** format.exponent - 1, 0n);
const defaultNan = (format: Format): bigint =>
  packed(format, false, 2 ** format.exponent - 1, 1n << BigInt(format.fraction - 1));

/** FPUnpack. Half precision has no flushing to zero. */
function unpack(format: Format, bits: bigint, fpscr: Fpscr): Unpacked {
  const fraction = bits & ones(format.fraction);
  const field = Number((bits >> BigInt(format.fraction)) & ones(format.exponent));
  const negative = ((bits >> BigInt(format.fraction + format.exponent)) & 1n) !== 0n;
  const least = 1 - bias(format) - format.fraction;
  if (field === 0) {
    const flushes = fraction !== 0n && format !== half && (fpscr.value & FZ) !== 0;
    if (flushes) fpscr.raise(IDC);
    return { kind: "finite", negative, whole: flushes ? 0n : fraction, exponent: least };
  }
  const whole = fraction | (1n << BigInt(format.fraction));
  const isLast = field === 2 ** format.exponent - 1 && !(format === half && (fpscr.value & AHP) !== 0);
  if (!isLast) return { kind: "finite", negative, whole, exponent: least + field - 1 };
  const quiet = fraction >> BigInt(format.fraction - 1) !== 0n;
  return { kind: fraction === 0n ? "infinity" : quiet ? "quiet" : "signalling", negative, whole, exponent: 0 };
}

function lengthOf(whole: bigint): number {
  const digits = whole.toString(16);
  return 4 * digits.length + 28 - Math.clz32(Number.parseInt(digits[0]!, 16));
}

/** How many halves of the last bit are beyond it: nothing, less than one, one, more. */
function roundsUp(mode: Rounding, negative: boolean, isOdd: boolean, beyond: -1 | 0 | 1): boolean {
  if (mode === rounding.nearest) return beyond > 0 || (beyond === 0 && isOdd);
  return mode === rounding.up ? !negative : mode === rounding.down && negative;
}

/** `whole` shifted to the right, rounded; and whether that changed it. */
function shifted(whole: bigint, by: number, mode: Rounding, negative: boolean): readonly [bigint, boolean] {
  if (by <= 0) return [whole << BigInt(-by), false];
  const shift = BigInt(by);
  const kept = whole >> shift;
  const rest = whole - (kept << shift);
  if (rest === 0n) return [kept, false];
  const middle = 1n << (shift - 1n);
  const beyond = rest > middle ? 1 : rest < middle ? -1 : 0;
  return [roundsUp(mode, negative, (kept & 1n) !== 0n, beyond) ? kept + 1n : kept, true];
}

/** FPRound, of a number that is not zero: whether it is too small to be normal is seen before it is rounded. */
function round(
  format: Format,
  negative: boolean,
  whole: bigint,
  exponent: number,
  fpscr: Fpscr,
  mode: Rounding = roundingOf(fpscr),
): bigint {
  const least = 1 - bias(format);
  const size = lengthOf(whole) - 1 + exponent;
  const isTiny = size < least;
  if (isTiny && format !== half && (fpscr.value & FZ) !== 0) {
    fpscr.raise(UFC);
    return zero(format, negative);
  }
  const last = Math.max(size, least) - format.fraction;
  const [significand, inexact] = shifted(whole, last - exponent, mode, negative);
  if (isTiny && inexact) fpscr.raise(UFC);
  // A significand that was rounded up to the next power of two has the next exponent; its fraction is zero.
  const carry = significand >> BigInt(format.fraction) > 1n;
  const isNormal = significand >> BigInt(format.fraction) > 0n;
  const field = isNormal ? last + format.fraction + (carry ? 1 : 0) + bias(format) : 0;
  const isAlternative = format === half && (fpscr.value & AHP) !== 0;
  const largest = 2 ** format.exponent - (isAlternative ? 1 : 2);
  if (field > largest) {
    if (isAlternative) {
      fpscr.raise(IOC);
      return packed(format, negative, largest, ones(format.fraction));
    }
    fpscr.raise(OFC | IXC);
    const toInfinity = roundsUp(mode, negative, true, 1) || mode === rounding.nearest;
    return toInfinity ? infinity(format, negative) : packed(format, negative, largest, ones(format.fraction));
  }
  if (inexact) fpscr.raise(IXC);
  return packed(format, negative, field, carry ? 0n : significand & ones(format.fraction));
}

/** FPProcessNaN. */
function nanOf(format: Format, bits: bigint, kind: Unpacked["kind"], fpscr: Fpscr): bigint {
  if (kind === "signalling") fpscr.raise(IOC);
  return (fpscr.value & DN) !== 0 ? defaultNan(format) : bits | (1n << BigInt(format.fraction - 1));
}

const isNan = ({ kind }: Unpacked): boolean => kind === "quiet" || kind === "signalling";
const isZero = ({ kind, whole }: Unpacked): boolean => kind === "finite" && whole === 0n;
const isInfinity = ({ kind }: Unpacked): boolean => kind === "infinity";

/** FPProcessNaNs and FPProcessNaNs3: the first signalling one, else the first quiet one. */
function processNans(
  format: Format,
  operands: readonly bigint[],
  unpacked: readonly Unpacked[],
  fpscr: Fpscr,
): bigint | undefined {
  for (const kind of ["signalling", "quiet"] as const) {
    const at = unpacked.findIndex((one) => one.kind === kind);
    if (at >= 0) return nanOf(format, operands[at]!, kind, fpscr);
  }
  return undefined;
}

function invalid(format: Format, fpscr: Fpscr): bigint {
  fpscr.raise(IOC);
  return defaultNan(format);
}

const signed = ({ negative, whole }: Unpacked): bigint => (negative ? -whole : whole);

/** The sum of what is finite. Where it is zero, but not of zeros alike, its sign goes by the rounding mode. */
function sum(format: Format, a: Unpacked, b: Unpacked, fpscr: Fpscr): bigint {
  const exponent = Math.min(a.exponent, b.exponent);
  const total = (signed(a) << BigInt(a.exponent - exponent)) + (signed(b) << BigInt(b.exponent - exponent));
  if (total !== 0n) return round(format, total < 0n, total < 0n ? -total : total, exponent, fpscr);
  const isNegative = isZero(a) && a.negative === b.negative ? a.negative : roundingOf(fpscr) === rounding.down;
  return zero(format, isNegative);
}

const negated = (one: Unpacked): Unpacked => ({ ...one, negative: !one.negative });

function addOrSubtract(subtract: boolean): Operation {
  return (format, x, y, fpscr) => {
    const [a, second] = [unpack(format, x, fpscr), unpack(format, y, fpscr)];
    const nan = processNans(format, [x, y], [a, second], fpscr);
    if (nan !== undefined) return nan;
    const b = subtract ? negated(second) : second;
    if (isInfinity(a) && isInfinity(b) && a.negative !== b.negative) return invalid(format, fpscr);
    const infinite = [a, b].find(isInfinity);
    return infinite === undefined ? sum(format, a, b, fpscr) : infinity(format, infinite.negative);
  };
}

/** An operation on the bits of two numbers. */
export type Operation = (format: Format, x: bigint, y: bigint, fpscr: Fpscr) => bigint;

/** FPAdd. */
export const add: Operation = addOrSubtract(false);
/** FPSub. */
export const subtract: Operation = addOrSubtract(true);

/** FPMul. */
export const multiply: Operation = (format, x, y, fpscr) => {
  const [a, b] = [unpack(format, x, fpscr), unpack(format, y, fpscr)];
  const nan = processNans(format, [x, y], [a, b], fpscr);
  if (nan !== undefined) return nan;
  const negative = a.negative !== b.negative;
  if ((isInfinity(a) && isZero(b)) || (isZero(a) && isInfinity(b))) return invalid(format, fpscr);
  if (isInfinity(a) || isInfinity(b)) return infinity(format, negative);
  if (isZero(a) || isZero(b)) return zero(format, negative);
  return round(format, negative, a.whole * b.whole, a.exponent + b.exponent, fpscr);
};

/** More bits than a quotient or a root needs. */
const guard = 120;

/** FPDiv. */
export const divide: Operation = (format, x, y, fpscr) => {
  const [a, b] = [unpack(format, x, fpscr), unpack(format, y, fpscr)];
  const nan = processNans(format, [x, y], [a, b], fpscr);
  if (nan !== undefined) return nan;
  const negative = a.negative !== b.negative;
  if ((isInfinity(a) && isInfinity(b)) || (isZero(a) && isZero(b))) return invalid(format, fpscr);
  if (isInfinity(a) || isZero(b)) {
    if (!isInfinity(a)) fpscr.raise(DZC);
    return infinity(format, negative);
  }
  if (isZero(a) || isInfinity(b)) return zero(format, negative);
  const scaled = a.whole << BigInt(guard);
  const quotient = scaled / b.whole;
  // The last bit says that there is a rest.
  const sticky = quotient * b.whole === scaled ? 0n : 1n;
  return round(format, negative, (quotient << 1n) | sticky, a.exponent - b.exponent - guard - 1, fpscr);
};

/** The largest whole number whose square is no more. */
function rootOf(square: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(square))));
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next === root || next === root + 1n) break;
    root = next;
  }
  while (root * root > square) root--;
  while ((root + 1n) * (root + 1n) <= square) root++;
  return root;
}

/** FPSqrt, of the first operand. */
export const squareRoot: Operation = (format, x, _, fpscr) => {
  const a = unpack(format, x, fpscr);
  if (isNan(a)) return nanOf(format, x, a.kind, fpscr);
  if (isZero(a)) return zero(format, a.negative);
  if (a.negative) return invalid(format, fpscr);
  if (isInfinity(a)) return infinity(format, false);
  const up = guard + (a.exponent & 1);
  const scaled = a.whole << BigInt(up);
  const root = rootOf(scaled);
  const sticky = root * root === scaled ? 0n : 1n;
  return round(format, false, (root << 1n) | sticky, (a.exponent - up) / 2 - 1, fpscr);
};

/** FPMulAdd: `addend + x * y`, rounded once. */
export function multiplyAdd(format: Format, addend: bigint, x: bigint, y: bigint, fpscr: Fpscr): bigint {
  const [c, a, b] = [unpack(format, addend, fpscr), unpack(format, x, fpscr), unpack(format, y, fpscr)];
  const isInvalid = (isInfinity(a) && isZero(b)) || (isZero(a) && isInfinity(b));
  const nan = processNans(format, [addend, x, y], [c, a, b], fpscr);
  if (c.kind === "quiet" && isInvalid) return invalid(format, fpscr);
  if (nan !== undefined) return nan;
  const negative = a.negative !== b.negative;
  const isInfinite = isInfinity(a) || isInfinity(b);
  if (isInvalid || (isInfinity(c) && isInfinite && c.negative !== negative)) return invalid(format, fpscr);
  if (isInfinity(c)) return infinity(format, c.negative);
  if (isInfinite) return infinity(format, negative);
  const product = { kind: "finite", negative, whole: a.whole * b.whole, exponent: a.exponent + b.exponent } as const;
  return sum(format, c, product, fpscr);
}

/** Are they in order? Undefined when one is a NaN. */
function order(a: Unpacked, b: Unpacked): number | undefined {
  if (isNan(a) || isNan(b)) return undefined;
  const rank = (one: Unpacked): number => (isInfinity(one) ? (one.negative ? -1 : 1) : 0);
  if (rank(a) !== 0 || rank(b) !== 0) return rank(a) - rank(b);
  const exponent = Math.min(a.exponent, b.exponent);
  const difference = (signed(a) << BigInt(a.exponent - exponent)) - (signed(b) << BigInt(b.exponent - exponent));
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** Less than, equal to or greater than zero as `x` is to `y`; undefined when one is a NaN. `signals`: quiet ones are invalid too. */
export function compare(format: Format, x: bigint, y: bigint, signals: boolean, fpscr: Fpscr): number | undefined {
  const [a, b] = [unpack(format, x, fpscr), unpack(format, y, fpscr)];
  const kinds = [a.kind, b.kind];
  if (kinds.includes("signalling") || (signals && kinds.includes("quiet"))) fpscr.raise(IOC);
  return order(a, b);
}

/** FPMax, FPMin: of zeros, the positive one is the larger. */
export function extreme(format: Format, x: bigint, y: bigint, larger: boolean, fpscr: Fpscr): bigint {
  const [a, b] = [unpack(format, x, fpscr), unpack(format, y, fpscr)];
  const nan = processNans(format, [x, y], [a, b], fpscr);
  if (nan !== undefined) return nan;
  if (isZero(a) && isZero(b)) return zero(format, larger ? a.negative && b.negative : a.negative || b.negative);
  const [bits, chosen] = order(a, b)! > 0 === larger ? [x, a] : [y, b];
  // What was flushed to zero is a zero.
  return isZero(chosen) ? zero(format, chosen.negative) : bits;
}

/** FPToFixed: to a number of `bits` bits, `fraction` of them behind the point. */
export function toFixed(
  format: Format,
  x: bigint,
  { bits, fraction, isSigned }: { readonly bits: number; readonly fraction: number; readonly isSigned: boolean },
  mode: Rounding,
  fpscr: Fpscr,
): bigint {
  const a = unpack(format, x, fpscr);
  if (isNan(a)) {
    fpscr.raise(IOC);
    return 0n;
  }
  const largest = ones(isSigned ? bits - 1 : bits);
  const least = isSigned ? -largest - 1n : 0n;
  // What is far too large need not be made.
  const isLarge = isInfinity(a) || a.exponent + fraction > bits;
  const [size, inexact] =
    isLarge && !isZero(a) ? [1n << 64n, false] : shifted(a.whole, -(a.exponent + fraction), mode, a.negative);
  const value = a.negative ? -size : size;
  if (value > largest || value < least) {
    fpscr.raise(IOC);
    return value > largest ? largest : least;
  }
  if (inexact) fpscr.raise(IXC);
  return value;
}

/** FixedToFP. */
export function ofFixed(format: Format, value: bigint, fraction: number, mode: Rounding, fpscr: Fpscr): bigint {
  if (value === 0n) return 0n;
  return round(format, value < 0n, value < 0n ? -value : value, -fraction, fpscr, mode);
}

/** FPConvert. */
export function convert(from: Format, to: Format, x: bigint, fpscr: Fpscr): bigint {
  const a = unpack(from, x, fpscr);
  const isAlternative = to === half && (fpscr.value & AHP) !== 0;
  if (isNan(a)) {
    if (a.kind === "signalling" || isAlternative) fpscr.raise(IOC);
    if (isAlternative) return zero(to, a.negative);
    if ((fpscr.value & DN) !== 0) return defaultNan(to);
    const by = to.fraction - from.fraction;
    const kept = x & ones(from.fraction);
    const fraction = by >= 0 ? kept << BigInt(by) : kept >> BigInt(-by);
    return packed(to, a.negative, 2 ** to.exponent - 1, fraction | (1n << BigInt(to.fraction - 1)));
  }
  if (isInfinity(a)) {
    if (!isAlternative) return infinity(to, a.negative);
    fpscr.raise(IOC);
    return packed(to, a.negative, 2 ** to.exponent - 1, ones(to.fraction));
  }
  return isZero(a) ? zero(to, a.negative) : round(to, a.negative, a.whole, a.exponent, fpscr);
}
