import type { Constant, LitmusTest } from "../src/index.js";

/** A test, or what of it, this checker does not read. */
export class Unread extends Error {}

/** Numbers, or names: of locations (`x`), code (`P1:3`, by instruction) and instructions (`!b 2`: two on). */
export type Value = number | string;

/** What one instruction does. Registers are by name. */
export type Op =
  | {
      readonly op: "read";
      readonly to: string;
      readonly address: readonly string[];
      readonly acquire?: boolean;
      readonly half?: boolean;
    }
  | {
      readonly op: "write";
      readonly from: string;
      readonly address: readonly string[];
      readonly release?: boolean;
      readonly half?: boolean;
    }
  | {
      readonly op: "set";
      readonly to: string;
      readonly from: readonly string[];
      readonly result: (values: readonly Value[]) => Value;
    }
  | { readonly op: "pick"; readonly to: string; readonly when: (flags: Flags) => boolean }
  | { readonly op: "flags"; readonly from: readonly [string, string | number] }
  | {
      readonly op: "branch";
      readonly by: number;
      readonly link?: boolean;
      readonly when?: (flags: Flags) => boolean;
      readonly zero?: { readonly register: string; readonly is: boolean };
    }
  | { readonly op: "jump"; readonly to: string; readonly link?: boolean }
  | { readonly op: "fence"; readonly kind: "dmb" | "dsb"; readonly option: "sy" | "ld" | "st" }
  | { readonly op: "isb" | "nop" }
  | { readonly op: "clean" | "invalidate"; readonly address: readonly string[] };

export interface Flags {
  readonly equal: boolean;
}

/** A test as this checker reads it. Code is `code[processor][instruction]`, as text that means the same wherever it stands. */
export interface Program {
  readonly test: LitmusTest;
  readonly code: readonly (readonly string[])[];
  readonly labels: ReadonlyMap<string, string>;
  readonly registers: readonly ReadonlyMap<string, Value>[];
  readonly memory: ReadonlyMap<string, Value>;
  /** Instructions on a cache line. */
  readonly lineWords: number;
  readonly thumb: boolean;
  readonly idc: boolean;
  readonly dic: boolean;
  value(constant: Constant): Value;
}

export function programOf(test: LitmusTest): Program {
  const a64 = test.arch === "AArch64";
  const thumb = test.arch === "Thumb";
  if (!a64 && !thumb && test.arch !== "ARM") throw new Unread(test.arch);
  if (test.columns.some(({ handler }) => handler)) throw new Unread("fault handlers");
  const labels = new Map<string, string>();
  const lines = test.columns.map(({ processor, lines: own }) => {
    let at = 0;
    const code: string[] = [];
    for (const { labels: names, text } of own) {
      for (const name of names) labels.set(`${processor}:${name}`, `P${processor}:${at}`);
      if (text === undefined) continue;
      code.push(text);
      at++;
    }
    return { processor, code };
  });
  const count = 1 + Math.max(...lines.map(({ processor }) => processor));
  const code: string[][] = Array.from({ length: count }, () => []);
  for (const { processor, code: own } of lines) {
    code[processor] = own.map((text, at) =>
      relative(text, (label) => {
        const target = labels.get(`${processor}:${label}`);
        return target === undefined ? undefined : Number(target.split(":")[1]) - at;
      }),
    );
    // Sixteen of at most four bytes are on one line of 64, wherever the narrow ones are.
    if (thumb && own.length > 16) throw new Unread("Thumb code on several lines");
    if (thumb && own.some((text) => /\.[+-]\d/.test(text))) throw new Unread("a distance in Thumb");
  }
  const value = (constant: Constant): Value => {
    switch (constant.kind) {
      case "integer":
        return constant.value;
      case "mapping":
        throw new Unread("memory with several addresses");
      case "interrupt":
        throw new Unread("interrupts");
      case "foreign":
        throw new Unread(constant.text);
      case "location":
        return constant.offset === 0 ? constant.name : `${constant.name}+${constant.offset}`;
      case "instruction":
        if (thumb && /\.[+-]\d/.test(constant.text)) throw new Unread("a distance in Thumb");
        return `!${relative(constant.text, () => undefined)}`;
      case "label": {
        const at = labels.get(`${constant.processor}:${constant.label}`);
        if (at === undefined || constant.offset % 4 !== 0 || (thumb && constant.offset !== 0))
          throw new Unread("a label");
        const [processor, index] = at.split(":");
        return `${processor}:${Number(index) + constant.offset / 4}`;
      }
    }
  };
  const memory = new Map<string, Value>();
  code.forEach((own, processor) => {
    own.forEach((text, at) => {
      memory.set(`P${processor}:${at}`, `!${text}`);
    });
  });
  const registers = code.map(() => new Map<string, Value>());
  for (const { target, value: initial } of test.initial) {
    if (target.kind === "location")
      memory.set(target.offset === 0 ? target.name : `${target.name}+${target.offset}`, value(initial));
    else {
      registers.forEach((own, processor) => {
        if ((target.processor ?? processor) === processor) own.set(registerName(target.name), value(initial));
      });
    }
  }
  const cache = (test.info["CacheType"] ?? "").toUpperCase();
  if (test.info["LineBytes"] !== undefined) throw new Unread("LineBytes");
  return {
    test,
    code,
    labels,
    registers,
    memory,
    lineWords: a64 ? 1 : 16,
    thumb,
    idc: /\bIDC\b/.test(cache),
    dic: /\bDIC\b/.test(cache),
    value,
  };
}

