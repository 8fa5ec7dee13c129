/** Why a text did not match, at a column of the line (0 based). */
export interface Complaint {
  readonly at: number;
  readonly message: string;
  readonly hint?: string;
}

/** A number as written: the sign apart from the magnitude, because `#-0` is its own encoding. */
export interface Written {
  readonly negative: boolean;
  readonly magnitude: number;
  readonly value: number;
}

const wordPattern = /[a-z_][a-z0-9_]*/y;
const numberPattern = /([-+]?)\s*(0x[0-9a-f]+|0b[01]+|[0-9]+)(?![\w.])/y;

/** Reads one line of assembly. It remembers the complaint furthest to the right, which is the one worth telling. */
export class Scanner {
  readonly source: string;
  readonly text: string;
  pos = 0;
  complaint: Complaint | undefined;
  readonly #symbols: ReadonlyMap<string, number>;

  constructor(source: string, symbols: ReadonlyMap<string, number> = new Map()) {
    this.source = source;
    this.text = source.toLowerCase();
    this.#symbols = symbols;
  }

  /** The rank of complaints to come: those about wide encodings say more than those about narrow ones. */
  rank = 0;
  #rank = 0;

  /** Records a complaint at `at` unless a better one is known; always false, so that a parser can return it. */
  fail(message: string, hint?: string, at: number = this.pos): false {
    const known = this.complaint;
    const better =
      known === undefined ||
      at > known.at ||
      (at === known.at && (this.rank > this.#rank || (hint !== undefined && known.hint === undefined)));
    if (better) {
      this.complaint = hint === undefined ? { at, message } : { at, message, hint };
      this.#rank = this.rank;
    }
    return false;
  }

  space(): boolean {
    const start = this.pos;
    while (this.text[this.pos] === " " || this.text[this.pos] === "\t") this.pos++;
    return this.pos > start;
  }

  atEnd(): boolean {
    this.space();
    return this.pos >= this.text.length;
  }

  /** Takes `literal` if it is next; spaces before it are skipped. */
  eat(literal: string): boolean {
    const start = this.pos;
    this.space();
    if (this.text.startsWith(literal, this.pos)) {
      this.pos += literal.length;
      return true;
    }
    this.pos = start;
    return false;
  }

  /** Takes the characters of `literal` with nothing skipped. */
  exactly(literal: string): boolean {
    if (!this.text.startsWith(literal, this.pos)) return false;
    this.pos += literal.length;
    return true;
  }

  /** Takes a name (letter or `_`, then letters, digits, `_`), lower case; "" when there is none. */
  word(): string {
    this.space();
    wordPattern.lastIndex = this.pos;
    const match = wordPattern.exec(this.text);
    if (match === null) return "";
    this.pos += match[0].length;
    return match[0];
  }

  /** Takes a number: decimal, `0x`, `0b`, or a symbol with an optional `+n` or `-n`. A `#` before it is the caller's. */
  number(): Written | undefined {
    this.space();
    numberPattern.lastIndex = this.pos;
    const match = numberPattern.exec(this.text);
    if (match) {
      this.pos += match[0].length;
      const magnitude = Number(match[2]);
      const negative = match[1] === "-";
      return { negative, magnitude, value: negative ? -magnitude : magnitude };
    }
    const name = /^[A-Za-z_.$][\w.$]*/.exec(this.source.slice(this.pos))?.[0];
    const address = name === undefined ? undefined : this.#symbols.get(name);
    if (name === undefined || address === undefined) return undefined;
    this.pos += name.length;
    let value = address;
    const more = /^\s*([-+])\s*(0x[0-9a-f]+|[0-9]+)/.exec(this.text.slice(this.pos));
    if (more) {
      this.pos += more[0].length;
      value += more[1] === "-" ? -Number(more[2]) : Number(more[2]);
    }
    return { negative: value < 0, magnitude: Math.abs(value), value };
  }
}
