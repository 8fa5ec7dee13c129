import { conditionCode, conditions } from "./condition.js";
import type { Draft } from "./draft.js";
import type { Encoding } from "./encoding.js";
import { inItBlock } from "./it-state.js";
import type { Operand } from "./operand.js";
import type { OperandCodec, Piece, Site } from "./operands/codec.js";
import { operandCodec } from "./operands/index.js";
import { Bits } from "./pattern.js";
import type { Profile } from "./profile.js";
import type { Scanner } from "./scanner.js";

/**
 * A syntax line, for printing and for parsing.
 *
 * `adc{s}{c}{.w} {<Rd>, }<Rn>, <Rm><shift(type,imm5)>`: `{s}` the S field, `{its}` "s" outside an IT block, `{c}` the
 * condition, `{.w}` the width qualifier, `{<Rd>, }` an operand that may be left out when it equals the next one,
 * `<…>` an operand. Everything else is literal; the first space ends the mnemonic.
 */
type Item =
  /** `pieces` are the text, cut about the registers that it names. */
  | { readonly t: "lit"; readonly text: string; readonly pieces: readonly string[] }
  | { readonly t: "gap" }
  | { readonly t: "cond" }
  | { readonly t: "s"; readonly bits: Bits | undefined }
  | { readonly t: "w" }
  | { readonly t: "op"; readonly codec: OperandCodec; readonly optional: boolean };

/** A piece of a line that is printed from the word and ITSTATE, with the literal behind it. */
export interface Part extends Piece {
  readonly target: OperandCodec["target"];
  readonly displacement: OperandCodec["displacement"];
  /** Whether ITSTATE decides it, besides the word. */
  readonly usesIt: boolean;
  readonly after: string;
}

/** What stands between mnemonic and operands: the machine profiles have a tab there. */
const separate: Piece["print"] = (_, profile) => (profile === "gnu" || profile === "llvm" ? "\t" : " ");

/** The literal that a syntax line starts with. */
export function stemOf(syntax: string): string {
  return /^[a-z0-9_]*/.exec(syntax)![0];
}

export class Template {
  readonly text: string;
  /** The literal the mnemonic starts with: what the assembler looks a line up by. */
  readonly stem: string;
  readonly #encoding: Encoding;
  readonly #items: readonly Item[];
  readonly #cond: Bits | undefined;
  /** The line for printing: a literal, then parts with the literal behind each. */
  readonly head: string;
  readonly parts: readonly Part[];
  /** Fields that the text implies, as `field == number` parts of the alias's condition. */
  readonly #implied: readonly { readonly bits: Bits; readonly value: number }[];

  constructor(text: string, encoding: Encoding, when = "") {
    this.text = text;
    this.#encoding = encoding;
    this.stem = stemOf(text);
    this.#cond = encoding.hasCond ? new Bits(encoding.pattern, "cond") : undefined;
    this.#items = compile(text, encoding);
    let head = "";
    const parts: Part[] = [];
    for (const item of this.#items) {
      const text = item.t === "lit" ? item.text : item.t === "w" ? ".w" : undefined;
      const last = parts.at(-1);
      if (text === undefined) parts.push(...this.#partsOf(item));
      else if (last === undefined) head += text;
      else parts[parts.length - 1] = { ...last, after: last.after + text };
    }
    this.head = head;
    this.parts = parts;
    // A form that shows no condition is written with AL: BKPT, HVC.
    const always = encoding.isa === "a32" && encoding.hasCond && !text.includes("{c}") ? "cond == 14" : "";
    const implied = `${when} ${encoding.fact("implied") ?? ""} ${always}`;
    this.#implied = implied.includes("==")
      ? [...implied.matchAll(/([\w:]+) == (\w+)/g)].map(([, name, value]) => ({
          bits: new Bits(encoding.pattern, name!),
          value: Number(value),
        }))
      : [];
  }

  #partsOf(item: Item): Part[] {
    const cond = this.#cond;
    const plain = { shows: 0, target: undefined, displacement: undefined, usesIt: false, after: "" };
    if (item.t === "op") {
      const { print, mask, shows = 0, target, displacement, pieces = [{ print, shows: mask | shows }] } = item.codec;
      const end = item.optional ? ", " : "";
      return pieces.map((piece, i) => ({
        ...plain,
        ...piece,
        target,
        displacement,
        after: i === pieces.length - 1 ? end : "",
      }));
    }
    if (item.t === "cond")
      return [
        {
          ...plain,
          shows: cond?.mask ?? 0,
          usesIt: cond === undefined,
          print: (insn, profile) => conditionSuffix(insn, cond, profile),
        },
      ];
    const bits = item.t === "s" ? item.bits : undefined;
    if (bits) return [{ ...plain, shows: bits.mask, print: (insn) => (bits.read(insn.word) ? "s" : "") }];
    return item.t === "s"
      ? [{ ...plain, usesIt: true, print: (insn) => (inItBlock(insn.it) ? "" : "s") }]
      : [{ ...plain, print: separate }];
  }

