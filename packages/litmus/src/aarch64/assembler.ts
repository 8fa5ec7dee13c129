import { OutsideDialect } from "../dialect.js";
import { type A64, encodeA64, isA64 } from "./encodings.js";
import { logicalFields } from "./logical-immediate.js";

/** Names of the sixteen conditions, by number. */
export const conditions: readonly string[] = "EQ NE CS CC MI PL VS VC HI LS GE LT GT LE AL NV".split(" ");
const conditionNumber = (name: string): number =>
  ({ HS: 2, LO: 3 })[name.toUpperCase()] ?? conditions.indexOf(name.toUpperCase());

const barrierOptions: Readonly<Record<string, number>> = {
  OSHLD: 1,
  OSHST: 2,
  OSH: 3,
  NSHLD: 5,
  NSHST: 6,
  NSH: 7,
  ISHLD: 9,
  ISHST: 10,
  ISH: 11,
  LD: 13,
  ST: 14,
  SY: 15,
};

/** An assembled instruction, its branch offset still to come from a label or a distance in bytes. */
export interface Draft {
  readonly a64: A64;
  readonly target?: { readonly label: string } | { readonly distance: number };
}

interface Register {
  readonly number: number;
  readonly wide: boolean;
}

/** Registers 31 is the zero register: no instruction of the dialect uses the stack pointer. */
export function parseRegister(text: string, symbolic: (name: string) => number): Register {
  const name = text.toUpperCase();
  const plain = /^([XW])(\d+|ZR)$/.exec(name);
  if (plain !== null) {
    const number = plain[2] === "ZR" ? 31 : Number(plain[2]);
    if (number <= 31) return { number, wide: plain[1] === "X" };
  }
  if (name === "LR") return { number: 30, wide: true };
  const named = /^([XW])?(%\w+)$/i.exec(text);
  if (named !== null) return { number: symbolic(named[2]!), wide: named[1]?.toUpperCase() !== "W" };
  throw new OutsideDialect(`operand "${text}"`);
}