/** The cache line of a place. */
export function lineOf({ lineWords }: Program, place: string): string {
  const code = /^P(\d+):(\d+)$/.exec(place);
  return code === null ? place : `P${code[1]} ${Math.floor(Number(code[2]) / lineWords)}`;
}

/** Is an access the whole of a place: a word of data, an instruction's word, in Thumb a 16-bit instruction that stays one? */
export function isWhole({ memory, thumb }: Program, place: Value, half: boolean, value?: Value): boolean {
  if (!/^P\d+:\d+$/.test(String(place))) return !half;
  const narrow = (code: Value | undefined): boolean => /^!(NOP|B \.-?\d+)$/.test(String(code));
  return thumb ? half && narrow(memory.get(String(place))) && (value === undefined || narrow(value)) : !half;
}

/** X and W name one register. */
export function registerName(name: string): string {
  return name
    .toUpperCase()
    .replace(/^[XW](?=%)/, "")
    .replace(/^[XWR](?=\d)/, "R")
    .replace(/^LR$/, "R30");
}

/** A branch says how many instructions on its target is; spelling is made one. */
function relative(text: string, label: (name: string) => number | undefined): string {
  const plain = text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/\s*,\s*/g, ",")
    .replace(/\[\s+/g, "[")
    .replace(/\s+\]/g, "]");
  const branch = /^(B|BL|B\.?\w\w|CBN?Z) (?:([\w%]+),)?(\S+)$/i.exec(plain);
  if (branch === null || /^(BX|BR|BLX|BLR)$/i.test(branch[1]!)) return plain.toUpperCase();
  const [, mnemonic, register, target] = branch;
  const distance = /^\.([+-]\d+)$/.exec(target!);
  const by = distance === null ? label(target!) : Number(distance[1]) / 4;
  if (by === undefined) throw new Unread(text);
  return `${mnemonic!.toUpperCase()} ${register === undefined ? "" : `${register.toUpperCase()},`}.${by}`;
}

