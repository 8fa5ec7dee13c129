import type { Encoding } from "../encoding.js";
import { Bits } from "../pattern.js";
import type { OperandCodec } from "./codec.js";
import { takeImmediate } from "./scalar.js";

/** VFPExpandImm: the value of an 8-bit floating-point constant, ±(16 to 31)/16 · 2^(-3 to 4). */
function expandFloat(imm8: number): number {
  const exponent = ((imm8 >> 4) & 7) ^ 4;
  const value = ((16 + (imm8 & 15)) / 16) * 2 ** (exponent - 3);
  return imm8 & 0x80 ? -value : value;
}

/** The byte of a constant; undefined when none has this value. */
function floatByte(value: number): number | undefined {
  for (let imm8 = 0; imm8 < 256; imm8++) if (expandFloat(imm8) === value) return imm8;
  return undefined;
}

/** As C's `%e`: six digits and an exponent of two. */
function scientific(value: number): string {
  return value.toExponential(6).replace(/e([-+])(\d)$/, "e$10$2");
}

/** `<float(imm4H:imm4L)>`: an 8-bit floating-point constant. GNU prints the bits for VFP (`raw`). */
export function floatConstant(spec: string, raw: boolean, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "float", value: expandFloat(bits.read(insn.word)) }),
    print(insn, profile) {
      const imm8 = bits.read(insn.word);
      const value = expandFloat(imm8);
      if (profile === "llvm") return `#${scientific(value)}`;
      if (profile === "gnu") return raw ? `#${imm8}` : `#${value}`;
      return `#${Number.isInteger(value) ? value.toFixed(1) : value}`;
    },
    parse(scan, draft) {
      scan.eat("#");
      scan.space();
      const start = scan.pos;
      const match = /^[-+]?(0x[0-9a-f]+|\d+(\.\d+)?(e[-+]?\d+)?)/.exec(scan.text.slice(start));
      if (match === null) return scan.fail("expected a floating-point constant", "#1.0", start);
      scan.pos += match[0].length;
      // As in gas and LLVM, a VFP constant without a point or an exponent is the encoded byte.
      const byte = match[0].startsWith("0x") || (raw && !/[.e]/.test(match[0]));
      const value = Number(match[0]);
      const imm8 = !byte ? floatByte(value) : value >= 0 && value < 256 ? value : undefined;
      if (imm8 === undefined)
        return scan.fail(`${match[0]} has no 8-bit encoding`, "±(16 to 31)/16 times 2^-3 to 2^4", start);
      return draft.set(bits, imm8);
    },
  };
}

const kinds: Readonly<Record<string, (imm8: number, shift: number) => bigint>> = {
  shifted: (imm8, shift) => BigInt(imm8) << BigInt(8 * shift),
  ones: (imm8, shift) => (BigInt(imm8) << BigInt(8 * (shift + 1))) | ((1n << BigInt(8 * (shift + 1))) - 1n),
  mask: (imm8) =>
    Array.from({ length: 8 }, (_, i) => ((imm8 >> i) & 1 ? 0xffn << BigInt(8 * i) : 0n)).reduce((a, b) => a | b),
};

/**
 * `<simd(shifted,i:imm3:imm4,cs)>`: a constant of one element: a byte moved up by `cs` bytes (`shifted`), the same with ones
 * below (`ones`), or a byte for each bit (`mask`, 64 bits).
 */