  /** The bits that the text decides besides its operands: condition, S, and what an alias implies. Signed. */
  get mask(): number {
    let mask = 0;
    for (const item of this.#items) if (item.t === "s" && item.bits) mask |= item.bits.mask;
    if (this.#items.some((item) => item.t === "cond")) mask |= this.#cond?.mask ?? 0;
    for (const { bits } of this.#implied) mask |= bits.mask;
    return mask;
  }

  get operands(): OperandCodec[] {
    return this.#items.flatMap((item) => (item.t === "op" ? [item.codec] : []));
  }

  read(insn: Site): Operand[] {
    return this.operands.map((codec) => codec.read(insn));
  }

  /** The text of an instruction. */
  print(insn: Site, profile: Profile): string {
    let text = this.head;
    const { parts } = this;
    for (let i = 0; i < parts.length; i++) {
      const { print, after } = parts[i]!;
      text += print(insn, profile);
      text += after;
    }
    return text;
  }

  /** Matches the line; on success the draft is complete. */
  parse(scan: Scanner, draft: Draft): boolean {
    const start = scan.pos;
    for (const { bits, value } of this.#implied) draft.set(bits, value);
    const { word, known } = draft;
    if (this.#match(scan, draft, false)) return true;
    if (!this.#items.some((item) => item.t === "op" && item.optional)) return false;
    if (this.#encoding.fact("fullInIt") === true && inItBlock(draft.it)) return false;
    scan.pos = start;
    draft.word = word;
    draft.known = known;
    return this.#match(scan, draft, true);
  }

  /** Whether the part of this line up to its first space can be the mnemonic that `scan` stands at. */
  matchesMnemonic(scan: Scanner, draft: Draft): boolean {
    return this.#match(scan, draft, false, true);
  }

  #match(scan: Scanner, draft: Draft, short: boolean, mnemonicOnly = false): boolean {
    let pending: OperandCodec | undefined;
    let inMnemonic = true;
    for (const item of this.#items) {
      switch (item.t) {
        case "lit":
          if (inMnemonic) {
            if (!scan.exactly(item.text)) return scan.fail("unknown instruction");
          } else if (!eatLiteral(scan, item)) return false;
          break;
        case "gap":
          inMnemonic = false;
          if (!this.#endMnemonic(scan)) return scan.fail("unknown instruction");
          if (mnemonicOnly) return true;
          scan.space();
          break;
        case "cond":
          if (!this.#takeCondition(scan, draft)) return false;
          break;
        case "s": {
          const s = scan.exactly("s");
          if (item.bits) draft.set(item.bits, s ? 1 : 0);
          else if (s === inItBlock(draft.it))
            return scan.fail(
              s ? "the narrow form sets no flags inside an IT block" : "the narrow form sets the flags here",
            );
          break;
        }
        case "w":
          scan.exactly(".w");
          break;
        default: {
          if (item.optional && short) {
            pending = item.codec;
            break;
          }
          const from = scan.pos;
          if (!item.codec.parse(scan, draft)) return false;
          if (pending) {
            const to = scan.pos;
            scan.pos = from;
            if (!pending.parse(scan, draft)) return false;
            scan.pos = to;
            pending = undefined;
          }
          if (item.optional && !eatExactly(scan, ", ")) return false;
        }
      }
    }
    if (inMnemonic && !this.#endMnemonic(scan)) return scan.fail("unknown instruction");
    return scan.atEnd() || scan.fail("unexpected text after the instruction");
  }

  /** `.w` and `.n` are taken by every Thumb encoding of that width. */
  #endMnemonic(scan: Scanner): boolean {
    if (this.#encoding.isa === "t32") scan.exactly(this.#encoding.size === 2 ? ".n" : ".w");
    const next = scan.text.charCodeAt(scan.pos);
    return next !== 0x2e && endsName(next);
  }

  #takeCondition(scan: Scanner, draft: Draft): boolean {
    const start = scan.pos;
    const code = endsName(scan.text.charCodeAt(start)) ? undefined : conditionCode(scan.text.slice(start, start + 2));
    if (code !== undefined) scan.pos += 2;
    const wanted = code ?? 14;
    if (this.#cond) {
      if (draft.encoding.isa === "t32" && inItBlock(draft.it)) return scan.fail("not allowed inside an IT block");
      return (
        draft.set(this.#cond, wanted) || scan.fail("this form takes a condition other than this", undefined, start)
      );
    }
    const isA32 = draft.encoding.isa === "a32";
    const needed = !isA32 && inItBlock(draft.it) ? Math.min(draft.it >> 4, 14) : 14;
    if (wanted === needed) return true;
    scan.pos = start;
    if (isA32) return scan.fail("this instruction is always executed", "write it without a condition", start);
    return scan.fail(
      needed === 14 ? "a condition needs an IT instruction before it" : "the condition is not the one of the IT block",
      needed === 14 ? undefined : `write the suffix ${conditions[needed]}`,
      start,
    );
  }
}

/** A space, a tab, a dot, or (NaN) the end of the text. */
function endsName(code: number): boolean {
  return code === 0x20 || code === 9 || code === 0x2e || Number.isNaN(code);
}

const numbers: Readonly<Record<string, string>> = { sp: "r13", lr: "r14", pc: "r15" };

function literal(text: string): Item {
  return { t: "lit", text, pieces: text.split(/\b(sp|lr|pc)\b/) };
}

/** Takes a literal; each register that it names may be written by its number. */
function eatLiteral(
  scan: Scanner,
  { text, pieces }: { readonly text: string; readonly pieces: readonly string[] },
): boolean {
  const start = scan.pos;
  if (eatExactly(scan, text)) return true;
  if (pieces.length === 1) return false;
  scan.pos = start;
  return pieces.every((piece) => {
    const from = scan.pos;
    if (eatExactly(scan, piece)) return true;
    const number = numbers[piece];
    scan.pos = from;
    return number !== undefined && eatExactly(scan, number);
  });
}

function eatExactly(scan: Scanner, text: string): boolean {
  // Most are written as they are printed.
  if (scan.exactly(text)) {
    if (text.endsWith(" ")) scan.space();
    return true;
  }
  for (const char of text) {
    if (char === " ") scan.space();
    else if (!scan.eat(char) && char !== "#" && !(char === "$" && scan.eat("#")))
      return scan.fail(`expected "${char}"`, `write ${char} here`);
  }
  return true;
}

/** The condition as a suffix, "" for always. LLVM and the manual say `hs` and `lo`, GNU `cs` and `cc`. */
function conditionSuffix(insn: Site, cond: Bits | undefined, profile: Profile): string {
  const code = cond ? cond.read(insn.word) : inItBlock(insn.it) && insn.isa === "t32" ? insn.it >> 4 : 14;
  if (code >= 14) return "";
  if (profile === "gnu" || profile === "preUal") {
    if (code === 2) return "cs";
    if (code === 3) return "cc";
  }
  return conditions[code]!;
}

function compile(text: string, encoding: Encoding): Item[] {
  const items: Item[] = [];
  let gap = false;
  const pieces = text.match(/\{(?:s|c|its|\.w)\}|\{<[^>]*>, \}|<[^>]*>|[^{<]+|./g) ?? [];
  for (const piece of pieces) {
    if (piece === "{c}") items.push({ t: "cond" });
    else if (piece === "{s}") items.push({ t: "s", bits: new Bits(encoding.pattern, "S") });
    else if (piece === "{its}") items.push({ t: "s", bits: undefined });
    else if (piece === "{.w}") items.push({ t: "w" });
    else if (piece.startsWith("{<"))
      items.push({ t: "op", codec: operandCodec(piece.slice(2, -4), encoding), optional: true });
    else if (piece.startsWith("<"))
      items.push({ t: "op", codec: operandCodec(piece.slice(1, -1), encoding), optional: false });
    else if (!gap && piece.includes(" ")) {
      gap = true;
      const [before, ...after] = piece.split(" ");
      if (before) items.push(literal(before));
      items.push({ t: "gap" });
      const rest = after.join(" ");
      if (rest) items.push(literal(rest));
    } else items.push(literal(piece));
  }
  return items;
}
