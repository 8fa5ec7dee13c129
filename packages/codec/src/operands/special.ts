import type { Encoding } from "../encoding.js";
import { Bits } from "../pattern.js";
import { registerName } from "../registers.js";
import { adjustedPc } from "./branch.js";
import type { OperandCodec, Site } from "./codec.js";
import { displacementOf } from "./displacement.js";
import { takeImmediate, takeRegister } from "./scalar.js";
import { baseOperand } from "./system.js";

/** `<next(Rt)>`: the second register of a pair, one above the field's. It may be left out. */
export function nextRegister(spec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  return {
    mask: 0,
    shows: bits.mask,
    read: (insn) => ({ kind: "reg", reg: (bits.read(insn.word) + 1) & 15, field: "Rt2" }),
    print: (insn, profile) => registerName(bits.read(insn.word) + 1, profile),
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const n = takeRegister(scan);
      const wanted = (bits.read(draft.word) + 1) & 15;
      return n === wanted || scan.fail("the second register is the one after the first", registerName(wanted), start);
    },
  };
}

/** `<twice(Rm,Rm2)>`: a register that the encoding holds twice. */
export function twice(spec: string, again: string, encoding: Encoding): OperandCodec {
  const first = new Bits(encoding.pattern, spec);
  const second = new Bits(encoding.pattern, again);
  return {
    mask: first.mask | second.mask,
    read: (insn) => ({ kind: "reg", reg: first.read(insn.word), field: "Rm" }),
    // When the two differ, which is UNPREDICTABLE, LLVM prints both at once and GNU the one of hw1.
    print(insn, profile) {
      const [a, b] = [first.read(insn.word), second.read(insn.word)];
      return registerName(profile === "llvm" ? a | b : profile === "gnu" ? b : a, profile);
    },
    parse(scan, draft) {
      const n = takeRegister(scan);
      return n !== undefined && draft.set(first, n) && draft.set(second, n);
    },
  };
}

/** `<bitfield(lsb,msb)>`: `#lsb, #width`, kept as lsb and msb. */
export function bitField(lsbSpec: string, msbSpec: string, encoding: Encoding): OperandCodec {
  const lsb = new Bits(encoding.pattern, lsbSpec);
  const msb = new Bits(encoding.pattern, msbSpec);
  const width = (word: number): number => msb.read(word) - lsb.read(word) + 1;
  return {
    mask: lsb.mask | msb.mask,
    read: (insn) => ({ kind: "imm", value: width(insn.word) }),
    print: (insn) => `#${lsb.read(insn.word)}, #${width(insn.word)}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const low = takeImmediate(scan);
      if (low === undefined) return false;
      if (!scan.eat(",")) return scan.fail('expected ","', "#lsb, #width");
      const size = takeImmediate(scan);
      if (size === undefined) return false;
      const high = low.value + size.value - 1;
      if (low.value < 0 || low.value > 31 || high < 0 || high > 31)
        return scan.fail("the bit field is not within 0 to 31", undefined, start);
      return draft.set(lsb, low.value) && draft.set(msb, high);
    },
  };
}

/** `<fixedbase(13,W)>`: a base register that the encoding implies, with `!` when written back. */
export function fixedBase(n: number, flag: string, encoding: Encoding): OperandCodec {
  const w = new Bits(encoding.pattern, flag);
  return {
    mask: w.mask,
    read: (insn) => baseOperand(n, w.read(insn.word) === 1),
    print: (insn, profile) => `${registerName(n, profile)}${w.read(insn.word) ? "!" : ""}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      if (takeRegister(scan) !== n) return scan.fail(`the base is ${registerName(n)}`, undefined, start);
      return draft.set(w, scan.eat("!") ? 1 : 0);
    },
  };
}

/** `<baselist(Rn,registers)>`: a base that is written back when it is not in the list (LDM in T16). */
export function listBase(spec: string, list: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const registers = new Bits(encoding.pattern, list);
  const back = (word: number): boolean => ((registers.read(word) >> bits.read(word)) & 1) === 0;
  return {
    mask: bits.mask,
    shows: registers.mask,
    read: (insn) => baseOperand(bits.read(insn.word), back(insn.word)),
    print: (insn, profile) => `${registerName(bits.read(insn.word), profile)}${back(insn.word) ? "!" : ""}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const n = takeRegister(scan);
      if (n === undefined) return false;
      if (!draft.set(bits, n)) return scan.fail(`${registerName(n)} cannot be used in this form`, "r0 to r7", start);
      const written = scan.eat("!");
      const rest = scan.text.slice(scan.pos);
      const inList = listHolds(rest, n);
      return (
        written !== inList ||
        scan.fail(written ? "a base in the list is not written back" : 'a base outside the list takes "!"')
      );
    },
  };
}

function listHolds(text: string, n: number): boolean {
  const inside = /\{([^}]*)/.exec(text)?.[1] ?? "";
  return inside.split(",").some((part) => {
    const [from, to = from] = part.split("-").map((name) => Number(/r(\d+)/.exec(name)?.[1] ?? Number.NaN));
    return n >= from! && n <= to!;
  });
}

/** `<pcrel(imm8*4)>`: ADR: an address from the word-aligned PC; LLVM prints the offset. */
export function pcRelative(spec: string, subtract: boolean, encoding: Encoding): OperandCodec {
  const [fields, times] = spec.split("*");
  const bits = new Bits(encoding.pattern, fields!);
  const scale = Number(times ?? 1);
  const offsetOf = (word: number): number => bits.read(word) * scale * (subtract ? -1 : 1);
  const max = (2 ** bits.width - 1) * scale;
  const target = (insn: Site): number => (adjustedPc(insn.isa, insn.address, true) + offsetOf(insn.word)) >>> 0;
  return {
    mask: bits.mask,
    displacement: encoding.size === 2 ? displacementOf(encoding.pattern, fields!, scale, false, true) : undefined,
    target,
    read: (insn) => ({ kind: "target", address: target(insn), offset: offsetOf(insn.word) }),
    print(insn, profile) {
      const offset = offsetOf(insn.word);
      return profile === "llvm" ? `#${offset}` : `0x${target(insn).toString(16)}`;
    },
    parse(scan, draft) {
      const relative = scan.eat("#");
      scan.space();
      const start = scan.pos;
      const written = scan.number(relative ? "registers" : "symbols");
      if (written === undefined)
        return scan.fail("expected an address", "a label, or #offset from the aligned PC", start);
      const base = adjustedPc(draft.encoding.isa, draft.address, true);
      const distance = relative ? written.value : (written.value - base) | 0;
      const negative = distance < 0 || (relative && written.negative);
      if (negative !== subtract && (distance !== 0 || relative))
        return scan.fail("the address is on the other side of the PC", undefined, start);
      const magnitude = Math.abs(distance);
      if (magnitude % scale !== 0 || magnitude > max)
        return scan.fail(
          `an offset of ${distance} is not possible`,
          `up to ${max}${scale > 1 ? ` in steps of ${scale}` : ""}`,
          start,
        );
      return draft.set(bits, magnitude / scale);
    },
  };
}

/** `<wb(W)>`: `!` or nothing, behind an operand that stands for a base (old SRS). */
export function writebackMark(flag: string, encoding: Encoding): OperandCodec {
  const w = new Bits(encoding.pattern, flag);
  return {
    mask: w.mask,
    read: (insn) => ({ kind: "name", name: w.read(insn.word) ? "!" : "", value: w.read(insn.word) }),
    print: (insn) => (w.read(insn.word) ? "!" : ""),
    parse: (scan, draft) => draft.set(w, scan.eat("!") ? 1 : 0),
  };
}
