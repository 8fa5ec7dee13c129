import type { Encoding } from "../encoding.js";
import type { ShiftType } from "../operand.js";
import { Bits } from "../pattern.js";
import type { Scanner } from "../scanner.js";
import type { OperandCodec } from "./codec.js";
import { takeImmediate } from "./scalar.js";

const types: readonly ShiftType[] = ["lsl", "lsr", "asr", "ror"];

/** DecodeImmShift: what 2 type bits and 5 amount bits mean. */
export function decodeImmShift(type: number, imm5: number): { shift: ShiftType; amount: number } {
  if (type === 3 && imm5 === 0) return { shift: "rrx", amount: 1 };
  return { shift: types[type]!, amount: imm5 === 0 && type !== 0 ? 32 : imm5 };
}

export function printImmShift(type: number, imm5: number): string {
  const { shift, amount } = decodeImmShift(type, imm5);
  if (shift === "rrx") return ", rrx";
  return amount === 0 ? "" : `, ${shift} #${amount}`;
}

/** Takes `, lsl #3` after an operand; no comma is a shift by 0. Returns the two encoded fields. */
export function takeImmShift(scan: Scanner): { type: number; imm5: number } | undefined {
  const before = scan.pos;
  if (!scan.eat(",")) return { type: 0, imm5: 0 };
  scan.space();
  const start = scan.pos;
  const name = scan.word();
  if (name === "rrx") return { type: 3, imm5: 0 };
  const type = name === "asl" ? 0 : types.indexOf(name as ShiftType);
  if (type < 0) {
    scan.fail("expected a shift", "lsl, lsr, asr, ror or rrx", start);
    scan.pos = before;
    return undefined;
  }
  scan.space();
  const at = scan.pos;
  const written = takeImmediate(scan);
  if (written === undefined) return undefined;
  const { value } = written;
  const [low, high] = type === 0 ? [0, 31] : type === 3 ? [1, 31] : [1, 32];
  if (value === 0 && type !== 0) return { type: 0, imm5: 0 };
  if (value < low || value > high) {
    scan.fail(`a shift by ${value} is out of range`, `${low} to ${high}; nearest is ${value < low ? low : high}`, at);
    return undefined;
  }
  return { type, imm5: value & 31 };
}

/** `<shift(type,imm5)>`: nothing, or a comma and a shift by a constant. */
export function immShift(typeSpec: string, amountSpec: string, encoding: Encoding): OperandCodec {
  const type = new Bits(encoding.pattern, typeSpec);
  const amount = new Bits(encoding.pattern, amountSpec);
  return {
    mask: type.mask | amount.mask,
    read: (insn) => ({ kind: "shift", ...decodeImmShift(type.read(insn.word), amount.read(insn.word)) }),
    print: (insn) => printImmShift(type.read(insn.word), amount.read(insn.word)),
    parse(scan, draft) {
      const start = scan.pos;
      const shift = takeImmShift(scan);
      if (shift === undefined) return false;
      return (
        (draft.set(type, shift.type) && draft.set(amount, shift.imm5)) ||
        scan.fail("shift not possible here", undefined, start)
      );
    },
  };
}

/** `<shiftname(type)>`: the shift of a register-shifted register: `lsl`. */
export function shiftName(spec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "shiftReg", shift: types[bits.read(insn.word)]! }),
    print: (insn) => types[bits.read(insn.word)]!,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const name = scan.word();
      const type = types.indexOf((name === "asl" ? "lsl" : name) as ShiftType);
      if (type < 0) return scan.fail("expected a shift", "lsl, lsr, asr or ror", start);
      return draft.set(bits, type);
    },
  };
}

/** `<onlyshift(lsl,imm5)>`, `<onlyshift(asr,imm5)>`: a shift of one type by a constant; `lsl` by 0 is not printed. */
export function oneShift(name: "lsl" | "asr", spec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const type = name === "lsl" ? 0 : 2;
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "shift", ...decodeImmShift(type, bits.read(insn.word)) }),
    print: (insn) => printImmShift(type, bits.read(insn.word)),
    parse(scan, draft) {
      const start = scan.pos;
      const shift = takeImmShift(scan);
      if (shift === undefined) return false;
      if (shift.type !== type && !(type === 0 && shift.imm5 === 0))
        return scan.fail(`only ${name} is possible here`, name, start);
      if (type === 2 && shift.type === 0) return scan.fail("asr by 1 to 32", undefined, start);
      return draft.set(bits, shift.imm5) || scan.fail("shift out of range", `0 to ${2 ** bits.width - 1}`, start);
    },
  };
}

/** `<rotation(rotate)>`: nothing, or `, ror #8`, `#16`, `#24`. */
export function rotation(spec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "shift", shift: "ror", amount: bits.read(insn.word) * 8 }),
    print: (insn) => (bits.read(insn.word) === 0 ? "" : `, ror #${bits.read(insn.word) * 8}`),
    parse(scan, draft) {
      const start = scan.pos;
      const shift = takeImmShift(scan);
      if (shift === undefined) return false;
      if ((shift.type !== 3 && shift.imm5 !== 0) || shift.imm5 % 8 !== 0)
        return scan.fail("only a rotation by 0, 8, 16 or 24 is possible", undefined, start);
      return draft.set(bits, shift.imm5 / 8);
    },
  };
}

/** `<sh(sh,imm5)>`: the shift of a saturation: `lsl` by 0 to 31, or `asr` by 1 to 32. */
export function saturateShift(shSpec: string, amountSpec: string, encoding: Encoding): OperandCodec {
  const sh = new Bits(encoding.pattern, shSpec);
  const amount = new Bits(encoding.pattern, amountSpec);
  return {
    mask: sh.mask | amount.mask,
    read: (insn) => ({ kind: "shift", ...decodeImmShift(sh.read(insn.word) * 2, amount.read(insn.word)) }),
    print: (insn) => printImmShift(sh.read(insn.word) * 2, amount.read(insn.word)),
    parse(scan, draft) {
      const start = scan.pos;
      const shift = takeImmShift(scan);
      if (shift === undefined) return false;
      if (shift.type % 2 !== 0) return scan.fail("only lsl and asr are possible here", "lsl #0-31 or asr #1-32", start);
      return draft.set(sh, shift.type / 2) && draft.set(amount, shift.imm5);
    },
  };
}
