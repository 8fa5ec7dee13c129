import { Draft } from "./draft.js";
import type { Encoding, Isa, Line } from "./encoding.js";
import { stemsA32, stemsT32 } from "./generated/stems.js";
import { DecodedInsn, type Insn } from "./insn.js";
import { type ItState, inItBlock, noIt } from "./it-state.js";
import { numbersOf } from "./numbers.js";
import { rewrites } from "./rewrites.js";
import { type Complaint, Scanner } from "./scanner.js";
import { stateOf } from "./table/find.js";
import { encodings } from "./table/index.js";
import { stemOf, type Template } from "./template.js";

/** What is wrong with a text, where, and what would be accepted. Lines and columns count from 1. */
export interface Issue {
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly message: string;
  readonly hint?: string;
}

/** The instruction, or what is wrong with its text and where. */
export type ParseResult =
  | { readonly ok: true; readonly insn: Insn }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** What an instruction's text means depends on: the instruction set, its address in bytes, the IT state before it, and symbols. */
export interface ParseOptions {
  readonly isa: Isa;
  readonly address?: number;
  readonly it?: ItState;
  readonly symbols?: ReadonlyMap<string, number>;
}

/** A syntax line that a text may be written in. */
class Candidate {
  readonly encoding: Encoding;
  readonly #line: Line;
  #template: Template | undefined;

  constructor(encoding: Encoding, line: Line) {
    this.encoding = encoding;
    this.#line = line;
  }

  /** Compiled when a mnemonic first comes near it. */
  get template(): Template {
    this.#template ??= this.#line.compile();
    return this.#template;
  }
}

/** The rows with a syntax line whose mnemonic starts with a literal, as text, by the literal. */
class Stems {
  readonly #text: string;
  readonly #lines = new Map<string, readonly Candidate[]>();

  constructor(text: string) {
    this.#text = ` ${text} `;
  }

  /** Syntax lines with this stem; narrow encodings come first, as in the table. */
  lines(stem: string): readonly Candidate[] {
    const known = this.#lines.get(stem);
    if (known !== undefined) return known;
    const name = ` ${stem}=`;
    const at = this.#text.indexOf(name);
    if (at < 0) return none;
    const lines: Candidate[] = [];
    let number = 0;
    for (const step of numbersOf(this.#text.slice(at + name.length, this.#text.indexOf(" ", at + 1)))) {
      number += step;
      const encoding = encodings[number - 1]!;
      const taken = new Set<string>();
      for (const line of encoding.taken) {
        if (stemOf(line.text) !== stem) continue;
        // Lines that differ only in how they print are one to the parser.
        const plain = line.text.replace(/,zero|~\d/g, "");
        if (!taken.has(plain)) lines.push(new Candidate(encoding, line));
        taken.add(plain);
      }
    }
    this.#lines.set(stem, lines);
    return lines;
  }
}

const none: readonly Candidate[] = [];
const stems: Partial<Record<Isa, Stems>> = {};

function byStem(isa: Isa, stem: string): readonly Candidate[] {
  stems[isa] ??= new Stems(isa === "a32" ? stemsA32 : stemsT32);
  return stems[isa].lines(stem);
}

const longestStem = 12;

/** The syntax lines whose mnemonic one may be, the longest stems first. Each is looked at when those before it have not served. */
class Candidates {
  readonly #near: readonly Candidate[];
  readonly #mnemonic: string;
  readonly #it: ItState;
  readonly #matching: Candidate[] = [];
  #seen = 0;

  constructor(near: readonly Candidate[], mnemonic: string, it: ItState) {
    this.#near = near;
    this.#mnemonic = mnemonic;
    this.#it = it;
  }

