import { fpscrBits } from "./floating-point.js";
import type { FloatBinary, FloatUnary } from "./operations.js";

// Arithmetic by the host, which rounds to nearest and says nothing of exceptions: only where none is met but those that the FPSCR has already.

type Name = FloatBinary | FloatUnary;

const { RMode, FZ, IXC } = fpscrBits;

const apply: Readonly<Record<Name, (x: number, y: number) => number>> = {
  fadd: (x, y) => x + y,
  fsub: (x, y) => x - y,
  fmul: (x, y) => x * y,
  fdiv: (x, y) => x / y,
  fsqrt: (x) => Math.sqrt(x),
};

/** The smallest normal numbers. */
export const leastSingle: number = 2 ** -126;
export const leastDouble: number = 2 ** -1022;

/** Is a result of zero zero itself, and not too small a number? */
function isExactZero(name: Name, x: number, y: number, result: number): boolean {
  if (name === "fmul") return x === 0 || y === 0;
  return name === "fdiv" ? x === 0 : result === 0;
}

/** Sums whose error is zero; where there is none to be had it is a NaN. */
function isExactSum(x: number, y: number, result: number): boolean {
  const second = result - x;
  return x - (result - second) + (y - second) === 0;
}

/** Half of the bits of a number: scaled by this, the rest falls off. */
const splitter = 134217729;

/**
 * Is the product exactly `x * y`? Each factor is taken in two halves, so that no product of halves is rounded; false also where those may be
 * too small or too large.
 */
export function isExactProduct(x: number, y: number, product: number): boolean {
  if (x * y !== product || !(inReach(x) && inReach(y) && inReach(product))) return false;
  const [scaledX, scaledY] = [x * splitter, y * splitter];
  const [a, c] = [scaledX - (scaledX - x), scaledY - (scaledY - y)];
  const [b, d] = [x - a, y - c];
  return a * c - product + a * d + b * c + b * d === 0;
}

const inReach = (x: number): boolean => Math.abs(x) > 2 ** -450 && Math.abs(x) < 2 ** 450;

const isSubnormal = (x: number, least: number): boolean => x !== 0 && Math.abs(x) < least;

/** `x op y` in single precision, where the host knows it; else a NaN. */
export function single(name: Name, x: number, y: number, fpscr: number): number {
  if ((fpscr & RMode) !== 0) return Number.NaN;
  if ((fpscr & FZ) !== 0 && (isSubnormal(x, leastSingle) || isSubnormal(y, leastSingle))) return Number.NaN;
  const wide = apply[name](x, y);
  const result = Math.fround(wide);
  const size = Math.abs(result);
  // What is rounded up to the smallest normal number was too small before.
  if (!(size > leastSingle && size < Number.POSITIVE_INFINITY))
    return result === 0 && isExactZero(name, x, y, wide) ? result : Number.NaN;
  return (fpscr & IXC) !== 0 || isExactSingle(name, x, y, wide) ? result : Number.NaN;
}

/** Is the result that the host has for `x op y` in double precision what it is in single precision, and exactly? */
function isExactSingle(name: Name, x: number, y: number, result: number): boolean {
  if (Math.fround(result) !== result) return false;
  if (name === "fadd") return isExactSum(x, y, result);
  if (name === "fsub") return isExactSum(x, -y, result);
  if (name === "fdiv") return result * y === x;
  return name === "fmul" || result * result === x;
}

/** `x op y` in double precision, where the host knows it; else a NaN. */
export function double(name: Name, x: number, y: number, fpscr: number): number {
  if ((fpscr & RMode) !== 0) return Number.NaN;
  if ((fpscr & FZ) !== 0 && (isSubnormal(x, leastDouble) || isSubnormal(y, leastDouble))) return Number.NaN;
  const result = apply[name](x, y);
  const size = Math.abs(result);
  if (!(size > leastDouble && size < Number.POSITIVE_INFINITY))
    return result === 0 && isExactZero(name, x, y, result) ? result : Number.NaN;
  return (fpscr & IXC) !== 0 || isExactDouble(name, x, y, result) ? result : Number.NaN;
}

