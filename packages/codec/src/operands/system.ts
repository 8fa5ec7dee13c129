import type { Encoding } from "../encoding.js";
import type { Operand } from "../operand.js";
import { Bits } from "../pattern.js";
import type { Profile } from "../profile.js";
import { registerName, registerNumber } from "../registers.js";
import type { OperandCodec } from "./codec.js";
import { words } from "./scalar.js";

const barrierNames = [
  undefined,
  "oshld",
  "oshst",
  "osh",
  undefined,
  "nshld",
  "nshst",
  "nsh",
  undefined,
  "ishld",
  "ishst",
  "ish",
  undefined,
  "ld",
  "st",
  "sy",
];
const barrierAliases = new Map([
  ["un", 7],
  ["unst", 6],
  ["sh", 11],
  ["shst", 10],
]);

/** `<barrier(option)>`: what a DMB or DSB orders; `<isb(option)>`: an ISB knows only `sy`. Other values print as a number. */
export function barrier(spec: string, isb: boolean, encoding: Encoding): OperandCodec {
  const names = isb ? [...Array(15).fill(undefined), "sy"] : barrierNames;
  const plain = words(spec, names, encoding, (value) => `#0x${value.toString(16)}`);
  const bits = new Bits(encoding.pattern, spec);
  return {
    ...plain,
    print(insn, profile) {
      const option = bits.read(insn.word);
      if (profile === "gnu") {
        if (names[option] === undefined) return `#${option}`;
        if (option === 6 || option === 7) return option === 6 ? "unst" : "un";
      }
      // For ARMv7, LLVM has no names for the load-only options.
      if (profile === "llvm" && (option & 3) === 1) return `#0x${option.toString(16)}`;
      return plain.print(insn, profile);
    },
    parse(scan, draft) {
      const start = scan.pos;
      const alias = isb ? undefined : barrierAliases.get(scan.word());
      if (alias !== undefined) return draft.set(bits, alias);
      scan.pos = start;
      if (scan.atEnd()) return draft.set(bits, 15);
      return plain.parse(scan, draft);
    },
  };
}

/** `<iflags(A:I:F)>`: the interrupt masks a CPS changes. */
export function iflags(spec: string, encoding: Encoding): OperandCodec {
  return words(spec, ["none", "f", "i", "if", "a", "af", "ai", "aif"], encoding);
}

/** `<endian(E)>`. */
export function endian(spec: string, encoding: Encoding): OperandCodec {
  return words(spec, ["le", "be"], encoding);
}

/** Names of fields that are older than their letters. */
const oldFields: Readonly<Record<string, string>> = { all: "fc", flg: "f", ctl: "c" };

/** `<psr(R:mask)>`: the fields of a status register an MSR writes. */
export function statusFields(spec: string, aprOnly: boolean, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const apsr: Readonly<Record<number, string>> = { 4: "apsr_g", 8: "apsr_nzcvq", 12: "apsr_nzcvqg" };
  const gnuNames: Readonly<Record<number, string>> = { 4: "CPSR_s", 8: "CPSR_f", 12: "CPSR_fs" };
  const name = (raw: number, profile: Profile): string => {
    if (aprOnly) return apsr[raw << 2] ?? `#${raw}`;
    if (raw < 16) {
      const special = profile === "gnu" ? gnuNames[raw] : apsr[raw];
      if (special !== undefined) return profile === "llvm" ? special.replace("apsr", "APSR") : special;
    }
    // GNU and LLVM write the letters fsxc, from the top bit down.
    const letters = ["f", "s", "x", "c"].filter((_, i) => (raw >> (3 - i)) & 1).join("");
    const register = raw & 16 ? "spsr" : "cpsr";
    const upper = profile === "llvm" || profile === "gnu";
    const bar = letters === "" && profile === "llvm" ? "" : "_";
    return `${upper ? register.toUpperCase() : register}${bar}${letters}`;
  };
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "name", name: name(bits.read(insn.word), "ual"), value: bits.read(insn.word) }),
    print: (insn, profile) => name(bits.read(insn.word), profile),
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const text = scan.word();
      const complain = () => scan.fail(`"${text}" is no status register`, "apsr_nzcvq, cpsr_fc, spsr_cxsf, …", start);
      for (const [raw, known] of Object.entries(apsr))
        if (text === known || (text === "apsr" && raw === "8"))
          return draft.set(bits, aprOnly ? Number(raw) >> 2 : Number(raw)) || complain();
      const match = /^([cs])psr(?:_([fsxc]*|all|flg|ctl))?$/.exec(text);
      if (match === null) return complain();
      let raw = match[1] === "s" ? 16 : 0;
      // Without letters, and with the old "all", control and flags are meant.
      const said = match[2] ?? "all";
      for (const letter of oldFields[said] ?? said) raw |= { f: 8, s: 4, x: 2, c: 1 }[letter as "f" | "s" | "x" | "c"];
      if (aprOnly) raw >>= 2;
      return draft.set(bits, raw) || complain();
    },
  };
}