/** Reads one instruction of the subset. @throws OutsideDialect naming what is not in it */
export function assembleA64(text: string, symbolic: (name: string) => number): Draft {
  const match = /^([A-Za-z][A-Za-z0-9.]*)\s*(.*)$/.exec(text.trim());
  if (match === null) throw new OutsideDialect(`"${text}"`);
  const mnemonic = match[1]!.toUpperCase();
  const operands = splitOperands(match[2]!);
  const outside = (): never => {
    throw new OutsideDialect(`instruction "${text}"`);
  };
  const register = (index: number): Register => parseRegister(operands[index] ?? outside(), symbolic);
  const made = (name: string, fields: Record<string, number>): Draft =>
    encodeA64({ name, fields }) === undefined ? outside() : { a64: { name, fields } };
  const branch = (name: string, operand: string | undefined, fields: Record<string, number> = {}): Draft => {
    const distance = /^\.\s*(?:([+-])\s*(\d+|0x[0-9a-f]+))?$/i.exec(operand ?? outside());
    if (distance === null) return { a64: { name, fields }, target: { label: operand! } };
    return { a64: { name, fields }, target: { distance: (distance[1] === "-" ? -1 : 1) * Number(distance[2] ?? 0) } };
  };
  const w = (index: number): number => (register(index).wide ? 1 : 0);

  switch (mnemonic) {
    case "NOP":
    case "ERET":
      return made(mnemonic, {});
    case "ISB":
    case "CLREX":
      return made(mnemonic, { opt: 15 });
    case "DMB":
    case "DSB":
      return made(mnemonic, { opt: barrierOptions[(operands[0] ?? "SY").toUpperCase()] ?? outside() });
    case "DC":
    case "IC": {
      const name = `${mnemonic} ${operands[0]?.toUpperCase()}`;
      if (!isA64(name)) return outside();
      return made(name, operands[1] === undefined ? {} : { t: register(1).number });
    }
    case "MRS":
    case "MSR": {
      const [system, general] = mnemonic === "MRS" ? [operands[1], 0] : [operands[0], 1];
      if (system?.toUpperCase() !== "ELR_EL1") return outside();
      return made(`${mnemonic} ELR`, { t: register(general).number });
    }
    case "UDF":
    case "SVC":
    case "BRK":
      return made(mnemonic, { imm: immediate(operands[0] ?? "#0") ?? outside() });
    case "B":
    case "BL":
      return branch(mnemonic, operands[0]);
    case "CBZ":
    case "CBNZ":
      return branch(mnemonic, operands[1], { w: w(0), t: register(0).number });
    case "TBZ":
    case "TBNZ":
      return branch(mnemonic, operands[2], { bit: immediate(operands[1] ?? "") ?? outside(), t: register(0).number });
    case "BR":
    case "BLR":
      return made(mnemonic, { n: register(0).number });
    case "RET":
      return made("RET", { n: operands.length === 0 ? 30 : register(0).number });
    case "ADR":
      return branch("ADR", operands[1], { d: register(0).number });
    case "MOV":
    case "MOVZ":
    case "MOVK":
    case "MOVN":
      return move();
    case "CMP":
    case "CMN":
    case "TST":
      operands.unshift(register(0).wide ? "XZR" : "WZR");
      return arithmetic({ CMP: "SUBS", CMN: "ADDS", TST: "ANDS" }[mnemonic]);
    case "MVN":
    case "NEG":
      operands.splice(1, 0, register(0).wide ? "XZR" : "WZR");
      return arithmetic(mnemonic === "MVN" ? "ORN" : "SUB");
    case "CSEL":
    case "CSINC":
      return select(mnemonic, 1, 2, 3, false);
    case "CSET":
      operands.splice(1, 0, "WZR", "WZR");
      return select("CSINC", 1, 2, 3, true);
    case "CINC":
      operands.splice(2, 0, operands[1] ?? outside());
      return select("CSINC", 1, 2, 3, true);
    case "STXR":
    case "STLXR":
      return made(mnemonic, { s: register(0).number, w: w(1), t: register(1).number, n: base(2) });
    case "LDAR":
    case "LDAPR":
    case "STLR":
    case "LDXR":
    case "LDAXR":
      return made(mnemonic, { w: w(0), t: register(0).number, n: base(1) });
    case "LDR":
    case "STR":
    case "LDRB":
    case "STRB":
    case "LDRH":
    case "STRH":
      return access();
    case "ADD":
    case "ADDS":
    case "SUB":
    case "SUBS":
    case "AND":
    case "ANDS":
    case "ORR":
    case "EOR":
    case "BIC":
    case "BICS":
    case "ORN":
    case "EON":
      return arithmetic(mnemonic);
    default:
      if (/^B\.?[A-Z][A-Z]$/.test(mnemonic) && conditionNumber(mnemonic.slice(-2)) >= 0) {
        return branch("B.cond", operands[0], { cond: conditionNumber(mnemonic.slice(-2)) });
      }
      return outside();
  }

  function base(index: number): number {
    const inner = /^\[\s*([\w%]+)\s*\]$/.exec(operands[index] ?? "");
    return inner === null ? outside() : parseRegister(inner[1]!, symbolic).number;
  }

  function move(): Draft {
    const { number: d, wide } = register(0);
    const value = immediate(operands[1] ?? outside());
    if (value === undefined) return made("ORR.r", { w: wide ? 1 : 0, d, n: 31, m: register(1).number });
    const shift = /^LSL\s*#(16|32|48|0)$/i.exec(operands[2] ?? "LSL #0");
    if (shift === null) return outside();
    if (mnemonic === "MOV" && value < 0) return made("MOVN", { w: wide ? 1 : 0, imm: ~value, d });
    if (mnemonic === "MOV" && value > 0xffff && value % 0x10000 === 0) {
      return made("MOVZ", { w: wide ? 1 : 0, hw: 1, imm: value / 0x10000, d });
    }
    return made(mnemonic === "MOV" ? "MOVZ" : mnemonic, { w: wide ? 1 : 0, hw: Number(shift[1]) / 16, imm: value, d });
  }

  function select(name: string, n: number, m: number, condition: number, inverted: boolean): Draft {
    const cond = conditionNumber(operands[condition] ?? outside());
    if (cond < 0) return outside();
    const fields = { w: w(0), d: register(0).number, n: register(n).number, m: register(m).number };
    return made(name, { ...fields, cond: inverted ? cond ^ 1 : cond });
  }

  function arithmetic(name: string): Draft {
    const fields = { w: w(0), d: register(0).number, n: register(1).number };
    const value = immediate(operands[2] ?? outside());
    if (value === undefined) {
      const m = register(2).number;
      if (operands.length === 3) return made(`${name}.r`, { ...fields, m });
      if (name === "ADD" && /^SXTW(\s*#0)?$/i.test(operands[3]!)) return made("ADD.x", { ...fields, m });
      return outside();
    }
    if (isA64(`${name}.i`)) {
      const { wide } = register(0);
      return made(`${name}.i`, { ...fields, ...(logicalFields(value, wide) ?? outside()) });
    }
    if (!isA64(name)) return outside();
    if (value < 0) {
      const opposite = { ADD: "SUB", SUB: "ADD", ADDS: "SUBS", SUBS: "ADDS" }[name];
      return opposite === undefined ? outside() : made(opposite, { ...fields, imm: -value });
    }
    return made(name, { ...fields, imm: value });
  }

  function access(): Draft {
    const inner = /^\[\s*([\w%]+)\s*(?:,\s*([^\],]+?)\s*)?(?:,\s*([^\]]+?)\s*)?\]$/.exec(operands[1] ?? "");
    if (inner === null || operands.length > 2) return outside();
    const { number: t, wide } = register(0);
    const size = mnemonic.endsWith("B") ? 1 : mnemonic.endsWith("H") ? 2 : wide ? 8 : 4;
    const fields = { w: wide ? 1 : 0, t, n: parseRegister(inner[1]!, symbolic).number };
    const offset = inner[2] === undefined ? 0 : immediate(inner[2]);
    if (offset !== undefined) return made(mnemonic, { ...fields, imm: offset / size });
    const extend = (inner[3] ?? "LSL").toUpperCase().split(/[\s#]/)[0]!;
    const option = { LSL: 3, UXTW: 2, SXTW: 6, SXTX: 7 }[extend] ?? outside();
    if (/#[1-9]/.test(inner[3] ?? "")) return outside();
    return made(`${mnemonic}.r`, { ...fields, m: parseRegister(inner[2]!, symbolic).number, option });
  }
}

function splitOperands(text: string): string[] {
  const found: string[] = [];
  let [depth, start] = [0, 0];
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === "[") depth++;
    else if (text[i] === "]") depth--;
    else if (i === text.length || (text[i] === "," && depth === 0)) {
      const operand = text.slice(start, i).trim();
      if (operand !== "") found.push(operand);
      start = i + 1;
    }
  }
  // `DC CVAU,X1` and `DMB ST` put their kind before a comma or alone; `B.EQ L3` has one operand: all fall out of the commas.
  return found;
}

function immediate(text: string): number | undefined {
  const match = /^#?\s*(-?)\s*(0x[0-9a-f]+|\d+)$/i.exec(text);
  return match === null ? undefined : (match[1] === "-" ? -1 : 1) * Number(match[2]);
}
