import type { Binary, Unary } from "./operations.js";

/** What the pure operations give for numbers: signed 32-bit integers in and out. */
export const binaryOf: Readonly<Record<Binary, (x: number, y: number) => number>> = {
  add: (x, y) => (x + y) | 0,
  sub: (x, y) => (x - y) | 0,
  mul: (x, y) => Math.imul(x, y),
  mulh: (x, y) => (multiplyHigh(x, y) - (x < 0 ? y : 0) - (y < 0 ? x : 0)) | 0,
  mulhu: multiplyHigh,
  div: (x, y) => (y === 0 ? 0 : (x / y) | 0),
  divu: (x, y) => (y === 0 ? 0 : ((x >>> 0) / (y >>> 0)) | 0),
  and: (x, y) => x & y,
  or: (x, y) => x | y,
  xor: (x, y) => x ^ y,
  shl: (x, y) => x << y,
  shr: (x, y) => (x >>> y) | 0,
  sar: (x, y) => x >> y,
  rotr: (x, y) => (x >>> y) | (y === 0 ? 0 : x << (32 - y)),
  eq: (x, y) => (x === y ? 1 : 0),
  lt: (x, y) => (x < y ? 1 : 0),
  ltu: (x, y) => (x >>> 0 < y >>> 0 ? 1 : 0),
  le: (x, y) => (x <= y ? 1 : 0),
  leu: (x, y) => (x >>> 0 <= y >>> 0 ? 1 : 0),
};

export const unaryOf: Readonly<Record<Unary, (x: number) => number>> = {
  clz: (x) => Math.clz32(x),
  eqz: (x) => (x === 0 ? 1 : 0),
};

/** The high word of the unsigned product. */
function multiplyHigh(x: number, y: number): number {
  const [xl, xh, yl, yh] = [x & 0xffff, x >>> 16, y & 0xffff, y >>> 16];
  const middle = xh * yl + ((xl * yl) >>> 16);
  const cross = xl * yh + (middle & 0xffff);
  return (xh * yh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) | 0;
}

export function carryOutOf(x: number, y: number, carry: number): number {
  return (x >>> 0) + (y >>> 0) + carry > 0xffffffff ? 1 : 0;
}

export function overflowOf(x: number, y: number, carry: number): number {
  const sum = (x | 0) + (y | 0) + carry;
  return sum === (sum | 0) ? 0 : 1;
}
