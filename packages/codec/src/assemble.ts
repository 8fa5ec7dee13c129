import { bytesOf } from "./bytes.js";
import type { Isa } from "./encoding.js";
import type { Insn } from "./insn.js";
import { type ItState, nextIt, noIt } from "./it-state.js";
import { type Issue, parseExactly, parseSized } from "./parse.js";
import { Scanner } from "./scanner.js";
import { type Statement, statements } from "./statements.js";

/** Where the code is to lie, in which instruction set and IT state it begins, and what symbols it may use: addresses in bytes. */
export interface AssembleOptions {
  readonly isa: Isa;
  /** Where the first byte goes; 0 when left out. */
  readonly address?: number;
  /** ITSTATE at the first instruction. */
  readonly it?: ItState;
  /** Names with their addresses, besides the labels of the text. */
  readonly symbols?: ReadonlyMap<string, number> | Readonly<Record<string, number>>;
}

/** The code with its instructions and labels, or what is wrong with the text and where. */
export type AssembleResult =
  | {
      readonly ok: true;
      /** Little-endian code and data. */
      readonly code: Uint8Array;
      readonly insns: readonly Insn[];
      readonly labels: ReadonlyMap<string, number>;
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

const noLabels: ReadonlyMap<string, number> = new Map();

/** More passes than this do not happen: each pass but the last widens an instruction or moves a label. */
const maxPasses = 64;
/** A text may not ask for more than this (`.space`, `.align`). */
const maxBytes = 1 << 24;

/**
 * Assembles one instruction or many lines: labels, comments (`@`, `//`, `;`, `/* … *​/`), the directives `.word .short
 * .byte .ascii .asciz .space .align .balign .arm .thumb .code .syntax .ltorg .pool`, and `ldr rd, =value` with a literal pool.
 *
 * @param text - lines of assembly
 * @param options - the instruction set to begin in, and the address, ITSTATE and symbols where they matter
 * @returns the bytes, the instructions and the labels; or every issue, with line and column
 * @example
 * ```ts
 * const made = assemble("loop: subs r0, #1\n bne loop\n bx lr", { isa: "t32" });
 * made.ok && made.code.length; // 6
 * ```
 */
export function assemble(text: string, options: AssembleOptions): AssembleResult {
  const parsed = statements(text);
  if (parsed.issues.length > 0) return { ok: false, issues: parsed.issues };
  const given =
    options.symbols instanceof Map
      ? options.symbols
      : new Map(Object.entries((options.symbols ?? {}) as Record<string, number>));
  let labels = new Map<string, number>();
  const wide = new Set<number>();
  let settled = false;
  for (let round = 0; ; round++) {
    const pass = new Pass(options, parsed.list, new Map([...given, ...labels]), round === 0, wide);
    const stable = pass.labels.size === labels.size && [...pass.labels].every(([name, at]) => labels.get(name) === at);
    labels = pass.labels;
    if (settled || (stable && pass.issues.length > 0 && round > 0) || round >= maxPasses) {
      if (pass.issues.length > 0) return { ok: false, issues: pass.issues };
      const named = new Map([...pass.labels].filter(([name]) => !name.includes(":")));
      return { ok: true, code: Uint8Array.from(pass.code), insns: pass.insns, labels: named };
    }
    settled = stable && round > 0;
  }
}

interface Literal {
  readonly value: string;
  /** Sites that load it wait for its address. */
  readonly name: string;
}

const registerNames =
  /^(r([0-9]|1[0-5])|sp|lr|pc|sb|sl|fp|ip|a[1-4]|v[1-8]|s([0-9]|[12][0-9]|3[01])|d([0-9]|[12][0-9]|3[01])|q([0-9]|1[0-5]))$/i;

const itLine = /^it[te]{0,3}\s+(eq|ne|[ch]s|cc|lo|mi|pl|v[sc]|hi|ls|ge|[lg]t|le|al)$/i;

/** The name that the label `number:` has when it comes up for the count-th time. No label that is written has a colon. */
function nthLabel(number: string, count: number): string {
  return `${number}:${count}`;
}

/** What of a text a complaint points at. */
type Place = Pick<Statement, "column" | "text">;

/** One pass over the text with the label addresses of the pass before. */
class Pass {
  readonly code: number[] = [];
  readonly insns: Insn[] = [];
  readonly labels: Map<string, number> = new Map();
  readonly issues: Issue[] = [];
  readonly #base: number;
  #isa: Isa;
  #it: ItState;
  #pool: Literal[] = [];
  #pools = 0;
  #divided = false;
  /** The names that `.req` gave. */
  readonly #registers = new Map<string, string>();
  readonly #symbols: Map<string, number>;
  readonly #numbered = new Map<string, number>();
  readonly #first: boolean;
  readonly #wide: Set<number>;

  constructor(
    options: AssembleOptions,
    list: readonly Statement[],
    symbols: Map<string, number>,
    first: boolean,
    wide: Set<number>,
  ) {
    this.#base = options.address ?? 0;
    this.#isa = options.isa;
    this.#it = options.it ?? noIt;
    this.#symbols = symbols;
    this.#first = first;
    this.#wide = wide;
    if (first) this.#announce(list);
    for (const { kind, text } of list) if (kind === "label" && /^\d/.test(text)) this.#lookAhead(text, 1);
    list.forEach((statement, i) => {
      if (this.code.length <= maxBytes) this.#take(statement, i);
    });
    this.#flushPool();
    if (this.code.length > maxBytes) this.#complain(list[0]!, `more than ${maxBytes} bytes`, "split the text");
  }

  get #here(): number {
    return (this.#base + this.code.length) >>> 0;
  }

  #complain(statement: Statement, message: string, hint?: string, { column, text }: Place = statement): void {
    const issue = { line: statement.line, column, length: Math.max(1, text.length), message };
    this.issues.push(hint === undefined ? issue : { ...issue, hint });
  }

  #take(statement: Statement, i: number): void {
    if (statement.kind === "label" && /^\d/.test(statement.text)) {
      this.#numberedLabel(statement.text);
    } else if (statement.kind === "label") {
      if (this.labels.has(statement.text)) this.#complain(statement, `label ${statement.text} is defined twice`);
      this.labels.set(statement.text, this.#here);
    } else if (statement.kind === "directive") this.#directive(statement);
    else this.#insn(statement, i);
  }

  /** Before the first pass: every label is somewhere. */
  #announce(list: readonly Statement[]): void {
    const counts = new Map<string, number>();
    for (const { kind, text } of list) {
      if (kind !== "label") continue;
      const count = (counts.get(text) ?? 0) + 1;
      counts.set(text, count);
      this.#symbols.set(/^\d/.test(text) ? nthLabel(text, count) : text, this.#base);
    }
  }

  /** A label like `1:`, which may be there many times: `1b` is the last one before a line, `1f` the next one. */
  #numberedLabel(number: string): void {
    const count = (this.#numbered.get(number) ?? 0) + 1;
    this.#numbered.set(number, count);
    this.labels.set(nthLabel(number, count), this.#here);
    this.#symbols.set(`${number}b`, this.#here);
    this.#lookAhead(number, count + 1);
  }

  /** Has `1f` mean the label with this count, as the pass before found it. */
  #lookAhead(number: string, count: number): void {
    const next = this.#symbols.get(nthLabel(number, count));
    if (next === undefined) this.#symbols.delete(`${number}f`);
    else this.#symbols.set(`${number}f`, next);
  }

  /** `name .req register` gives a register a name. */
  #nameRegister(statement: Statement): boolean {
    const [, name, register] = /^([a-z_]\w*)\s+\.req\s+(\w+)$/i.exec(statement.text) ?? [];
    if (name === undefined || register === undefined) return false;
    const plain = this.#plainRegisters(register);
    if (registerNames.test(plain)) this.#registers.set(name.toLowerCase(), plain);
    else
      this.#complain(statement, `${register} is no register`, "r0 to r15, sp, lr, pc, s0 to s31, d0 to d31, q0 to q15");
    return true;
  }

  /** A text with the registers for their names, but for its first word. */
  #plainRegisters(text: string): string {
    return text.replace(/(?<![\w.$])[a-z_]\w*(?![\w.$(])/gi, (word) => this.#registers.get(word.toLowerCase()) ?? word);
  }

  #insn(statement: Statement, i: number): void {
    if (this.#nameRegister(statement)) return;
    // Unified syntax has IT lines in A32, too, where the condition in each word says it: they make no code.
    if (this.#isa === "a32" && itLine.test(statement.text)) return;
    const named = this.#registers.size === 0 ? null : /^(\S+)(.*)$/s.exec(statement.text);
    let text = named === null ? statement.text : `${named[1]}${this.#plainRegisters(named[2]!)}`;
    const literal = /^(ldr\S*\s+\w+\s*,\s*)=\s*(.+)$/i.exec(text);
    // In the first pass no label has its address: every target is taken as near.
    const symbols = this.#first
      ? new Map([...this.#symbols.keys()].map((name) => [name, (this.#here + 8) & ~3]))
      : this.#symbols;
    const moved = literal === null ? undefined : this.#moveInstead(literal[1]!, literal[2]!);
    if (moved !== undefined) text = moved;
    else if (literal !== null) {
      const name = this.#literal(literal[2]!);
      if (!symbols.has(name)) symbols.set(name, (this.#here + 8) & ~3);
      text = `${literal[1]}${name}`;
    }
    text = this.#literalLoad(text, symbols);
    const least = this.#wide.has(i) && !/^\S+\.n\b/i.test(text) ? 4 : 2;
    const result = parseSized(text, { isa: this.#isa, address: this.#here, it: this.#it, symbols }, least);
    if (!result.ok) {
      for (const issue of result.issues)
        this.issues.push({ ...issue, line: statement.line, column: statement.column + issue.column - 1 });
      for (let n = this.#isa === "a32" ? 4 : 2; n > 0; n--) this.code.push(0);
      this.#it = noIt;
      return;
    }
    const { insn } = result;
    if (insn.size === 4 && this.#isa === "t32" && !this.#first) this.#wide.add(i);
    this.insns.push(insn);
    this.code.push(...bytesOf(insn));
    this.#it = nextIt(this.#it, insn);
  }

  /** `ldr r0, =5` is `mov r0, #5`, as GNU's assembler has it, where one instruction can say the constant. */
  #moveInstead(load: string, literal: string): string | undefined {
    const [, cond = "", wide, register] = /^ldr(\w\w)?(\.[wn])?\s+(\w+)\s*,\s*$/i.exec(load) ?? [];
    const value = new Scanner(literal, noLabels).number()?.value;
    if (register === undefined || value === undefined || wide?.toLowerCase() === ".n") return undefined;
    if (/^(sp|pc|r13|r15)$/i.test(register)) return undefined;
    const options = { isa: this.#isa, address: this.#here, it: this.#it };
    const suffix = this.#isa === "t32" ? ".w" : "";
    const ways = [
      `mov${cond}${suffix} ${register}, #${value >>> 0}`,
      `mvn${cond}${suffix} ${register}, #${~value >>> 0}`,
    ];
    if (this.#isa === "t32") ways.push(`movw${cond} ${register}, #${value >>> 0}`);
    return ways.find((way) => parseExactly(way, options, 4).ok);
  }

  /** `ldr r0, label` becomes `ldr r0, [pc, #offset]`. */
  #literalLoad(text: string, symbols: ReadonlyMap<string, number>): string {
    const match =
      /^((?:ldr|pld|pli|vldr)\S*\s+(?:\w+\s*,\s*)?(?:\w+\s*,\s*)?)([A-Za-z_.$][\w.$]*(?:\s*[-+]\s*\w+)?)$/i.exec(text);
    if (match === null) return text;
    const target = new Scanner(match[2]!, symbols, this.#here).number();
    if (target === undefined) return text;
    const pc = (this.#here + (this.#isa === "a32" ? 8 : 4)) & ~3;
    return `${match[1]}[pc, #${(target.value - pc) | 0}]`;
  }

  #literal(text: string): string {
    // The same number in two spellings is one literal.
    const number = new Scanner(text, noLabels).number()?.value;
    const value = number === undefined ? text : String(number >>> 0);
    const known = this.#pool.find((literal) => literal.value === value);
    if (known !== undefined) return known.name;
    const name = `.L.pool.${this.#pools}.${this.#pool.length}`;
    this.#pool.push({ value, name });
    return name;
  }

  #flushPool(): void {
    if (this.#pool.length === 0) return;
    this.#zeros(4);
    for (const { value, name } of this.#pool) {
      this.labels.set(name, this.#here);
      const number = new Scanner(value, this.#symbols).number();
      if (number === undefined && !this.#first)
        this.issues.push({ line: 1, column: 1, length: 1, message: `"${value}" is no number and no label` });
      this.#data(number?.value ?? 0, 4);
    }
    this.#pool = [];
    this.#pools++;
  }

  #data(value: number, size: number): void {
    for (let i = 0; i < size; i++) this.code.push((value >> (8 * i)) & 0xff);
  }

  #directive(statement: Statement): void {
    const [, name = "", rest = ""] = /^(\.\w+)\s*(.*)$/s.exec(statement.text) ?? [];
    switch (name.toLowerCase()) {
      case ".word":
      case ".long":
      case ".int":
        this.#values(statement, rest, 4);
        return;
      case ".short":
      case ".hword":
      case ".2byte":
        this.#values(statement, rest, 2);
        return;
      case ".byte":
        this.#values(statement, rest, 1);
        return;
      case ".align":
      case ".p2align":
        this.#align(statement, rest, (to) => 2 ** (to ?? 2));
        return;
      case ".even":
        this.#align(statement, "1", (to) => 2 ** to!);
        return;
      case ".balign":
        this.#align(statement, rest, (to) => to ?? 1);
        return;
      case ".unreq":
        if (!this.#registers.delete(rest.toLowerCase()))
          this.#complain(statement, `${rest} is no name of a register`, "a name that .req gave");
        return;
      case ".space":
      case ".skip":
      case ".zero": {
        const [size = "", filler = "", ...more] = rest.split(",");
        const count = this.#number(size) ?? Number.NaN;
        const fill = this.#number(filler) ?? 0;
        if (
          !(Number.isInteger(count) && count >= 0 && count <= maxBytes && more.length === 0 && Number.isInteger(fill))
        ) {
          this.#complain(statement, "bad size", `0 to ${maxBytes}`);
          return;
        }
        for (let i = 0; i < count; i++) this.code.push(fill & 0xff);
        return;
      }
      case ".arm":
        this.#isa = "a32";
        this.#zeros(4);
        return;
      case ".thumb":
        this.#isa = "t32";
        this.#checkSyntax(statement);
        return;
      case ".code":
        if (rest !== "16" && rest !== "32") {
          this.#complain(statement, "unknown instruction set", ".code 16 or .code 32");
          return;
        }
        this.#isa = rest === "32" ? "a32" : "t32";
        this.#checkSyntax(statement);
        return;
      case ".ltorg":
      case ".pool":
        this.#flushPool();
        return;
      case ".inst":
        this.#insn(statement, -1);
        return;
      case ".syntax":
        this.#divided = rest.toLowerCase() === "divided";
        this.#checkSyntax(statement);
        return;
      case ".text":
      case ".global":
      case ".globl":
      case ".type":
      case ".size":
      case ".thumb_func":
      case ".cpu":
      case ".arch":
      case ".fpu":
        return;
      default:
        this.#complain(
          statement,
          `unknown directive ${name}`,
          ".word .short .byte .space .align .balign .arm .thumb .syntax .ltorg .req .unreq",
        );
    }
  }

  /** Divided syntax only moves letters in A32, and those lines are always taken; in Thumb `add` means `adds`. */
  #checkSyntax(statement: Statement): void {
    if (this.#divided && this.#isa === "t32")
      this.#complain(statement, "divided syntax is not taken in Thumb", "write .syntax unified");
  }

  /** Up to an address that is a multiple of this. */
  #zeros(to: number): void {
    while (this.#here % to !== 0) this.code.push(0);
  }

  /** `to, fill, most`: without a fill, code is filled with NOPs, as GNU's assembler does, in Thumb with few wide ones. */
  #align(statement: Statement, rest: string, bytes: (to: number | undefined) => number): void {
    const numbers = rest.split(",").map((part) => this.#number(part));
    const [to, fill, most] = numbers;
    const unit = bytes(to);
    if (numbers.some(Number.isNaN) || !Number.isInteger(unit) || unit < 1 || unit > 4096 || (unit & (unit - 1)) !== 0) {
      this.#complain(statement, "bad alignment", "a power of two up to 4096");
      return;
    }
    const gap = -this.#here & (unit - 1);
    if (most !== undefined && gap > most) return;
    const end = this.code.length + gap;
    if (fill !== undefined) while (this.code.length < end) this.code.push(fill & 0xff);
    const thumb = this.#isa === "t32";
    while (this.code.length < end && this.#here % (thumb ? 2 : 4) !== 0) this.code.push(0);
    if (thumb && ((end - this.code.length) & 2) !== 0) this.#data(0xbf00, 2);
    // In memory, the first halfword of a wide NOP comes first.
    while (this.code.length < end) this.#data(thumb ? 0x8000f3af : 0xe320f000, 4);
  }

  /** A number that is no expression of labels; undefined for no text, NaN for another. */
  #number(text: string): number | undefined {
    if (text.trim() === "") return undefined;
    const scan = new Scanner(text, noLabels, this.#here);
    const value = scan.number()?.value;
    return value === undefined || !scan.atEnd() ? Number.NaN : value;
  }

  #values(statement: Statement, text: string, size: number): void {
    let column = statement.column + Math.max(0, statement.text.lastIndexOf(text));
    for (const part of text.split(",")) {
      const place = { column: column + part.length - part.trimStart().length, text: part.trim() };
      column += part.length + 1;
      const scan = new Scanner(part, this.#symbols, this.#here);
      const value = scan.number();
      if (value === undefined || !scan.atEnd()) {
        this.#complain(statement, `"${place.text}" is no number and no label`, undefined, place);
        this.#data(0, size);
        continue;
      }
      const limit = 2 ** (8 * size);
      if (value.value >= limit || value.value < -limit / 2)
        this.#complain(statement, `${value.value} does not fit ${size} bytes`, `${-limit / 2} to ${limit - 1}`, place);
      this.#data(value.value, size);
    }
  }
}