const banked: Readonly<Record<number, string>> = {
  0: "r8_usr",
  1: "r9_usr",
  2: "r10_usr",
  3: "r11_usr",
  4: "r12_usr",
  5: "sp_usr",
  6: "lr_usr",
  8: "r8_fiq",
  9: "r9_fiq",
  10: "r10_fiq",
  11: "r11_fiq",
  12: "r12_fiq",
  13: "sp_fiq",
  14: "lr_fiq",
  16: "lr_irq",
  17: "sp_irq",
  18: "lr_svc",
  19: "sp_svc",
  20: "lr_abt",
  21: "sp_abt",
  22: "lr_und",
  23: "sp_und",
  28: "lr_mon",
  29: "sp_mon",
  30: "elr_hyp",
  31: "sp_hyp",
  46: "spsr_fiq",
  48: "spsr_irq",
  50: "spsr_svc",
  52: "spsr_abt",
  54: "spsr_und",
  60: "spsr_mon",
  62: "spsr_hyp",
};

/** `<banked(R:M:M1)>`: a banked register of another mode. GNU writes the register in capitals. */
export function bankedRegister(spec: string, encoding: Encoding): OperandCodec {
  const plain = words(
    spec,
    Array.from({ length: 64 }, (_, n) => banked[n]),
    encoding,
  );
  return {
    ...plain,
    print(insn, profile) {
      const name = plain.print(insn, profile);
      if (profile === "llvm") return name.replace("spsr", "SPSR");
      return profile === "gnu" ? name.replace(/^[a-z]+/, (text) => text.toUpperCase()) : name;
    },
  };
}

/** `<it(firstcond,mask)>`: the rest of an IT: `te ne`. */
export function itBlockOperand(encoding: Encoding): OperandCodec {
  const firstcond = new Bits(encoding.pattern, "firstcond");
  const mask = new Bits(encoding.pattern, "mask");
  const names = ["eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al"];
  const letters = (word: number): string => {
    const m = mask.read(word);
    const even = firstcond.read(word) & 1;
    let text = "";
    for (let bit = 3; bit > 0 && m & ((1 << bit) - 1); bit--) text += ((m >> bit) & 1) === even ? "t" : "e";
    return text;
  };
  const condition = (word: number, profile: Profile): string => {
    const code = firstcond.read(word);
    if (profile === "gnu" && (code === 2 || code === 3)) return code === 2 ? "cs" : "cc";
    return names[code] ?? "<nv>";
  };
  return {
    mask: firstcond.mask | mask.mask,
    read: (insn) => ({
      kind: "name",
      name: `${letters(insn.word)} ${condition(insn.word, "ual")}`,
      value: insn.word & 0xff,
    }),
    print: (insn, profile) =>
      `${letters(insn.word)}${profile === "gnu" || profile === "llvm" ? "\t" : " "}${condition(insn.word, profile)}`,
    parse(scan, draft) {
      const match = /^([te]{0,3})\s+([a-z]{2})\b/.exec(scan.text.slice(scan.pos));
      const name = match?.[2] === "cs" ? "hs" : match?.[2] === "cc" ? "lo" : (match?.[2] ?? "");
      const code = names.indexOf(name);
      if (match === null || code < 0) return scan.fail("expected IT letters and a condition", "it eq, itte ne, …");
      let m = 8;
      const then = match[1]!;
      m = 0;
      for (let i = 0; i < then.length; i++) m |= (then[i] === "t" ? code & 1 : (code & 1) ^ 1) << (3 - i);
      m |= 1 << (3 - then.length);
      scan.pos += match[0].length;
      return draft.set(firstcond, code) && draft.set(mask, m);
    },
  };
}

/** `<coproc>` and friends are numbers; `<copreg(CRn)>` prints `c1`, and GNU `cr1`. */
export function coprocessorRegister(spec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "name", name: `c${bits.read(insn.word)}`, value: bits.read(insn.word) }),
    print: (insn, profile) => `${profile === "gnu" ? "cr" : "c"}${bits.read(insn.word)}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const match = /^cr?(\d+)$/.exec(scan.word());
      if (match === null || !draft.set(bits, Number(match[1])))
        return scan.fail("expected a coprocessor register", "c0 to c15", start);
      return true;
    },
  };
}

/** `<coproc(coproc)>`: `p15`; GNU prints the bare number. */
export function coprocessor(spec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "name", name: `p${bits.read(insn.word)}`, value: bits.read(insn.word) }),
    print: (insn, profile) => `${profile === "gnu" ? "" : "p"}${bits.read(insn.word)}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const match = /^p?(\d+)\b/.exec(scan.text.slice(start));
      if (match === null || !draft.set(bits, Number(match[1])))
        return scan.fail("expected a coprocessor", "p0 to p15", start);
      scan.pos += match[0].length;
      return true;
    },
  };
}

/** `<base(Rn,W)>`: a base register with `!` when it is written back, which is the flag's choice or `always`. */
export function writebackBase(spec: string, flag: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const w = flag === "always" ? undefined : new Bits(encoding.pattern, flag);
  const back = (word: number): boolean => w === undefined || w.read(word) === 1;
  return {
    mask: bits.mask | (w?.mask ?? 0),
    read: (insn) => baseOperand(bits.read(insn.word), back(insn.word)),
    print: (insn, profile) => `${registerName(bits.read(insn.word), profile)}${back(insn.word) ? "!" : ""}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const name = scan.word();
      const n = registerNumber(name);
      if (n === undefined || !draft.set(bits, n)) return scan.fail("expected a base register", undefined, start);
      const written = scan.eat("!");
      return w
        ? draft.set(w, written ? 1 : 0)
        : written || scan.fail('expected "!"', "this form always writes the base back");
    },
  };
}

/** A base register as an operand. */
export function baseOperand(reg: number, writeback: boolean): Operand {
  return writeback ? { kind: "reg", reg, field: "Rn", writeback } : { kind: "reg", reg, field: "Rn" };
}
