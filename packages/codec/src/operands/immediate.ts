import type { Encoding } from "../encoding.js";
import { Bits } from "../pattern.js";
import type { OperandCodec } from "./codec.js";
import { takeImmediate } from "./scalar.js";

/** ARMExpandImm: 8 bits rotated right by twice the upper 4. */
function armExpandImm(imm12: number): number {
  const imm8 = imm12 & 0xff;
  const by = (imm12 >> 8) * 2;
  return (by === 0 ? imm8 : (imm8 >>> by) | (imm8 << (32 - by))) >>> 0;
}

/** The encoding with the smallest rotation, which is the manual's choice; undefined when there is none. */
function armEncodeImm(value: number): number | undefined {
  for (let rotation = 0; rotation < 16; rotation++) {
    const by = rotation * 2;
    const imm8 = (by === 0 ? value : (value << by) | (value >>> (32 - by))) >>> 0;
    if (imm8 < 256) return (rotation << 8) | imm8;
  }
  return undefined;
}

/** ThumbExpandImm: a byte, a byte in a pattern, or 1bcdefgh rotated right by 8 to 31. */
function thumbExpandImm(imm12: number): number {
  const imm8 = imm12 & 0xff;
  switch (imm12 >> 8) {
    case 0:
      return imm8;
    case 1:
      return (imm8 << 16) | imm8;
    case 2:
      return ((imm8 << 24) | (imm8 << 8)) >>> 0;
    case 3:
      return ((imm8 << 24) | (imm8 << 16) | (imm8 << 8) | imm8) >>> 0;
    default: {
      const by = imm12 >> 7;
      const byte = 0x80 | (imm12 & 0x7f);
      return ((byte >>> by) | (byte << (32 - by))) >>> 0;
    }
  }
}

/** The encoding of a constant, or undefined when it is no modified immediate. */
function thumbEncodeImm(value: number): number | undefined {
  const low = value & 0xff;
  if (value === low) return low;
  if (value === thumbExpandImm(0x100 | low)) return 0x100 | low;
  if (value === thumbExpandImm(0x300 | low)) return 0x300 | low;
  const second = (value >>> 8) & 0xff;
  if (value === thumbExpandImm(0x200 | second)) return 0x200 | second;
  for (let by = 8; by < 32; by++) {
    const byte = ((value << by) | (value >>> (32 - by))) >>> 0;
    if (byte >= 0x80 && byte < 0x100) return (by << 7) | (byte & 0x7f);
  }
  return undefined;
}

/** How a 32-bit constant is printed: LLVM takes it as signed where the instruction does not say otherwise. */
function constant(value: number, signed: boolean): string {
  return String(signed ? value | 0 : value);
}

/** Does a number say 32 bits? What is left of 64 counts, as of `~0xffffff00`. */
function isWord(value: number): boolean {
  return Math.abs(value) < 2 ** 32;
}

/** Every encoding is looked at once, whatever the value. */
function nearest(value: number, expand: (imm12: number) => number): string {
  let [best, least] = [0, 4096];
  for (let imm12 = 0; imm12 < 4096; imm12++) {
    const candidate = expand(imm12);
    const distance = Math.abs(candidate - value);
    if (distance < least || (distance === least && candidate < best)) [best, least] = [candidate, distance];
  }
  return `${least < 4096 ? `nearest is ${best}; ` : ""}MOVW and MOVT load any constant`;
}

/**
 * `<const(imm12)>`, an A32 modified immediate. A rotation that is not the smallest prints as `#8, #2`. LLVM prints the value
 * as signed, but `unsigned` for MSR and, with `move`, for a MOV to the PC.
 */
export function armConstant(spec: string, style: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const rd = style === "move" && encoding.pattern.fields.has("Rd") ? new Bits(encoding.pattern, "Rd") : undefined;
  return {
    mask: bits.mask,
    shows: rd?.mask ?? 0,
    read: (insn) => ({ kind: "imm", value: armExpandImm(bits.read(insn.word)) }),
    print(insn, profile) {
      const raw = bits.read(insn.word);
      const value = armExpandImm(raw);
      if (armEncodeImm(value) !== raw) return `#${raw & 0xff}, ${profile === "gnu" ? "" : "#"}${(raw >> 8) * 2}`;
      const toPc = rd !== undefined && rd.read(insn.word) === 15;
      const signed = profile === "gnu" || (profile === "llvm" && style !== "unsigned" && !toPc);
      return `#${constant(value, signed)}`;
    },
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const written = takeImmediate(scan);
      if (written === undefined) return false;
      if (scan.eat(",")) {
        const rotation = takeImmediate(scan);
        if (rotation === undefined) return false;
        if (written.value > 255 || written.negative)
          return scan.fail("the value to rotate is 0 to 255", undefined, start);
        if (rotation.value % 2 !== 0 || rotation.value > 30 || rotation.negative)
          return scan.fail("the rotation is an even number, 0 to 30");
        return draft.set(bits, (rotation.value << 7) | written.value);
      }
      if (!isWord(written.value)) return scan.fail("more than 32 bits", undefined, start);
      const raw = armEncodeImm(written.value >>> 0);
      if (raw === undefined)
        return scan.fail(
          `#${written.value} is not 8 bits rotated by an even number`,
          nearest(written.value >>> 0, armExpandImm),
          start,
        );
      return draft.set(bits, raw);
    },
  };
}

/** `<tconst(i:imm3:imm8)>`, a T32 modified immediate. */
export function thumbConstant(spec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "imm", value: thumbExpandImm(bits.read(insn.word)) }),
    print: (insn) => `#${thumbExpandImm(bits.read(insn.word))}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const written = takeImmediate(scan);
      if (written === undefined) return false;
      if (!isWord(written.value)) return scan.fail("more than 32 bits", undefined, start);
      const raw = thumbEncodeImm(written.value >>> 0);
      if (raw === undefined)
        return scan.fail(
          `#${written.value} is not a modified immediate`,
          nearest(written.value >>> 0, thumbExpandImm),
          start,
        );
      return draft.set(bits, raw);
    },
  };
}
