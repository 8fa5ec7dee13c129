import type { Encoding } from "../encoding.js";
import { Bits } from "../pattern.js";
import { registerName } from "../registers.js";
import type { Scanner } from "../scanner.js";
import type { OperandCodec } from "./codec.js";
import { takeRegister } from "./scalar.js";

type Size = "s" | "d" | "q";

/** Takes `s0`–`s31`, `d0`–`d31` or `q0`–`q15`. */
function takeVector(scan: Scanner, size: Size): number | undefined {
  scan.space();
  const start = scan.pos;
  const match = /^([sdq])(\d{1,2})(?!\w)/.exec(scan.text.slice(start));
  if (match === null || match[1] !== size || Number(match[2]) > (size === "q" ? 15 : 31)) {
    scan.fail(`expected a register ${size}0 to ${size}${size === "q" ? 15 : 31}`, undefined, start);
    return undefined;
  }
  scan.pos += match[0].length;
  return Number(match[2]);
}

/**
 * `<s(Vd:D)>`, `<d(D:Vd)>`, `<q(D:Vd)>`, and `<v(D:Vd)>` which is a Q register when the Q field is 1; a number behind it
 * is added: `<s(Vm:M,1)>` is the second of a pair.
 */
export function vector(kind: Size | "v", spec: string, plus: number, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const quad = kind === "v" ? new Bits(encoding.pattern, "Q") : undefined;
  const field = bits.names.find((name) => name.startsWith("V")) ?? spec;
  const sizeOf = (word: number): Size => (kind === "v" ? (quad!.read(word) ? "q" : "d") : kind);
  const regOf = (word: number): number => (bits.read(word) >> (sizeOf(word) === "q" ? 1 : 0)) + plus;
  return {
    mask: bits.mask | (quad?.mask ?? 0),
    read: (insn) => ({ kind: "vreg", size: sizeOf(insn.word), reg: regOf(insn.word), field }),
    print: (insn) => `${sizeOf(insn.word)}${regOf(insn.word)}`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const size = kind === "v" ? (scan.text[start] === "q" ? "q" : "d") : kind;
      const n = takeVector(scan, size);
      if (n === undefined) return false;
      if (quad && !draft.set(quad, size === "q" ? 1 : 0))
        return scan.fail("D and Q registers are mixed", undefined, start);
      if (plus > 0)
        return n === regOf(draft.word) || scan.fail("the second register is the one after the first", undefined, start);
      return (
        draft.set(bits, size === "q" ? n << 1 : n) ||
        scan.fail("this register must be the one named before", undefined, start)
      );
    },
  };
}

/** `<vtwice(M:Vm,N:Vn)>`: a register that the encoding holds twice; D or Q by the Q field. */
export function vectorTwice(spec: string, again: string, encoding: Encoding): OperandCodec {
  const first = vector("v", spec, 0, encoding);
  const second = vector("v", again, 0, encoding);
  return {
    ...first,
    mask: first.mask | second.mask,
    parse(scan, draft) {
      const start = scan.pos;
      if (!first.parse(scan, draft)) return false;
      scan.pos = start;
      return second.parse(scan, draft);
    },
  };
}

/** `<U?s/u>`, `<size?8/16/32/64>`: one of some words by the value of a field, with nothing skipped before it; `-` is no word. */
export function choice(spec: string, names: readonly string[], encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const byLength = names
    .map((name, value) => ({ name, value }))
    .filter(({ name }) => name !== "-")
    .sort((a, b) => b.name.length - a.name.length);
  const text = (word: number): string => names[bits.read(word)] ?? "-";
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "name", name: text(insn.word), value: bits.read(insn.word) }),
    print: (insn) => text(insn.word),
    parse(scan, draft) {
      const found = byLength.find(({ name }) => scan.text.startsWith(name, scan.pos));
      if (found === undefined) return scan.fail(`expected ${names.filter((name) => name !== "-").join(", ")}`);
      scan.pos += found.name.length;
      return draft.set(bits, found.value) || scan.fail("this data type contradicts the rest");
    },
  };
}

