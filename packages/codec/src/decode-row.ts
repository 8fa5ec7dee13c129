import { type Condition, compileCondition, splitClauses, type Test } from "./clause.js";
import { type Pattern, parsePattern } from "./pattern.js";

/** Which instruction set: `t32` has 16-bit (T16) and 32-bit encodings. */
export type Isa = "a32" | "t32";

/** What a row says that decoding needs, besides its diagram. */
export interface Conditions {
  readonly only?: string;
  readonly undefined?: string;
  readonly unpredictable?: string;
}

/** One alternative of a row's UNDEFINED or UNPREDICTABLE condition. */
export interface Clause extends Condition {
  readonly text: string;
}

/** What is made of a row's text. */
class Made {
  pattern: Pattern | undefined;
  only: Condition | undefined;
  undefined: Clause[] | undefined;
  unpredictable: Clause[] | undefined;
}

/** What decoding needs of an encoding; it is compiled when it is first asked for. */
export abstract class DecodeRow {
  readonly isa: Isa;
  /** Bytes. */
  readonly size: 2 | 4;
  /** Position in the table. */
  readonly index: number;
  /** One field for all that is made later: there are many rows, and most are never asked. */
  #made: Made | undefined;

  constructor(isa: Isa, size: 2 | 4, index: number) {
    this.isa = isa;
    this.size = size;
    this.index = index;
  }

  /** The manual's instruction and encoding: `ADC_imm_A1`, `B_T4`. */
  abstract get id(): string;

  /** The encoding diagram. */
  abstract get diagram(): string;

  abstract get conditions(): Conditions;

  get #known(): Made {
    this.#made ??= new Made();
    return this.#made;
  }

  get pattern(): Pattern {
    const known = this.#known;
    known.pattern ??= parsePattern(this.diagram);
    return known.pattern;
  }

  /** Holds for the words that are this instruction and no other of the same pattern. */
  get only(): Test | undefined {
    return this.onlyCondition?.test;
  }

  get onlyCondition(): Condition | undefined {
    const { only } = this.conditions;
    if (only === undefined) return undefined;
    const known = this.#known;
    known.only ??= compileCondition(only, this.pattern);
    return known.only;
  }

  get undefinedClauses(): readonly Clause[] {
    const known = this.#known;
    known.undefined ??= this.#clauses(this.conditions.undefined);
    return known.undefined;
  }

  get unpredictableClauses(): readonly Clause[] {
    const known = this.#known;
    known.unpredictable ??= this.#clauses(this.conditions.unpredictable);
    return known.unpredictable;
  }

  #clauses(text: string | undefined): Clause[] {
    if (text === undefined) return [];
    return splitClauses(text).map((clause) => ({ text: clause, ...compileCondition(clause, this.pattern) }));
  }
}

/** Why a word is not `ok`. */
export interface Reason {
  readonly kind: "undefined" | "unpredictable" | "should-be" | "unallocated";
  /** The clause of the table, in the manual's names: `Rd == 15`. */
  readonly clause: string;
}

/** Every clause of a row that holds for a word. */
export function reasonsOf(row: DecodeRow | undefined, word: number, it: number): Reason[] {
  if (row === undefined) return [{ kind: "unallocated", clause: "no instruction has this encoding" }];
  const reasons: Reason[] = [];
  const { shouldMask, shouldValue } = row.pattern;
  for (const { text, test } of row.undefinedClauses)
    if (test(word, it)) reasons.push({ kind: "undefined", clause: text });
  if (((word ^ shouldValue) & shouldMask) !== 0)
    reasons.push({ kind: "should-be", clause: `should-be bits of ${row.diagram}` });
  for (const { text, test } of row.unpredictableClauses)
    if (test(word, it)) reasons.push({ kind: "unpredictable", clause: text });
  return reasons;
}
