import { type Fpscr, fpscrBits } from "./floating-point.js";

// VRECPE and VRSQRTE: estimates by the manual's tables of 8 bits, for fixed-point numbers and for single precision.

const { IOC, DZC, UFC, IDC } = fpscrBits;

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

const nan = 0x7fc00000;
const infinity = 0x7f800000;

/** What both make of what is no number, or zero: numbers that are not normal are zeros. Undefined of all else. */
function special(x: number, fpscr: Fpscr): number | undefined {
  const magnitude = x & 0x7fffffff;
  if (magnitude > infinity) {
    if ((x & 0x00400000) === 0) fpscr.raise(IOC);
    return nan;
  }
  if (magnitude >= 0x00800000) return undefined;
  fpscr.raise(magnitude === 0 ? DZC : IDC | DZC);
  return (x & 0x80000000) | infinity;
}

/** VRECPE.F32. */
export function reciprocalEstimate(x: number, fpscr: Fpscr): number {
  const known = special(x, fpscr);
  if (known !== undefined) return known;
  const [sign, exponent] = [x & 0x80000000, (x >>> 23) & 0xff];
  if (exponent === 0xff) return sign;
  if (exponent >= 253) {
    // The result would be too small to be normal.
    fpscr.raise(UFC);
    return sign;
  }
  const fraction = reciprocalOf(0x100 | ((x >>> 15) & 0xff)) & 0xff;
  return sign | ((253 - exponent) << 23) | (fraction << 15);
}

/** VRSQRTE.F32. */
export function rootEstimate(x: number, fpscr: Fpscr): number {
  const known = special(x, fpscr);
  if (known !== undefined) return known;
  const exponent = (x >>> 23) & 0xff;
  if (x < 0) {
    fpscr.raise(IOC);
    return nan;
  }
  if (exponent === 0xff) return 0;
  const scaled = exponent & 1 ? 0x80 | ((x >>> 16) & 0x7f) : 0x100 | ((x >>> 15) & 0xff);
  return (((380 - exponent) >> 1) << 23) | ((rootOf(scaled) & 0xff) << 15);
}
