import type { Encoding } from "../encoding.js";
import type { Offset, Operand } from "../operand.js";
import { Bits } from "../pattern.js";
import type { Profile } from "../profile.js";
import { registerName } from "../registers.js";
import type { OperandCodec, Piece, Site } from "./codec.js";
import { takeImmediate, takeRegister } from "./scalar.js";
import { decodeImmShift, printImmShift, takeImmShift } from "./shift.js";

type Mode = "offset" | "pre" | "post";
type Mem = Extract<Operand, { kind: "mem" }>;

/** The fields that say which way and when the base is changed; a constant where the form leaves no choice. */
class Addressing {
  readonly #p: Bits | undefined;
  readonly #w: Bits | undefined;
  readonly #u: Bits | undefined;
  readonly #mode: Mode;
  readonly #add: boolean;
  /** Whether the post-indexed encoding has W = 1 (T32 and coprocessor forms). */
  readonly #postW: boolean;
  readonly mask: number;

  constructor(flags: readonly string[], encoding: Encoding) {
    const optional = (name: string): Bits | undefined =>
      encoding.pattern.fields.has(name) ? new Bits(encoding.pattern, name) : undefined;
    this.#p = optional("P");
    this.#w = optional("W");
    this.#u = optional("U");
    this.#mode = flags.includes("post") ? "post" : flags.includes("pre") ? "pre" : "offset";
    this.#add = !flags.includes("sub");
    this.#postW = flags.includes("postw");
    this.mask = (this.#p?.mask ?? 0) | (this.#w?.mask ?? 0) | (this.#u?.mask ?? 0);
  }

  add(word: number): boolean {
    return this.#u ? this.#u.read(word) === 1 : this.#add;
  }

  mode(word: number): Mode {
    if (this.#p && this.#p.read(word) === 0) return "post";
    if (this.#w) return this.#p || this.#mode === "offset" ? (this.#w.read(word) ? "pre" : "offset") : this.#mode;
    return this.#mode;
  }

  /** The bits for a direction and a mode, or why not. */
  write(add: boolean, mode: Mode, set: (bits: Bits, value: number) => boolean): string | undefined {
    if (this.#u) set(this.#u, add ? 1 : 0);
    else if (add !== this.#add) return add ? "the offset must be subtracted" : "the offset cannot be subtracted";
    if (this.#p) {
      set(this.#p, mode === "post" ? 0 : 1);
      if (this.#w) {
        if (!set(this.#w, mode === "pre" || (mode === "post" && this.#postW) ? 1 : 0))
          return "addressing mode not possible here";
      }
    } else if (this.#w && this.#mode === "offset") {
      if (mode === "post") return "this form has no post-indexed addressing";
      set(this.#w, mode === "pre" ? 1 : 0);
    } else if (mode !== this.#mode)
      return `this form has only ${this.#mode === "offset" ? "offset" : `${this.#mode}-indexed`} addressing`;
    return undefined;
  }
}

interface OffsetCodec {
  readonly mask: number;
  read(word: number, add: boolean): Offset;
  /** The offset with its comma, or "" when there is nothing to print. */
  print(word: number, add: boolean, mode: Mode, profile: Profile): string;
}

/**
 * `<mem(Rn,imm12,…)>`: base and immediate offset, `imm8*4` scaled; `<mem(Rn,Rm,…)>`: base and index, `Rm/type:imm5` with
 * a shift, `Rm/imm2` with `lsl #imm2`. Flags: `sub`, `pre`, `post` for what has no field, `zero` to print `#0`, `postw`
 * for forms whose post-indexed encoding has W = 1, `pc` for the literal form.
 */
export function memory(args: readonly string[], encoding: Encoding): OperandCodec {
  const [baseSpec, offsetSpec, ...flags] = args;
  const base = baseSpec === "pc" || baseSpec === "sp" ? undefined : new Bits(encoding.pattern, baseSpec!);
  const fixedBase = baseSpec === "sp" ? 13 : 15;
  const baseOf = (word: number): number => (base ? base.read(word) : fixedBase);
  const addressing = new Addressing(flags, encoding);
  const indexed = /^R/.test(offsetSpec!);
  const [offsetField, second] = offsetSpec!.split(indexed ? "/" : "*");
  const bits = new Bits(encoding.pattern, offsetField!);
  const scale = indexed ? 1 : Number(second ?? 1);
  const shift = indexed && second !== undefined ? new Bits(encoding.pattern, second) : undefined;
  const fixedShift = second !== undefined && /^imm2$/.test(second);
  const shiftOf = (word: number): { type: number; imm5: number } => {
    const raw = shift ? shift.read(word) : 0;
    return fixedShift ? { type: 0, imm5: raw } : { type: raw >> 5, imm5: raw & 31 };
  };
  const always = flags.includes("zero");
  const offset: OffsetCodec = {
    mask: bits.mask | (shift?.mask ?? 0),
    read(word, add) {
      if (!indexed) return { add, magnitude: bits.read(word) * scale };
      const { type, imm5 } = shiftOf(word);
      return { add, index: bits.read(word), ...decodeImmShift(type, imm5) };
    },
    print(word, add, mode, profile) {
      const sign = add ? "" : "-";
      if (indexed) {
        const { type, imm5 } = shiftOf(word);
        return `, ${sign}${registerName(bits.read(word), profile)}${printImmShift(type, imm5)}`;
      }
      const magnitude = bits.read(word) * scale;
      return magnitude === 0 && add && mode === "offset" && !always ? "" : `, #${sign}${magnitude}`;
    },
  };
  const start: Piece = {
    shows: base?.mask ?? 0,
    print: (insn, profile) => `[${registerName(baseOf(insn.word), profile)}`,
  };
  const rest: Piece = {
    shows: offset.mask | addressing.mask,
    print(insn, profile) {
      const mode = addressing.mode(insn.word);
      const text = offset.print(insn.word, addressing.add(insn.word), mode, profile);
      if (mode === "post") return `]${text}`;
      return mode === "pre" ? `${text}]!` : `${text}]`;
    },
  };
  return {
    mask: (base?.mask ?? 0) | offset.mask | addressing.mask,
    read: (insn: Site): Mem => ({
      kind: "mem",
      base: baseOf(insn.word),
      offset: offset.read(insn.word, addressing.add(insn.word)),
      mode: addressing.mode(insn.word),
    }),
    print: (insn, profile) => start.print(insn, profile) + rest.print(insn, profile),
    pieces: [start, rest],
    parse(scan, draft) {
      if (!scan.eat("[")) return scan.fail('expected "["', "[register, offset]");
      scan.space();
      const baseAt = scan.pos;
      const n = takeRegister(scan);
      if (n === undefined) return false;
      if (base ? !draft.set(base, n) : n !== fixedBase)
        return scan.fail(
          `${registerName(n)} cannot be the base here`,
          base ? "r0 to r7" : registerName(fixedBase),
          baseAt,
        );
      let mode: Mode = "offset";
      let close = true;
      if (scan.eat("]")) {
        close = false;
        mode = "post";
        if (!scan.eat(",")) {
          mode = scan.eat("!") ? "pre" : "offset";
          // A form that is only post-indexed takes [r1] for [r1], #0.
          if (mode === "offset" && flags.includes("post")) mode = "post";
          if (indexed) return scan.fail("this form takes an index register");
          const refused = addressing.write(!flags.includes("sub"), mode, (b, v) => draft.set(b, v));
          if (refused !== undefined) return scan.fail(refused);
          return draft.set(bits, 0) || scan.fail("the offset cannot be 0");
        }
      } else if (!scan.eat(",")) return scan.fail('expected "," or "]"');
      scan.space();
      const at = scan.pos;
      let add = true;
      let outside: { readonly magnitude: number; readonly value: number } | undefined;
      if (indexed) {
        if (scan.eat("-")) add = false;
        else scan.eat("+");
        const m = takeRegister(scan);
        if (m === undefined) return false;
        if (!draft.set(bits, m)) return scan.fail(`${registerName(m)} cannot be the index here`, undefined, at);
        const shiftAt = scan.pos;
        const taken = takeImmShift(scan);
        if (taken === undefined) return false;
        if (shift === undefined) {
          // Not even one by 0, which is how the wide form is asked for.
          if (scan.pos !== shiftAt) return scan.fail("this form has no shift", undefined, shiftAt);
        } else if (
          fixedShift
            ? taken.type !== 0 || !draft.set(shift, taken.imm5)
            : !draft.set(shift, (taken.type << 5) | taken.imm5)
        )
          return scan.fail("this shift is not possible here", fixedShift ? "lsl #0 to lsl #3" : undefined, shiftAt);
      } else {
        const taken = takeImmediate(scan);
        if (taken === undefined) return false;
        // 32 bits with the highest one set are a negative number.
        const value = taken.value | 0;
        const isBelow = taken.value > 0x7fffffff && taken.value <= 0xffffffff;
        const written = isBelow ? { negative: true, magnitude: -value, value } : taken;
        add = !written.negative;
        // Told when the rest of the address is known to be of this form.
        if (written.magnitude % scale !== 0 || written.magnitude / scale >= 2 ** bits.width) outside = written;
        // A form that only subtracts has no other way to write 0.
        else if (!draft.set(bits, written.magnitude / scale))
          return scan.fail("offset not possible here", undefined, at);
      }
      if (close) {
        if (!scan.eat("]")) return scan.fail('expected "]"', "close the address");
        if (scan.eat("!")) mode = "pre";
      }
      const refused = addressing.write(add, mode, (b, v) => draft.set(b, v));
      const most = 2 ** bits.width - 1;
      const range = `${most * scale}${scale > 1 ? ` in steps of ${scale}` : ""}`;
      if (refused !== undefined)
        return scan.fail(refused, refused.endsWith("subtracted") && !indexed ? `0 to ${range}` : undefined, at);
      if (outside === undefined) return true;
      const nearest = Math.min(most, Math.round(outside.magnitude / scale)) * scale;
      return scan.fail(
        `an offset of ${outside.value} is not possible`,
        `up to ${range}; nearest is ${add ? "" : "-"}${nearest}`,
        at,
      );
    },
  };
}
