import type { Encoding } from "../encoding.js";
import { Bits } from "../pattern.js";
import { registerName, registerNumber } from "../registers.js";
import type { Scanner } from "../scanner.js";
import type { OperandCodec } from "./codec.js";

/** Takes a core register's name; undefined, with a complaint, when there is none. */
export function takeRegister(scan: Scanner): number | undefined {
  scan.space();
  const start = scan.pos;
  const n = registerNumber(scan.word());
  if (n === undefined) {
    scan.fail("expected a core register", "r0 to r15, sp, lr or pc", start);
    scan.pos = start;
  }
  return n;
}

/** Takes `#` (which may be left out) and a number. */
export function takeImmediate(scan: Scanner): { negative: boolean; magnitude: number; value: number } | undefined {
  scan.eat("#");
  scan.space();
  const start = scan.pos;
  const written = scan.number();
  if (written === undefined) scan.fail("expected a number", undefined, start);
  return written;
}

/** `<Rd>`, `<DN:Rdn>`: a core register. */
export function register(spec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const field = bits.names.at(-1)!;
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "reg", reg: bits.read(insn.word), field }),
    print: (insn, profile) => registerName(bits.read(insn.word), profile),
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const n = takeRegister(scan);
      if (n === undefined) return false;
      if (draft.set(bits, n)) return true;
      return n < 1 << bits.width
        ? scan.fail("this register must be the one named before", undefined, start)
        : scan.fail(`${registerName(n)} cannot be used in this form`, "r0 to r7", start);
    },
  };
}

/** `<Rt|apsr_nzcv>`: a core register, where 15 is written with another name. */
export function registerOr(spec: string, other: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const plain = register(spec, encoding);
  return {
    ...plain,
    print: (insn, profile) => (bits.read(insn.word) === 15 ? other : plain.print(insn, profile)),
    parse(scan, draft) {
      if (scan.eat(other.toLowerCase())) return draft.set(bits, 15);
      return plain.parse(scan, draft);
    },
  };
}

/**
 * A number computed from fields: `imm5`, `imm8*4`, `sat_imm+1`, `lsb`, `imm5|32` (0 stands for 32), `imm4/2`, `imm24~8` (8 hexadecimal digits), `imm5!` (not 0).
 * The `#` before it is the template's. Printed in decimal.
 */
export function number(spec: string, encoding: Encoding): OperandCodec {
  const [, fields, way, factor, plus, minus, zero, digits, nonzero] =
    /^([\w:]+)(?:([*/])(\d+))?(?:\+(\d+))?(?:-(\d+))?(?:\|(\d+))?(?:~(\d))?(!)?$/.exec(spec) ?? [];
  if (fields === undefined) throw new SyntaxError(`operand <${spec}>`);
  const bits = new Bits(encoding.pattern, fields);
  const scale = way === "/" ? 1 / Number(factor) : Number(factor ?? 1);
  const base = Number(plus ?? 0) - Number(minus ?? 0);
  const forZero = zero === undefined ? undefined : Number(zero);
  const limit = 2 ** bits.width;
  const value = (word: number): number => {
    const raw = bits.read(word) >>> 0;
    return raw === 0 && forZero !== undefined ? forZero : raw * scale + base;
  };
  const low = forZero !== undefined || nonzero ? 1 : base;
  const near = (wanted: number): number =>
    Math.min(high, Math.max(low, scale > 1 ? Math.round((wanted - base) / scale) * scale + base : wanted));
  const high = forZero === undefined ? (limit - 1) * scale + base : forZero;
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "imm", value: value(insn.word) }),
    print(insn) {
      const n = value(insn.word);
      return digits === undefined ? String(n) : `0x${n.toString(16).padStart(Number(digits), "0")}`;
    },
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const written = scan.number();
      if (written === undefined) return scan.fail("expected a number", undefined, start);
      let raw = (written.value - base) / scale;
      if (forZero !== undefined) raw = written.value === forZero ? 0 : written.value === 0 ? -1 : raw;
      if (!Number.isInteger(raw) || raw < (nonzero ? 1 : 0) || raw >= limit) {
        const range = `${low} to ${high}${scale > 1 ? ` in steps of ${scale}` : ""}`;
        return scan.fail(`${written.value} is out of range`, `${range}; nearest is ${near(written.value)}`, start);
      }
      return draft.set(bits, raw) || scan.fail("this value contradicts one before", undefined, start);
    },
  };
}

/** A fixed choice of words for the values of a field: `dmb <option>`. A value without a word prints as a number. */
export function words(
  spec: string,
  names: readonly (string | undefined)[],
  encoding: Encoding,
  fallback: (value: number) => string = (value) => `#${value}`,
): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const name = (word: number): string => names[bits.read(word)] ?? fallback(bits.read(word));
  const known = new Map<string, number>();
  names.forEach((text, value) => {
    if (text !== undefined && !known.has(text)) known.set(text, value);
  });
  for (let value = 0; value < 1 << bits.width; value++)
    if (names[value] === undefined) known.set(fallback(value), value);
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "name", name: name(insn.word), value: bits.read(insn.word) }),
    print: (insn) => name(insn.word),
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const text = /^#?[\w]*/.exec(scan.text.slice(start))?.[0] ?? "";
      let value = known.get(text);
      if (value === undefined && /^#?(0x[0-9a-f]+|\d+)$/.test(text)) value = Number(text.replace("#", ""));
      if (value === undefined || !draft.set(bits, value))
        return scan.fail(`"${text}" is not possible here`, [...known.keys()].slice(0, 16).join(" "), start);
      scan.pos = start + text.length;
      return true;
    },
  };
}
