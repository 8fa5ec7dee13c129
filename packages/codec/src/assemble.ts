import { bytesOf, type MemoryOrder } from "./bytes.js";
import type { Isa } from "./encoding.js";
import type { Insn } from "./insn.js";
import { type ItState, nextIt, noIt } from "./it-state.js";
import { type Issue, type ParseResult, parseExactly, parseSized } from "./parse.js";
import { isRegister } from "./registers.js";
import { escapes, Scanner } from "./scanner.js";
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
  /** How data and literals lie in memory: `be8` has them big-endian, and code little-endian as ever. `little` when left out. */
  readonly order?: MemoryOrder;
}

/** The code with its instructions and labels, or what is wrong with the text and where. */
export type AssembleResult =
  | {
      readonly ok: true;
      /** Code and data as they lie in memory. */
      readonly code: Uint8Array;
      readonly insns: readonly Insn[];
      readonly labels: ReadonlyMap<string, number>;
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Each pass but the last widens an instruction or moves a label; a text that asks for space by labels behind it may never settle. */
const maxPasses = 64;
/** A text may not ask for more than this (`.space`, `.align`). */
const maxBytes = 1 << 24;

/**
 * Assembles one instruction or many lines: labels, comments (`@`, `//`, `/* … *​/`, `#` where a line begins), `;` between
 * statements, the directives `.word .short .byte .ascii .asciz .space .align .balign .arm .thumb .code .syntax .ltorg .pool .inst .equ
 * .set .req .unreq` with their other names, and `ldr rd, =value` with a literal pool. What only tells a linker or a debugger
 * something (`.global`, `.size`, `.fnstart`, …) makes no code.
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
  const list = statements(text);
  const given =
    options.symbols instanceof Map
      ? options.symbols
      : new Map(Object.entries((options.symbols ?? {}) as Record<string, number>));
  let labels = new Map<string, number>();
  const learnt: Learnt = { wide: new Set(), places: new Set(), starts: [] };
  for (let round = 0; ; round++) {
    const pass = new Pass(options, list, new Map([...given, ...labels]), round === 0, learnt);
    // Everything is where the pass before had it, so every address in the code is right.
    const settled =
      round > 0 &&
      pass.stays &&
      pass.labels.size === labels.size &&
      [...pass.labels].every(([name, at]) => labels.get(name) === at);
    labels = pass.labels;
    if (!settled && round < maxPasses) continue;
    if (!settled) pass.complain(list[0]!, "the labels do not settle", "a fixed size");
    if (pass.issues.length > 0) return { ok: false, issues: pass.issues };
    const named = new Map([...pass.labels].filter(([name]) => !name.includes(":") && !pass.constants.has(name)));
    return { ok: true, code: Uint8Array.from(pass.code), insns: pass.insns, labels: named };
  }
}

interface Literal {
  readonly value: string;
  /** Who loads it first. */
  readonly statement: Statement;
  /** Sites that load it wait for its address. */
  readonly name: string;
}

/** Bytes of a number, by the directive. */
const dataSizes: Readonly<Record<string, number>> = {
  ".word": 4,
  ".long": 4,
  ".int": 4,
  ".4byte": 4,
  ".short": 2,
  ".hword": 2,
  ".2byte": 2,
  ".byte": 1,
};

/** Directives that tell a linker, an unwinder or a debugger something: they make no code. */
const quiet =
  /^\.(text|globa?l|local|weak|hidden|comm|type|size|cpu|arch\w*|fpu|eabi_attribute|file|ident|loc|cfi_\w+|fn(start|end)|cantunwind|v?save|setfp|pad)$/i;

const itLine = /^it[te]{0,3}\s+(eq|ne|[ch]s|cc|lo|mi|pl|v[sc]|hi|ls|ge|[lg]t|le|al)$/i;

/** The name that the label `number:` has when it comes up for the count-th time. No label that is written has a colon. */
function nthLabel(number: string, count: number): string {
  return `${number}:${count}`;
}

/** What the passes hand on. */
interface Learnt {
  /** Statements that do not fit a narrow encoding. */
  readonly wide: Set<number>;
  /** Names that are places in the text: labels, and literals of pools. */
  readonly places: Set<string>;
  /** Where each statement was in the pass before. */
  readonly starts: number[];
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
  /** What `.equ` and its like gave a name, so far. */
  readonly constants: Map<string, number> = new Map();
  /** The names that `.req` gave. */
  readonly #registers = new Map<string, string>();
  readonly #symbols: Map<string, number>;
  readonly #numbered = new Map<string, number>();
  readonly #first: boolean;
  readonly #learnt: Learnt;
  readonly #order: MemoryOrder;
  /** How much further this statement is than in the pass before. */
  #moved = 0;
  /** Whether no statement is elsewhere than in the pass before. */
  stays = true;