/** Is the result that the host has for `x op y` exact? */
function isExactDouble(name: Name, x: number, y: number, result: number): boolean {
  if (name === "fadd") return isExactSum(x, y, result);
  if (name === "fsub") return isExactSum(x, -y, result);
  if (name === "fmul") return isExactProduct(x, y, result);
  if (name === "fdiv") return isExactProduct(result, y, x);
  return isExactProduct(result, result, x);
}

/** To an integer from `low` to `high`, towards zero or to the nearest, where the host knows it; else a NaN. */
export function integer(x: number, nearest: boolean, low: number, high: number, fpscr: number): number {
  if (nearest && (fpscr & RMode) !== 0) return Number.NaN;
  const whole = nearest ? toEven(x) : Math.trunc(x);
  if (!(whole >= low && whole <= high)) return Number.NaN;
  if (whole === x) return whole;
  // What is flushed to zero is not inexact: not even scaled by 32 bits is it this large.
  const isFlushed = (fpscr & FZ) !== 0 && Math.abs(x) < 2 ** -90;
  return (fpscr & IXC) !== 0 && !isFlushed ? whole : Number.NaN;
}

function toEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A number in single precision, where the host knows it; else a NaN. */
export function narrowed(x: number, fpscr: number): number {
  const result = Math.fround(x);
  if (result === x && (x === 0 || Math.abs(x) > leastSingle)) return result;
  const size = Math.abs(result);
  const isNormal = size > leastSingle && size < Number.POSITIVE_INFINITY;
  return isNormal && (fpscr & (RMode | IXC)) === IXC ? result : Number.NaN;
}

/** A number of single precision in double precision, where the host knows it; else a NaN. */
export function widened(x: number, fpscr: number): number {
  return (fpscr & FZ) !== 0 && isSubnormal(x, leastSingle) ? Number.NaN : x;
}

/** May the host compare the numbers? Not NaNs, nor what is flushed to zero. */
export function compares(x: number, y: number, least: number, fpscr: number): boolean {
  if (Number.isNaN(x) || Number.isNaN(y)) return false;
  return (fpscr & FZ) === 0 || !(isSubnormal(x, least) || isSubnormal(y, least));
}

/** Of what may be compared. */
export function orderOf(x: number, y: number): number {
  return x === y ? 0 : x < y ? -1 : 1;
}

const bits = new DataView(new ArrayBuffer(8));

/** The sum of two numbers, as a number that is odd where it is not exact: rounded again, it is as if it had not been rounded. */
function oddSum(x: number, y: number): number {
  const sum = x + y;
  const second = sum - x;
  const error = x - (sum - second) + (y - second);
  if (error === 0) return sum;
  bits.setFloat64(0, sum);
  const whole = bits.getBigInt64(0);
  if ((whole & 1n) !== 0n) return sum;
  bits.setBigInt64(0, error > 0 === sum > 0 ? whole + 1n : whole - 1n);
  return bits.getFloat64(0);
}

/** `addend + x * y` in single precision, rounded once, where the host knows it; else a NaN. */
export function multiplyAddSingle(addend: number, x: number, y: number, fpscr: number): number {
  if ((fpscr & RMode) !== 0) return Number.NaN;
  if ((fpscr & FZ) !== 0 && [addend, x, y].some((one) => isSubnormal(one, leastSingle))) return Number.NaN;
  // The product of two numbers of single precision is one of double precision.
  const wide = oddSum(x * y, addend);
  const result = Math.fround(wide);
  const size = Math.abs(result);
  const isGood = (size > leastSingle && size < Number.POSITIVE_INFINITY) || wide === 0;
  return isGood && ((fpscr & IXC) !== 0 || wide === result) ? result : Number.NaN;
}