/** `<lane(M:Vm,16)>`: a scalar of a D register, `d3[1]`: with 16-bit elements 3 bits name the register, else 4. */
export function scalar(spec: string, esize: number, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const regBits = esize === 16 ? 3 : 4;
  const split = (word: number): { reg: number; lane: number } => {
    const raw = bits.read(word);
    return esize === 16 ? { reg: raw & 7, lane: raw >> 3 } : { reg: raw & 15, lane: raw >> 4 };
  };
  return {
    mask: bits.mask,
    read: (insn) => ({ kind: "vreg", size: "d", ...split(insn.word), field: "Vm" }),
    print(insn) {
      const { reg, lane } = split(insn.word);
      return `d${reg}[${lane}]`;
    },
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const reg = takeVector(scan, "d");
      if (reg === undefined) return false;
      const lane = takeLane(scan);
      if (lane === undefined) return false;
      if (reg >= 1 << regBits || !draft.set(bits, (lane << regBits) | reg))
        return scan.fail(
          "this scalar cannot be used here",
          `d0 to d${(1 << regBits) - 1}, lane 0 to ${64 / esize - 1}`,
          start,
        );
      return true;
    },
  };
}

/** Takes `[3]`. */
function takeLane(scan: Scanner): number | undefined {
  if (scan.eat("[")) {
    const lane = scan.number();
    if (lane !== undefined && lane.value >= 0 && scan.eat("]")) return lane.value;
  }
  scan.fail("expected a lane number in brackets", "[0]");
  return undefined;
}

/** `<dlane(D:Vd,lane)>`: a D register and a lane whose number is a field or fields: `d3[1]`. */
export function registerLane(spec: string, laneSpec: string, encoding: Encoding): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const lane = new Bits(encoding.pattern, laneSpec);
  return {
    mask: bits.mask | lane.mask,
    read: (insn) => ({
      kind: "vreg",
      size: "d",
      reg: bits.read(insn.word),
      lane: lane.read(insn.word),
      field: bits.names.find((name) => name.startsWith("V")) ?? spec,
    }),
    print: (insn) => `d${bits.read(insn.word)}[${lane.read(insn.word)}]`,
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const n = takeVector(scan, "d");
      if (n === undefined) return false;
      const at = takeLane(scan);
      if (at === undefined) return false;
      return (
        (draft.set(bits, n) && draft.set(lane, at)) ||
        scan.fail("lane out of range", `0 to ${2 ** lane.width - 1}`, start)
      );
    },
  };
}

/**
 * `<vlist(D:Vd,count,step,lane)>`: D registers of an element or structure load or store. Count and step are numbers, or a
 * field whose value is one less; lane is absent, `all`, or a field.
 */