  /** The one at a place. Without any, all that come near, for their complaints. */
  at(place: number): Candidate | undefined {
    const matching = this.#matching;
    while (matching.length <= place && this.#seen < this.#near.length) {
      const candidate = this.#near[this.#seen++]!;
      const draft = new Draft(candidate.encoding, 0, this.#it);
      if (candidate.template.matchesMnemonic(new Scanner(this.#mnemonic), draft)) matching.push(candidate);
    }
    return matching.length > 0 ? matching[place] : this.#near[place];
  }
}

/** What a mnemonic can be, remembered, because few are written again and again: by the instruction set and the condition of ITSTATE. */
const remembered: Map<string, Candidates>[] = [];
const mostRemembered = 4096;
let countRemembered = 0;

function candidates(isa: Isa, mnemonic: string, it: ItState): Candidates {
  const place = isa === "a32" ? 0 : inItBlock(it) ? 2 + (it >> 4) : 1;
  remembered[place] ??= new Map();
  const known = remembered[place].get(mnemonic);
  if (known !== undefined) return known;
  const near: Candidate[] = [];
  for (let length = Math.min(mnemonic.length, longestStem); length > 0; length--)
    near.push(...byStem(isa, mnemonic.slice(0, length)));
  const made = new Candidates(near, mnemonic, it);
  if (countRemembered >= mostRemembered) {
    for (const map of remembered) map?.clear();
    countRemembered = 0;
  }
  remembered[place].set(mnemonic, made);
  countRemembered++;
  return made;
}

/**
 * Parses exactly one instruction, in the syntax of any print profile.
 *
 * @param text - one line without label or comment
 * @param options - the instruction set, and the address, ITSTATE and symbols where they matter
 * @returns the instruction, which may be UNPREDICTABLE; or what is wrong, where, and what would be accepted
 * @example
 * ```ts
 * const parsed = parse("b.w 0x9000", { isa: "t32", address: 0x1000 });
 * parsed.ok && parsed.insn.word; // 0xf007bffe
 * ```
 */
export function parse(text: string, options: ParseOptions): ParseResult {
  return parseSized(text, options, 2);
}

/** The same, taking no encoding of fewer bytes than `least`. */
export function parseSized(text: string, options: ParseOptions, least: 2 | 4): ParseResult {
  const exact = parseExactly(text, options, least);
  if (exact.ok && exact.insn.status !== "unpredictable") return exact;
  for (const other of rewrites(text, options)) {
    const result = parseExactly(other, options, least);
    if (result.ok && (!exact.ok || result.insn.status === "ok")) return result;
  }
  return exact;
}

/** Takes a line only as a syntax of the table has it. */
export function parseExactly(text: string, options: ParseOptions, least: 2 | 4): ParseResult {
  const { isa, address = 0, it = noIt, symbols } = options;
  const source = text.trimEnd();
  const start = source.length - source.trimStart().length;
  if (source[start] === ".") {
    const raw = parseRaw(source, options);
    if (raw !== undefined) return raw;
  }
  const scan = new Scanner(source, symbols, address);
  scan.pos = start;
  const mnemonic = scan.mnemonic();
  let fallback: Insn | undefined;
  const lines = candidates(isa, mnemonic, it);
  for (let place = 0; ; place++) {
    const line = lines.at(place);
    if (line === undefined) break;
    const { encoding, template } = line;
    if (encoding.size < least) continue;
    scan.pos = start;
    scan.rank = encoding.size;
    const draft = new Draft(encoding, address, it);
    if (template.parse(scan, draft)) {
      const word = draft.word >>> 0;
      const insn = rawInsn(isa, word, encoding.size, address, it);
      if (encoding.only !== undefined && !encoding.only(word, it)) {
        if (isFloatingPoint(encoding, word)) return { ok: true, insn };
        continue;
      }
      // The word may belong to a more specific row, which must then be another way to say the same.
      const same = insn.encoding === encoding || encoding.fact("hasNames") === true;
      if (!same && !insn.encoding?.templates().some(({ stem }) => stem === template.stem)) continue;
      // Registers that a form cannot have make it UNDEFINED; UDF is meant to be.
      if (insn.status === "undefined" && insn.mnemonic !== "udf") continue;
      // Of several forms the first that the manual allows; else what it calls UNPREDICTABLE, as written.
      if (insn.status !== "unpredictable") return { ok: true, insn };
      fallback ??= insn;
    }
  }
  if (fallback !== undefined) return { ok: true, insn: fallback };
  const { complaint } = scan;
  if (complaint === undefined || complaint.message === "unknown instruction") {
    const message = `"${mnemonic}" is no ${isa === "a32" ? "A32" : "Thumb"} instruction`;
    return { ok: false, issues: [issue(source, { at: start, message, ...hintFor(mnemonic, isa) })] };
  }
  return { ok: false, issues: [issue(source, complaint)] };
}

/** What to write for a width in A32, and for a mnemonic of processors that kept their flags in the PC: `teqp`. */
function hintFor(mnemonic: string, isa: Isa): { readonly hint?: string } {
  if (isa === "a32" && /\.[nw]$/.test(mnemonic)) return { hint: "A32 has one width" };
  const old = /^((?:teq|tst|cmp|cmn)(?:\w\w)?)p$/.exec(mnemonic);
  return old === null ? {} : { hint: `${old[1]} sets the flags, and so does msr apsr_nzcvq, #0xf0000000` };
}

/** Coprocessors 10 and 11 are floating-point and Advanced SIMD; a line may still say it by their numbers. */
function isFloatingPoint({ pattern }: Encoding, word: number): boolean {
  const place = pattern.fields.get("coproc");
  return place !== undefined && ((word >>> place.shift) & 14) === 10;
}

function issue(source: string, complaint: Complaint): Issue {
  const rest = /^[^\s,\]})]+/.exec(source.slice(complaint.at))?.[0] ?? "";
  const base = { line: 1, column: complaint.at + 1, length: Math.max(1, rest.length), message: complaint.message };
  return complaint.hint === undefined ? base : { ...base, hint: complaint.hint };
}

/** `.inst`, `.inst.n`, `.inst.w`: a word as it is. */
function parseRaw(source: string, { isa, address = 0, it = noIt, symbols }: ParseOptions): ParseResult | undefined {
  const match = /^\s*\.inst(\.[nw])?\s+(.+)$/i.exec(source);
  if (match === null) return undefined;
  const scan = new Scanner(match[2]!, symbols, address);
  const value = scan.number()?.value ?? Number.NaN;
  const refuse = (message: string): ParseResult => ({
    ok: false,
    issues: [issue(source, { at: source.search(/\.inst/i), message })],
  });
  if (Number.isNaN(value) || !scan.atEnd()) return refuse("expected a number");
  if (isa === "a32" && match[1] !== undefined) return refuse("A32 has one width");
  const size = isa === "a32" || match[1]?.toLowerCase() === ".w" ? 4 : match[1] || value < 0xe800 ? 2 : 4;
  const wide = isa === "t32" && (size === 4 ? value < 0xe8000000 : value >= 0xe800);
  if (value < 0 || value > (size === 4 ? 0xffffffff : 0xffff) || wide)
    return refuse("the number is no opcode of this width");
  return { ok: true, insn: rawInsn(isa, value, size, address, it) };
}

function rawInsn(isa: Isa, word: number, size: 2 | 4, address: number, it: ItState): Insn {
  return new DecodedInsn(isa, word, size, address, it, stateOf(isa, word));
}
