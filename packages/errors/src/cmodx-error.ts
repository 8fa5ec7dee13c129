/** What every error of the cmodx packages carries besides its message. */
export interface ErrorFacts<Code extends string = string> {
  /** Stable name of the failure; scripts and translations key on it. */
  readonly code: Code;
  /** What is wrong, one line, without a final full stop. */
  readonly what: string;
  /** What the caller can do about it, one line, without a final full stop. */
  readonly remedy: string;
  /** The values behind the sentence, by name: numbers stay numbers, addresses are in bytes. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** What every copy of `CmodxError` knows the errors of the others by. */
const brand: symbol = Symbol.for("@cmodx/errors");

/**
 * A caller's mistake or an input that cannot be read. Facts about the modelled world are never thrown: they are results.
 *
 * Each package throws a subclass with its own union of codes, so `catch` can tell them apart by `name` or by `code`. A package may
 * bring a copy of this class in its own file: `instanceof CmodxError` holds for the errors of all copies.
 *
 * @example
 * ```ts
 * const error = new CmodxError({ code: "E_RANGE", what: "imm12 is 4096", remedy: "use 0 to 4095", facts: { imm12: 4096 } });
 * error.message; // "imm12 is 4096; use 0 to 4095"
 * error.docs; // "docs/errors.md#e_range"
 * ```
 */
export class CmodxError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly what: string;
  readonly remedy: string;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Where the failure is explained: a path in the cmodx repository and on its docs site. */
  readonly docs: string;

  /**
   * Makes an error; a package's own class does it.
   *
   * @param error - the stable code, what is wrong, what to do about it, facts to compute with
   */
  constructor({ code, what, remedy, facts = {}, cause }: ErrorFacts<Code>) {
    super(`${what}; ${remedy}`, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.what = what;
    this.remedy = remedy;
    this.facts = facts;
    this.docs = `docs/errors.md#${code.toLowerCase()}`;
    // Not enumerable: whoever prints the error, or compares it, does not see it.
    Object.defineProperty(this, brand, { value: true });
  }

  /**
   * Whether a value is an error of the class that is asked, as ever; of this class, an error of any copy of it.
   *
   * @param value - anything
   * @returns true for an error of the class
   * @example
   * ```ts
   * const error = new CmodxError({ code: "E_RANGE", what: "imm12 is 4096", remedy: "use 0 to 4095" });
   * error instanceof CmodxError; // true
   * ```
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this, and then it is the class that is asked.
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    // biome-ignore lint/complexity/noThisInStatic: as above
    return this === CmodxError && typeof value === "object" && value !== null && brand in value;
  }
}