export function structureList(args: readonly string[], encoding: Encoding): OperandCodec {
  const [spec, countSpec, stepSpec, laneSpec] = args;
  const bits = new Bits(encoding.pattern, spec!);
  const plusOne = (text: string): { bits: Bits | undefined; of: (word: number) => number } => {
    const constant = Number(text);
    if (Number.isInteger(constant)) return { bits: undefined, of: () => constant };
    const field = new Bits(encoding.pattern, text);
    return { bits: field, of: (word) => field.read(word) + 1 };
  };
  const count = plusOne(countSpec!);
  const step = plusOne(stepSpec!);
  const lane = laneSpec === undefined || laneSpec === "all" ? undefined : new Bits(encoding.pattern, laneSpec);
  const suffix = (word: number): string => (laneSpec === "all" ? "[]" : lane ? `[${lane.read(word)}]` : "");
  const registers = (word: number): number[] =>
    Array.from({ length: count.of(word) }, (_, i) => bits.read(word) + i * step.of(word));
  return {
    mask: bits.mask | (count.bits?.mask ?? 0) | (step.bits?.mask ?? 0) | (lane?.mask ?? 0),
    read(insn) {
      const base = {
        kind: "vlist",
        size: "d",
        first: bits.read(insn.word),
        count: count.of(insn.word),
        step: step.of(insn.word),
      } as const;
      if (laneSpec === "all") return { ...base, lane: "all" };
      return lane ? { ...base, lane: lane.read(insn.word) } : base;
    },
    print(insn, profile) {
      const names = registers(insn.word).map((n) => `d${n}${suffix(insn.word)}`);
      if (profile !== "gnu") return `{${names.join(", ")}}`;
      return step.of(insn.word) === 1 && names.length > 1 && !lane
        ? `{${names[0]}-${names.at(-1)}}`
        : `{${names.join(",")}}`;
    },
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const listed = takeList(scan, "d", laneSpec !== undefined);
      if (listed === undefined) return false;
      const { regs, lane: at } = listed;
      const distance = regs.length > 1 ? regs[1]! - regs[0]! : 1;
      if (regs.some((n, i) => n !== regs[0]! + i * distance))
        return scan.fail("the registers are not evenly spaced", undefined, start);
      const complain = (): false =>
        scan.fail("this register list is not possible here", `${countSpec} registers`, start);
      if (count.bits ? !draft.set(count.bits, regs.length - 1) : regs.length !== count.of(0)) return complain();
      if (
        step.bits && regs.length > 1
          ? !draft.set(step.bits, distance - 1)
          : !step.bits && regs.length > 1 && distance !== step.of(0)
      )
        return complain();
      if (laneSpec === "all" ? at !== "all" : lane ? typeof at !== "number" || !draft.set(lane, at) : at !== undefined)
        return complain();
      return draft.set(bits, regs[0]!) || complain();
    },
  };
}

/** Takes `{d0, d1}`, `{d0-d3}`, `{d0[1], d1[1]}`, `{d0[], d1[]}`, or one register without braces. */
function takeList(
  scan: Scanner,
  size: "s" | "d",
  lanes: boolean,
): { regs: number[]; lane: number | "all" | undefined } | undefined {
  const regs: number[] = [];
  let lane: number | "all" | undefined;
  if (!scan.eat("{")) {
    scan.fail("expected a register list", `{${size}0, ${size}1}`);
    return undefined;
  }
  do {
    scan.space();
    if (size === "d" && scan.text[scan.pos] === "q") {
      if (!takeQuads(scan, regs)) return undefined;
      continue;
    }
    const n = takeVector(scan, size);
    if (n === undefined) return undefined;
    if (lanes) lane = takeListLane(scan);
    if (scan.eat("-")) {
      const last = takeVector(scan, size);
      if (last === undefined) return undefined;
      if (lanes) lane = takeListLane(scan);
      for (let i = n; i <= last; i++) regs.push(i);
    } else regs.push(n);
  } while (scan.eat(","));
  if (!scan.eat("}")) {
    scan.fail('expected "}"', "close the register list");
    return undefined;
  }
  return { regs, lane };
}

/** Takes `q0` or `q0-q1` of a list, each as two D registers. */
function takeQuads(scan: Scanner, regs: number[]): boolean {
  const first = takeVector(scan, "q");
  if (first === undefined) return false;
  const last = scan.eat("-") ? takeVector(scan, "q") : first;
  if (last === undefined) return false;
  for (let n = first; n <= last; n++) regs.push(2 * n, 2 * n + 1);
  return true;
}

function takeListLane(scan: Scanner): number | "all" | undefined {
  const start = scan.pos;
  if (!scan.eat("[")) return undefined;
  if (scan.eat("]")) return "all";
  scan.pos = start;
  return takeLane(scan);
}

