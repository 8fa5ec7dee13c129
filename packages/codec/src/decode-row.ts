import { type Condition, compileCondition, splitClauses, type Test } from "./clause.js";
import { type Pattern, parsePattern } from "./pattern.js";

/** Which instruction set: `t32` has 16-bit (T16) and 32-bit encodings. */
export type Isa = "a32" | "t32";

/** The conditions of a row. */
interface Conditions {
  readonly only?: string;
  readonly undefined?: string;
  readonly unpredictable?: string;
}

/** What a row says, as far as decoding needs it. */
export interface DecodeSays {
  readonly id: string;
  readonly diagram: string;
  get<K extends keyof Conditions>(name: K): Conditions[K];
}

/** One alternative of a row's UNDEFINED or UNPREDICTABLE condition. */
export interface Clause extends Condition {
  readonly text: string;
}

/** What is made of a row's text. */
class Made {
  pattern: Pattern | undefined;
  /** null until it is asked for; undefined when there is none. */
  only: Condition | undefined | null = null;
  undefined: Clause[] | undefined;
  unpredictable: Clause[] | undefined;
}

/** A part of the table. */
interface Part<S> {
  /** The position in the table of its first row. */
  readonly first: number;
  readonly isa: Isa;
  readonly narrow?: true;
  row(place: number): S;
}

/**
 * What decoding needs of an encoding; it is compiled when it is first asked for. There are many rows, and most are never
 * asked, so a row has few fields and none that is private to the engine: making all of them is most of what an import does.
 */
export class DecodeRow<S extends DecodeSays = DecodeSays, Lines = unknown> {
  /** Position in the table. */
  declare readonly index: number;
  declare protected readonly part: Part<S>;
  declare private made: Made | undefined;
  /** What a row with syntax makes of it. */
  declare protected lines: Lines | undefined;

  constructor(part: Part<S>, index: number) {
    this.index = index;
    this.part = part;
    this.made = undefined;
    this.lines = undefined;
  }

  protected get says(): S {
    return this.part.row(this.index - this.part.first);
  }

  private known(): Made {
    this.made ??= new Made();
    return this.made;
  }

  get isa(): Isa {
    return this.part.isa;
  }

  /** Bytes. */
  get size(): 2 | 4 {
    return this.part.narrow ? 2 : 4;
  }

  /** The manual's instruction and encoding: `ADC_imm_A1`, `B_T4`. */
  get id(): string {
    return this.says.id;
  }

  /** The encoding diagram. */
  get diagram(): string {
    return this.says.diagram;
  }

  get pattern(): Pattern {
    const known = this.known();
    known.pattern ??= parsePattern(this.diagram);
    return known.pattern;
  }

  /** Holds for the words that are this instruction and no other of the same pattern. */
  get only(): Test | undefined {
    return this.onlyCondition?.test;
  }

  get onlyCondition(): Condition | undefined {
    const known = this.known();
    if (known.only === null) {
      const only = this.says.get("only");
      known.only = only === undefined ? undefined : compileCondition(only, this.pattern);
    }
    return known.only;
  }

  get undefinedClauses(): readonly Clause[] {
    const known = this.known();
    known.undefined ??= this.clauses(this.says.get("undefined"));
    return known.undefined;
  }

  get unpredictableClauses(): readonly Clause[] {
    const known = this.known();
    known.unpredictable ??= this.clauses(this.says.get("unpredictable"));
    return known.unpredictable;
  }

  private clauses(text: string | undefined): Clause[] {
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