  constructor(
    options: AssembleOptions,
    list: readonly Statement[],
    symbols: Map<string, number>,
    first: boolean,
    learnt: Learnt,
  ) {
    this.#base = options.address ?? 0;
    this.#order = options.order ?? "little";
    this.#isa = options.isa;
    this.#it = options.it ?? noIt;
    this.#symbols = symbols;
    this.#first = first;
    this.#learnt = learnt;
    if (first) this.#announce(list);
    for (const { kind, text } of list) if (kind === "label" && /^\d/.test(text)) this.#lookAhead(text, 1);
    list.forEach((statement, i) => {
      this.#moved = this.#here - (learnt.starts[i] ?? this.#here);
      learnt.starts[i] = this.#here;
      this.stays &&= this.#moved === 0;
      if (this.code.length <= maxBytes) this.#take(statement, i);
    });
    this.#flushPool();
    if (this.code.length > maxBytes) this.complain(list[0]!, `more than ${maxBytes} bytes`, "split the text");
  }

  /**
   * The symbols as an instruction sees them. In the first pass no label has its address: each is taken as near. Later, what is still
   * ahead moves with what is before it: else a label would seem nearer or farther than it can come to be.
   */
  get #seen(): ReadonlyMap<string, number> {
    const near = (this.#here + 8) & ~3;
    const get = (name: string): number | undefined => {
      const value = this.#symbols.get(name);
      if (value === undefined || !this.#learnt.places.has(name)) return value;
      if (this.#first) return near;
      // What is on a word boundary is likely aligned to it.
      const moved = value % 4 === 0 ? this.#moved & ~3 : this.#moved;
      return this.labels.get(name) ?? (/^\d+b$/.test(name) ? value : value + moved);
    };
    return { get } as Map<string, number>;
  }

  get #here(): number {
    return (this.#base + this.code.length) >>> 0;
  }

  complain(statement: Statement, message: string, hint?: string, { column, text }: Place = statement): void {
    const issue = { line: statement.line, column, length: Math.max(1, text.length), message };
    this.issues.push(hint === undefined ? issue : { ...issue, hint });
  }

  #take(statement: Statement, i: number): void {
    if (statement.kind === "label" && /^\d/.test(statement.text)) {
      this.#numberedLabel(statement.text);
    } else if (statement.kind === "label") {
      if (this.labels.has(statement.text)) this.complain(statement, `label ${statement.text} is defined twice`);
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
      const name = /^\d/.test(text) ? nthLabel(text, count) : text;
      this.#symbols.set(name, this.#base);
      this.#learnt.places.add(name).add(`${text}b`).add(`${text}f`);
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
    const known = this.#registers.get(name.toLowerCase());
    if (known !== undefined && known !== plain) this.complain(statement, `${name} is ${known}`, `.unreq ${name}`);
    else if (isRegister(plain)) this.#registers.set(name.toLowerCase(), plain);
    else
      this.complain(
        statement,
        `${register} is no register`,
        "r0 to r15, sp, lr or pc, s0 to s31, d0 to d31, q0 to q15",
      );
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
    const moved = literal === null ? undefined : this.#moveInstead(literal[1]!, literal[2]!);
    if (moved !== undefined) text = moved;
    else if (literal !== null) {
      const name = this.#literal(literal[2]!, statement);
      if (!this.#symbols.has(name)) this.#symbols.set(name, (this.#here + 8) & ~3);
      text = `${literal[1]}${name}`;
    }
    const least = this.#learnt.wide.has(i) && !/^\S+\.n\b/i.test(text) ? 4 : 2;
    let result = this.#parse(text, least);
    // An alignment may take up what has moved: as long as one of both is in reach, it may stay narrow.
    if (this.#moved !== 0 && !(result.ok && result.insn.size === 2)) {
      this.#moved = 0;
      const unmoved = this.#parse(text, least);
      if (unmoved.ok && unmoved.insn.size === 2) result = unmoved;
    }
    if (!result.ok) {
      for (const issue of result.issues)
        this.issues.push({ ...issue, line: statement.line, column: statement.column + issue.column - 1 });
      for (let n = this.#isa === "a32" ? 4 : 2; n > 0; n--) this.code.push(0);
      this.#it = noIt;
      return;
    }
    const { insn } = result;
    if (insn.size === 4 && this.#isa === "t32" && !this.#first) this.#learnt.wide.add(i);
    this.insns.push(insn);
    this.code.push(...bytesOf(insn));
    this.#it = nextIt(this.#it, insn);
  }

  #parse(text: string, least: 2 | 4): ParseResult {
    const symbols = this.#seen;
    const options = { isa: this.#isa, address: this.#here, it: this.#it, symbols };
    return parseSized(this.#literalLoad(text, symbols), options, least);
  }

  /** `ldr r0, =5` is `mov r0, #5`, as GNU's assembler has it, where one instruction can say the constant. */
  #moveInstead(load: string, literal: string): string | undefined {
    const [, cond = "", wide, register] = /^ldr(\w\w)?(\.[wn])?\s+(\w+)\s*,\s*$/i.exec(load) ?? [];
    const value = this.#number(literal, this.constants);
    if (register === undefined || value === undefined || Number.isNaN(value) || wide?.toLowerCase() === ".n")
      return undefined;
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
    const match = /^((?:ldr|pld|pli|vldr)\S*\s+(?:\w+\s*,\s*){0,2})([A-Za-z_.$(]|\d+[bf]\b)([^[\]{}=#]*)$/i.exec(text);
    if (match === null) return text;
    const target = this.#number(match[2]! + match[3]!, symbols);
    if (target === undefined || Number.isNaN(target)) return text;
    const pc = (this.#here + (this.#isa === "a32" ? 8 : 4)) & ~3;
    return `${match[1]}[pc, #${(target - pc) | 0}]`;
  }

  #literal(text: string, statement: Statement): string {
    // The same number in two spellings is one literal.
    const number = this.#number(text, this.constants);
    const value = number === undefined || Number.isNaN(number) ? text : String(number >>> 0);
    const known = this.#pool.find((literal) => literal.value === value);
    if (known !== undefined) return known.name;
    const name = `.L.pool.${this.#pools}.${this.#pool.length}`;
    this.#learnt.places.add(name);
    this.#pool.push({ value, name, statement });
    return name;
  }

  #flushPool(): void {
    if (this.#pool.length === 0) return;
    this.#zeros(4);
    for (const { value, name, statement } of this.#pool) {
      this.labels.set(name, this.#here);
      const number = this.#number(value) ?? Number.NaN;
      if (Number.isNaN(number)) this.complain(statement, `"${value}" is no number and no label`);
      this.#data(number || 0, 4);
    }
    this.#pool = [];
    this.#pools++;
  }

  #data(value: number, size: number, order = this.#order): void {
    const from = order === "be8" ? size - 1 : 0;
    for (let i = 0; i < size; i++) this.code.push((value >> (8 * Math.abs(from - i))) & 0xff);
  }

  #directive(statement: Statement): void {
    const [, name = "", rest = ""] = /^(\.[\w.]+)\s*(.*)$/s.exec(statement.text) ?? [];
    const size = dataSizes[name.toLowerCase()];
    if (size !== undefined) {
      this.#values(statement, rest, size);
      return;
    }
    switch (name.toLowerCase()) {
      case ".ascii":
      case ".asciz":
      case ".string":
        this.#strings(statement, rest, name.toLowerCase() !== ".ascii");
        return;
      case ".equ":
      case ".set":
      case ".equiv":
      case ".thumb_set":
        this.#equate(statement, /^([^,]*),(.*)$/s.exec(rest));
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
          this.complain(statement, `${rest} is no name of a register`, "a name that .req gave");
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
          this.complain(statement, "bad size", `0 to ${maxBytes}`);
          return;
        }
        for (let i = 0; i < count; i++) this.code.push(fill & 0xff);
        return;
      }
      case ".arm":
        this.#change(statement, "a32", rest);
        this.#zeros(4);
        return;
      case ".thumb":
      case ".thumb_func":
        this.#change(statement, "t32", rest);
        return;
      case ".code":
        if (rest !== "16" && rest !== "32") {
          this.complain(statement, "unknown instruction set", ".code 16 or .code 32");
          return;
        }
        this.#change(statement, rest === "32" ? "a32" : "t32");
        return;
      case ".ltorg":
      case ".pool":
        this.#alone(statement, rest);
        this.#flushPool();
        return;
      case ".inst":
      case ".inst.n":
      case ".inst.w":
        for (const part of rest.split(",")) this.#insn({ ...statement, text: `${name} ${part}` }, -1);
        return;
      case ".syntax":
        if (!/^(unified|divided)$/i.test(rest))
          this.complain(statement, `unknown syntax "${rest}"`, ".syntax unified or .syntax divided");
        this.#divided = rest.toLowerCase() === "divided";
        this.#checkSyntax(statement);
        return;
      default:
        if (quiet.test(name)) return;
        if (/^[^\s=]+\s*=/.test(statement.text)) {
          this.#equate(statement, /^([^=]*)=(.*)$/s.exec(statement.text));
          return;
        }
        this.complain(
          statement,
          `unknown directive ${name}`,
          ".word .short .byte .ascii .space .align .arm .thumb .syntax .ltorg .inst .equ .req",
        );
    }
  }

  #alone(statement: Statement, rest: string): void {
    if (rest !== "") this.complain(statement, "unexpected text");
  }

  #change(statement: Statement, isa: Isa, rest = ""): void {
    this.#alone(statement, rest);
    this.#isa = isa;
    this.#checkSyntax(statement);
  }

  /** Gives a name a value, from here on; before, it has the last one that it gets. */
  #equate(statement: Statement, parts: RegExpExecArray | null): void {
    const [, left = "", right = ""] = parts ?? [];
    const name = left.trim();
    const value = this.#number(right) ?? Number.NaN;
    const isName = /^[A-Za-z_$.][\w.$]*$/.test(name) && name !== ".";
    if (!isName || Number.isNaN(value)) {
      this.complain(
        statement,
        isName ? `"${right.trim()}" is no number and no label` : `"${name}" is no name`,
        "name, value",
      );
      return;
    }
    if (this.labels.has(name) && !this.constants.has(name)) this.complain(statement, `label ${name} is defined twice`);
    for (const map of [this.constants, this.labels, this.#symbols]) map.set(name, value);
  }

  /** Strings in quotes, with the escapes of C. */
  #strings(statement: Statement, rest: string, ended: boolean): void {
    if (!/^(?:"(?:\\[\x20-~]|[\x20!#-[\]-~\t])*"\s*(?:,\s*(?=")|$))+$/.test(rest)) {
      this.complain(statement, "expected ASCII in quotes", '"text"');
      return;
    }
    for (const [, text] of rest.matchAll(/"((?:\\.|[^"\\])*)"/g)) {
      for (const [one, hex, octal, named] of text!.matchAll(/\\(?:x([\da-f]+)|([0-7]{1,3})|(.))|./gi)) {
        const digits = hex === undefined ? octal && `0o${octal}` : `0x${hex.slice(-2)}`;
        this.code.push(
          digits === undefined ? (escapes[named!] ?? (named ?? one).charCodeAt(0)) : Number(digits) & 0xff,
        );
      }
      if (ended) this.code.push(0);
    }
  }

  /** Divided syntax only moves letters in A32, and those lines are always taken; in Thumb `add` means `adds`. */
  #checkSyntax(statement: Statement): void {
    if (this.#divided && this.#isa === "t32")
      this.complain(statement, "divided syntax is not taken in Thumb", "write .syntax unified");
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
      this.complain(statement, "bad alignment", "a power of two up to 4096");
      return;
    }
    const gap = -this.#here & (unit - 1);
    if (most !== undefined && gap > most) return;
    const end = this.code.length + gap;
    if (fill !== undefined) while (this.code.length < end) this.code.push(fill & 0xff);
    const thumb = this.#isa === "t32";
    while (this.code.length < end && this.#here % (thumb ? 2 : 4) !== 0) this.code.push(0);
    if (thumb && ((end - this.code.length) & 2) !== 0) this.#data(0xbf00, 2, "little");
    // In memory, the first halfword of a wide NOP comes first.
    while (this.code.length < end) this.#data(thumb ? 0x8000f3af : 0xe320f000, 4, "little");
  }

  /** A number; undefined for no text, NaN for what is none. */
  #number(text: string, symbols: ReadonlyMap<string, number> = this.#symbols): number | undefined {
    if (text.trim() === "") return undefined;
    const scan = new Scanner(text, symbols, this.#here);
    const value = scan.number("symbols")?.value;
    return value === undefined || !scan.atEnd() ? Number.NaN : value;
  }

  #values(statement: Statement, text: string, size: number): void {
    let column = statement.column + Math.max(0, statement.text.lastIndexOf(text));
    for (const part of text.split(",")) {
      const place = { column: column + part.length - part.trimStart().length, text: part.trim() };
      column += part.length + 1;
      const scan = new Scanner(part, this.#symbols, this.#here);
      const value = scan.number("symbols");
      if (value === undefined || !scan.atEnd()) {
        this.complain(statement, `"${place.text}" is no number and no label`, undefined, place);
        this.#data(0, size);
        continue;
      }
      const limit = 2 ** (8 * size);
      // Of a word the low half of 64 bits counts, as of `~0xffffff00`.
      const least = size === 4 ? 1 - limit : -limit / 2;
      if (value.value >= limit || value.value < least)
        this.complain(statement, `${value.value} does not fit ${size} bytes`, `${-limit / 2} to ${limit - 1}`, place);
      this.#data(value.value, size);
    }
  }
}