/** What the text of an instruction means. */
export function meaning(text: string): Op {
  const [mnemonic = "", rest = ""] = text.split(/ (.*)/s);
  const operands = rest.match(/\[[^\]]*\]|[^,]+/g) ?? [];
  const register = (at: number): string => {
    const name = operands[at]?.trim();
    if (name === undefined || !/^([XWR]?%\w+|[XWR]\d+|LR|WZR|XZR)$/.test(name)) throw new Unread(text);
    return registerName(name);
  };
  const immediate = (at: number): number | undefined => {
    const number = /^#?(-?(?:0X[0-9A-F]+|\d+))$/.exec(operands[at]?.trim() ?? "");
    return number === null ? undefined : Number(number[1]);
  };
  const address = (at: number): string[] => {
    const inner = /^\[(\S+?)(?:,(\S+?))?(?:,SXTW)?\]$/.exec(operands[at] ?? "");
    const bare = inner === null && /^R\d+$/.test(operands[at] ?? "") ? [operands[at]!] : undefined;
    const parts = bare ?? inner?.slice(1).filter((part) => part !== undefined && part !== "#0");
    if (parts === undefined || parts.some((part) => part.startsWith("#"))) throw new Unread(text);
    return parts.map(registerName);
  };
  const of = (result: (x: number, y: number) => number): Op => {
    const constant = immediate(2);
    const from = constant === undefined ? [register(1), register(2)] : [register(1)];
    return { op: "set", to: register(0), from, result: ([x, y]) => calculate(mnemonic, x!, constant ?? y!, result) };
  };
  switch (mnemonic) {
    case "NOP":
      return { op: "nop" };
    case "LDR":
      return { op: "read", to: register(0), address: address(1) };
    case "LDRH":
      return { op: "read", to: register(0), address: address(1), half: true };
    case "STRH":
      return { op: "write", from: register(0), address: address(1), half: true };
    case "LDAR":
    case "LDA":
      return { op: "read", to: register(0), address: address(1), acquire: true };
    case "STR":
      return { op: "write", from: register(0), address: address(1) };
    case "STLR":
    case "STL":
      return { op: "write", from: register(0), address: address(1), release: true };
    case "MOV": {
      const constant = immediate(1);
      return {
        op: "set",
        to: register(0),
        from: constant === undefined ? [register(1)] : [],
        result: ([x]) => constant ?? x!,
      };
    }
    case "EOR":
      return of((x, y) => x ^ y);
    case "AND":
      return of((x, y) => x & y);
    case "ADD":
      return of((x, y) => x + y);
    case "SUB":
      return of((x, y) => x - y);
    case "CMP":
      return { op: "flags", from: [register(0), immediate(1) ?? register(1)] };
    case "CBZ":
    case "CBNZ":
      return { op: "branch", by: distance(operands[1]), zero: { register: register(0), is: mnemonic === "CBZ" } };
    case "B":
      return { op: "branch", by: distance(operands[0]) };
    case "BEQ":
    case "B.EQ":
      return { op: "branch", by: distance(operands[0]), when: ({ equal }) => equal };
    case "BNE":
    case "B.NE":
      return { op: "branch", by: distance(operands[0]), when: ({ equal }) => !equal };
    case "BR":
    case "BX":
      return { op: "jump", to: register(0) };
    case "RET":
      return { op: "jump", to: "R30" };
    case "BLR":
    case "BLX":
      return { op: "jump", to: register(0), link: true };
    case "DMB":
    case "DSB":
      return {
        op: "fence",
        kind: mnemonic === "DMB" ? "dmb" : "dsb",
        option: /LD$/.test(rest) ? "ld" : /ST$/.test(rest) ? "st" : "sy",
      };
    case "ISB":
      return { op: "isb" };
    case "DC":
    case "IC": {
      const kind = /^(CVAU|IVAU),(\S+)$/.exec(rest);
      if (kind === null) throw new Unread(text);
      return { op: kind[1] === "CVAU" ? "clean" : "invalidate", address: [registerName(kind[2]!)] };
    }
    case "BPIMVA":
      return { op: "nop" };
    case "CSET":
      return { op: "pick", to: register(0), when: condition(operands[1]) };
    case "BL":
      return { op: "branch", by: distance(operands[0]), link: true };
    case "DCCMVAU":
      return { op: "clean", address: [register(0)] };
    case "ICIMVAU":
      return { op: "invalidate", address: [register(0)] };
    default:
      throw new Unread(text);
  }
}

function condition(name: string | undefined): (flags: Flags) => boolean {
  if (name !== "EQ" && name !== "NE") throw new Unread(String(name));
  return ({ equal }) => equal === (name === "EQ");
}

function distance(target: string | undefined): number {
  const by = /^\.(-?\d+)$/.exec(target ?? "");
  if (by === null) throw new Unread(String(target));
  return Number(by[1]);
}

/** Names are numbers nobody knows: what they are minus themselves is known, and what they are with nothing added. */
function calculate(mnemonic: string, x: Value, y: Value, result: (x: number, y: number) => number): Value {
  if (typeof x === "number" && typeof y === "number") return result(x, y) | 0;
  if ((mnemonic === "EOR" || mnemonic === "SUB") && x === y) return 0;
  if (mnemonic === "AND" && (x === 0 || y === 0)) return 0;
  if (mnemonic === "AND" && x === y) return x;
  if (mnemonic !== "AND" && y === 0) return x;
  if ((mnemonic === "ADD" || mnemonic === "EOR") && x === 0) return y;
  throw new Unread(`${mnemonic} of names`);
}