export function simdConstant(
  kind: string,
  spec: string,
  shiftSpec: string | undefined,
  encoding: Encoding,
): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const shift = shiftSpec === undefined ? undefined : new Bits(encoding.pattern, shiftSpec);
  const expand = kinds[kind]!;
  const value = (word: number): bigint => expand(bits.read(word), shift?.read(word) ?? 0);
  return {
    mask: bits.mask | (shift?.mask ?? 0),
    read: (insn) => ({ kind: "imm", value: Number(value(insn.word)) }),
    print(insn, profile) {
      const number = value(insn.word);
      // GNU prints 32-bit elements as signed.
      return profile === "gnu" && kind !== "mask"
        ? `#${BigInt.asIntN(32, number)}`
        : `#0x${number.toString(16).padStart(kind === "mask" && profile === "gnu" ? 16 : 1, "0")}`;
    },
    parse(scan, draft) {
      scan.eat("#");
      scan.space();
      const start = scan.pos;
      const given = scan.bigNumber();
      if (given === undefined) return scan.fail("expected a number", undefined, start);
      const wanted = BigInt.asUintN(kind === "mask" ? 64 : 32, given);
      for (let by = 0; by < (shift ? 1 << shift.width : 1); by++) {
        for (let imm8 = 0; imm8 < 256; imm8++) {
          if (expand(imm8, by) !== wanted) continue;
          return draft.set(bits, imm8) && (shift === undefined || draft.set(shift, by));
        }
      }
      const text = scan.source.slice(start, scan.pos);
      return scan.fail(`${text} cannot be encoded here`, "one byte of the element", start);
    },
  };
}

/**
 * The element size and shift amount that `L:imm6` holds together: the highest set bit says the size. `<esize(L:imm6)>`
 * prints the size in bits in the mnemonic; `times` 2 for the narrowing forms, which name the wider source.
 */
export function shiftSize(spec: string, times: number, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const sizeOf = (word: number): number => elementSize(bits.read(word)) * times;
  return {
    mask: 0,
    shows: bits.mask,
    read: (insn) => ({ kind: "name", name: String(sizeOf(insn.word)), value: sizeOf(insn.word) }),
    print: (insn) => String(sizeOf(insn.word)),
    parse(scan, draft) {
      const match = /^(64|32|16|8)/.exec(scan.text.slice(scan.pos));
      if (match === null) return scan.fail("expected an element size", "8, 16, 32 or 64");
      scan.pos += match[0].length;
      draft.elementSize = Number(match[0]) / times;
      return draft.elementSize >= 8 || scan.fail("element size not possible here");
    },
  };
}

function elementSize(raw: number): number {
  return raw & 0x40 ? 64 : raw & 0x20 ? 32 : raw & 0x10 ? 16 : 8;
}

/** `<shr(L:imm6)>` counts down from the element size, 1 to size; `<shl(L:imm6)>` up from 0. */
export function vectorShift(right: boolean, spec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const amount = (word: number): number => {
    const raw = bits.read(word);
    const size = elementSize(raw);
    return right ? 2 * size - raw : raw - size;
  };
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "imm", value: amount(insn.word) }),
    print: (insn) => `#${amount(insn.word)}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const written = takeImmediate(scan);
      if (written === undefined) return false;
      const size = draft.elementSize;
      const [low, high] = right ? [1, size] : [0, size - 1];
      if (written.value < low || written.value > high)
        return scan.fail(
          `a shift by ${written.value} is out of range`,
          `${low} to ${high}; nearest is ${written.value < low ? low : high}`,
          start,
        );
      const raw = right ? 2 * size - written.value : size + written.value;
      return draft.set(bits, raw) || scan.fail("this shift is not possible for these elements", undefined, start);
    },
  };
}

/** `<fbits(imm4:i,32)>`: the fraction bits of a fixed-point conversion, which the encoding counts down from `size`. */
export function fractionBits(spec: string, size: number, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const amount = (word: number): number => size - bits.read(word);
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "imm", value: amount(insn.word) }),
    print: (insn) => `#${amount(insn.word)}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const written = takeImmediate(scan);
      if (written === undefined) return false;
      const raw = size - written.value;
      return (
        (raw >= 0 && raw <= size && draft.set(bits, raw)) ||
        scan.fail(`${written.value} fraction bits are not possible`, `0 to ${size}`, start)
      );
    },
  };
}
