import type { Encoding } from "../encoding.js";
import { Bits } from "../pattern.js";
import { registerName } from "../registers.js";
import type { Scanner } from "../scanner.js";
import type { OperandCodec } from "./codec.js";
import { takeRegister } from "./scalar.js";

/** Takes `{r0, r2-r5, lr}` as a 16-bit set. */
function takeRegisterList(scan: Scanner): number | undefined {
  if (!scan.eat("{")) {
    scan.fail("expected a register list", "{r0, r2-r5, lr}");
    return undefined;
  }
  let set = 0;
  if (scan.eat("}")) return set;
  do {
    const from = takeRegister(scan);
    if (from === undefined) return undefined;
    let to = from;
    if (scan.eat("-")) {
      const last = takeRegister(scan);
      if (last === undefined) return undefined;
      to = last;
    }
    if (to < from) {
      scan.fail("a range of registers goes up");
      return undefined;
    }
    for (let n = from; n <= to; n++) set |= 1 << n;
  } while (scan.eat(","));
  if (!scan.eat("}")) {
    scan.fail('expected "}"', "close the register list");
    return undefined;
  }
  return set;
}

/**
 * `<registers(registers,M=14)>`: a register list in braces, low registers first. In T16 and T32 forms the top bits of the
 * list are fields of their own, `M=14`; `=15` is a register that is always in it.
 */
export function registerList(fields: readonly string[], encoding: Encoding): OperandCodec {
  const low = new Bits(encoding.pattern, fields[0]!);
  const always = fields.includes("=15") ? 0x8000 : 0;
  const extra = fields
    .slice(1)
    .filter((text) => text !== "=15")
    .map((text) => {
      const [name, n] = text.split("=");
      return { bits: new Bits(encoding.pattern, name!), n: Number(n) };
    });
  const read = (word: number): number => {
    let set = low.read(word) | always;
    for (const { bits, n } of extra) set |= bits.read(word) << n;
    return set;
  };
  return {
    mask: extra.reduce((mask, { bits }) => mask | bits.mask, low.mask),
    read: (insn) => ({ kind: "list", regs: read(insn.word) }),
    print(insn, profile) {
      const set = read(insn.word);
      const names: string[] = [];
      for (let n = 0; n < 16; n++) if ((set >> n) & 1) names.push(registerName(n, profile));
      return `{${names.join(", ")}}`;
    },
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const set = takeRegisterList(scan);
      if (set === undefined) return false;
      if ((set & always) !== always) return scan.fail("the list must have pc", undefined, start);
      let rest = set & ~always;
      for (const { bits, n } of extra) {
        draft.set(bits, (set >> n) & 1);
        rest &= ~(1 << n);
      }
      return draft.set(low, rest) || scan.fail("a register of the list is not possible here", undefined, start);
    },
  };
}

/** `<single(Rt)>`: a list of exactly one register, `{r1}`. */
export function singleList(spec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "list", regs: 1 << bits.read(insn.word) }),
    print: (insn, profile) => `{${registerName(bits.read(insn.word), profile)}}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const set = takeRegisterList(scan);
      if (set === undefined) return false;
      if (set === 0 || (set & (set - 1)) !== 0) return scan.fail("this form takes one register", undefined, start);
      return draft.set(bits, 31 - Math.clz32(set));
    },
  };
}