/** `<vregs(D:Vd,imm8)>`, `<vregs(Vd:D,imm8)>`: the consecutive registers of VLDM and VPUSH; `imm8` counts words. */
export function registerRange(
  size: "s" | "d",
  spec: string,
  countSpec: string,
  odd: boolean,
  encoding: Encoding,
): OperandCodec {
  const bits = new Bits(encoding.pattern, spec);
  const words = new Bits(encoding.pattern, countSpec);
  const countOf = (word: number): number => (size === "d" ? words.read(word) >> 1 : words.read(word));
  return {
    mask: bits.mask | words.mask,
    read: (insn) => ({ kind: "vlist", size, first: bits.read(insn.word), count: countOf(insn.word), step: 1 }),
    print(insn, profile) {
      const first = bits.read(insn.word);
      const count = countOf(insn.word);
      if (profile === "gnu") return count === 1 ? `{${size}${first}}` : `{${size}${first}-${size}${first + count - 1}}`;
      return `{${Array.from({ length: count }, (_, i) => `${size}${first + i}`).join(", ")}}`;
    },
    parse(scan, draft) {
      scan.space();
      const start = scan.pos;
      const listed = takeList(scan, size, false);
      if (listed === undefined) return false;
      const { regs } = listed;
      if (regs.some((n, i) => n !== regs[0]! + i))
        return scan.fail("the registers are not consecutive", undefined, start);
      const raw = size === "d" ? regs.length * 2 + (odd ? 1 : 0) : regs.length;
      return (
        (draft.set(bits, regs[0]!) && draft.set(words, raw)) ||
        scan.fail("this register list is not possible here", undefined, start)
      );
    },
  };
}

/**
 * `<vmem(Rn,Rm,align,0/64/128/256)>`: the address of an element or structure load: base, alignment by a field, and Rm:
 * 15 nothing, 13 `!`, else the register added afterwards.
 */
export function structureAddress(args: readonly string[], encoding: Encoding): OperandCodec {
  const [baseSpec, indexSpec, alignSpec, table] = args;
  const base = new Bits(encoding.pattern, baseSpec!);
  const index = new Bits(encoding.pattern, indexSpec!);
  const align = !alignSpec ? undefined : new Bits(encoding.pattern, alignSpec);
  const aligns = (table ?? "0").split("/").map(Number);
  const alignOf = (word: number): number => (align ? aligns[align.read(word)] || 0 : aligns[0]!);
  return {
    mask: base.mask | index.mask | (align?.mask ?? 0),
    read(insn) {
      const m = index.read(insn.word);
      const common = { kind: "mem", base: base.read(insn.word), align: alignOf(insn.word) } as const;
      if (m === 15) return { ...common, mode: "offset", offset: { add: true, magnitude: 0 } };
      return { ...common, mode: "post", offset: m === 13 ? { add: true } : { add: true, index: m } };
    },
    print(insn, profile) {
      const m = index.read(insn.word);
      const bits = alignOf(insn.word);
      const after = m === 15 ? "" : m === 13 ? "!" : `, ${registerName(m, profile)}`;
      return `[${registerName(base.read(insn.word), profile)}${bits ? `${profile === "gnu" ? " " : ""}:${bits}` : ""}]${after}`;
    },
    parse(scan, draft) {
      if (!scan.eat("[")) return scan.fail('expected "["', "[register]");
      const n = takeRegister(scan);
      if (n === undefined) return false;
      scan.space();
      const start = scan.pos;
      let wanted = 0;
      // [r0:64] is UAL; older texts have [r0, :64] and [r0@64].
      scan.eat(",");
      if (scan.eat(":") || scan.eat("@")) wanted = scan.number()?.value ?? -1;
      if (!scan.eat("]")) return scan.fail('expected "]"', "close the address");
      const code = aligns.indexOf(wanted);
      if (code < 0 || (align && !draft.set(align, code)))
        return scan.fail(
          "this alignment is not possible here",
          aligns.filter((bits) => bits > 0).join(", ") || "none",
          start,
        );
      let m = 15;
      if (scan.eat("!")) m = 13;
      else if (scan.eat(",")) {
        const register = takeRegister(scan);
        if (register === undefined) return false;
        if (register === 13 || register === 15) return scan.fail("sp and pc cannot be added");
        m = register;
      }
      return draft.set(base, n) && draft.set(index, m);
    },
  };
}
