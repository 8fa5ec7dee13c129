import { isRegister } from "./registers.js";

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

const numberPattern = /([-+]?)\s*(0x[0-9a-f]+|0b[01]+|[0-9]+)(?![\w.])/y;

/** What can stand behind an operand that is only a number, besides the end of the line. */
const behindNumber = ",]}!";

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Of a lower-case text: a letter or `_`. */
function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || code === 0x5f;
}

/** More digits are read the long way. */
const fewDigits = 12;

/** A character stands for its code. */
const characterPattern = /'(?:\\([bfnrt\\'])|([^\\']))'?/y;
export const escapes: Readonly<Record<string, number>> = { b: 8, f: 12, n: 10, r: 13, t: 9 };

/** Digits as JavaScript reads them: octal behind another 0; undefined when they are none (`08`). */
function readable(digits: string): string | undefined {
  if (!/^0\d/.test(digits)) return digits;
  return /[89]/.test(digits) ? undefined : `0o${digits}`;
}

/** More digits than any constant has are no number that fits. */
const mostDigits = 70;

const operatorPattern = /\s*(<<|>>|[-+*/%&|^])\s*(?=[-+\w.$(~'])/y;
/** How tightly each binds is GNU's assembler's rule and LLVM's, not C's: `1 << 4 + 1` is 17, `8 + 1 | 2` is 11. */
function rankOf(operator: string): number {
  return "+-".includes(operator) ? 0 : "|&^".includes(operator) ? 1 : 2;
}

/** Undefined for a division by nothing and for a shift by more than the 64 bits that a number has. */
function calculate(a: bigint, operator: string, b: bigint): bigint | undefined {
  const isShift = operator.length === 2;
  if (isShift ? b >> 6n !== 0n : b === 0n && "/%".includes(operator)) return undefined;
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "|":
      return a | b;
    case "&":
      return a & b;
    case "^":
      return a ^ b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return a % b;
    case "<<":
      return a << b;
    default:
      return BigInt.asUintN(64, a) >> b;
  }
}

function written(value: number): Written {
  return { negative: value < 0, magnitude: Math.abs(value), value };
}

const noSymbols: ReadonlyMap<string, number> = new Map();

/** Reads one line of assembly. It remembers the complaint furthest to the right, which is the one worth telling. */
export class Scanner {
  readonly source: string;
  readonly text: string;
  pos = 0;
  complaint: Complaint | undefined;
  readonly #symbols: ReadonlyMap<string, number>;
  #names: "symbols" | "registers" = "registers";

  /** What `.` stands for: the address of the line. */
  readonly #here: number;

  constructor(source: string, symbols: ReadonlyMap<string, number> = noSymbols, here = 0) {
    this.#here = here;
    // `$5` is an old way to write `#5`.
    this.source = source.includes("$") ? source.replace(/\$(?=[-(\d])/g, "#") : source;
    this.text = this.source.toLowerCase();
    this.#symbols = symbols;
  }

  /** The rank of complaints to come: those about wide encodings say more than those about narrow ones. */
  rank = 0;
  #rank = 0;
  #place = 0;

  /** Records a complaint at `at` unless a better one is known; always false, so that a parser can return it. */
  fail(message: string, hint?: string, at: number = this.pos): false {
    const known = this.complaint;
    // What is wrong with a number says more than that something else was expected there; it may be told at its `#`.
    const place = this.text[at] === "#" && !message.startsWith("expected") ? at + 1 : at;
    const better =
      known === undefined ||
      place > this.#place ||
      (place === this.#place && (this.rank > this.#rank || (hint !== undefined && known.hint === undefined)));
    if (better) {
      this.complaint = hint === undefined ? { at, message } : { at, message, hint };
      this.#rank = this.rank;
      this.#place = place;
    }
    return false;
  }

  space(): boolean {
    const { text, pos: start } = this;
    let at = start;
    for (let code = text.charCodeAt(at); code === 0x20 || code === 9; code = text.charCodeAt(at)) at++;
    this.pos = at;
    return at > start;
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
    const { text, pos: start } = this;
    if (!isLetter(text.charCodeAt(start))) return "";
    let end = start + 1;
    for (let code = text.charCodeAt(end); isLetter(code) || isDigit(code); code = text.charCodeAt(end)) end++;
    this.pos = end;
    return text.slice(start, end);
  }

  /** Takes the characters that a mnemonic has: letters, digits, `_` and `.`. */
  mnemonic(): string {
    const { text, pos: start } = this;
    let end = start;
    for (let code = text.charCodeAt(end); isLetter(code) || isDigit(code) || code === 0x2e; code = text.charCodeAt(end))
      end++;
    this.pos = end;
    return text.slice(start, end);
  }

  /**
   * Takes a number: decimal, `0x`, `0b`, octal behind a 0, a character, a symbol, or an expression of them with
   * `+ - * / % << >> & | ^ ~` and parentheses. A `#` before it is the caller's. Where a register could stand, its name is no
   * symbol, whatever the symbols say; where only an address can (`names`), it may be one.
   */
  number(names: "symbols" | "registers" = "registers"): Written | undefined {
    this.#names = names;
    this.space();
    const plain = this.#plainNumber();
    if (plain !== undefined) return plain;
    // Not by its size: whoever knows names by a rule counts none of them.
    if (this.#symbols === noSymbols && isLetter(this.text.charCodeAt(this.pos))) return undefined;
    if (this.eat(":lower16:")) return this.#half((value) => value & 0xffff);
    if (this.eat(":upper16:")) return this.#half((value) => value >>> 16);
    const start = this.pos;
    const exact = this.#sum(0, 0);
    if (exact === undefined) {
      this.pos = start;
      return undefined;
    }
    const value = Number(exact);
    // An expression that begins with a minus and comes to nothing is -0.
    return value === 0 && this.text[start] === "-" ? { negative: true, magnitude: 0, value: 0 } : written(value);
  }

  /** What most numbers are, the quick way: decimal digits, or `0x` and a few more, with a sign or not, and nothing to calculate. */
  #plainNumber(): Written | undefined {
    const { text, pos } = this;
    const sign = text.charCodeAt(pos);
    const negative = sign === 0x2d;
    const from = negative || sign === 0x2b ? pos + 1 : pos;
    const isHex = text.startsWith("0x", from);
    let at = isHex ? from + 2 : from;
    const start = at;
    let magnitude = 0;
    for (; at < start + fewDigits; at++) {
      const code = text.charCodeAt(at);
      if (isDigit(code)) magnitude = magnitude * (isHex ? 16 : 10) + code - 0x30;
      else if (isHex && code >= 0x61 && code <= 0x66) magnitude = magnitude * 16 + code - 0x57;
      else break;
    }
    // Digits behind a 0 are octal.
    const isOctal = !isHex && at > start + 1 && text.charCodeAt(start) === 0x30;
    if (at === start || isOctal || magnitude > 0xffffffff) return undefined;
    if (at < text.length && !behindNumber.includes(text[at]!)) return undefined;
    this.pos = at;
    return { negative, magnitude, value: negative ? -magnitude : magnitude };
  }

  /** The same, exactly: a number may have more than the 53 bits that `number` keeps. */
  bigNumber(): bigint | undefined {
    this.space();
    const start = this.pos;
    this.#names = "registers";
    const value = this.#sum(0, 0);
    if (value === undefined) this.pos = start;
    return value;
  }

  /** Half of an address, for MOVW and MOVT. */
  #half(of: (value: number) => number): Written | undefined {
    const value = this.#sum(0, 0);
    return value === undefined ? undefined : written(of(Number(BigInt.asUintN(32, value))));
  }

  /** Sign and digits of a number. */
  #digits(): RegExpExecArray | undefined {
    numberPattern.lastIndex = this.pos;
    const match = numberPattern.exec(this.text);
    if (match === null) return undefined;
    this.pos += match[0].length;
    return match;
  }

  #literal(): bigint | undefined {
    const start = this.pos;
    const digits = this.#digits();
    if (digits === undefined) return this.#character();
    const exact = readable(digits[2]!);
    if (exact === undefined || exact.length > mostDigits) {
      this.pos = start;
      return undefined;
    }
    return digits[1] === "-" ? -BigInt(exact) : BigInt(exact);
  }

  #character(): bigint | undefined {
    characterPattern.lastIndex = this.pos;
    // As it was written: the text is in lower case.
    const match = characterPattern.exec(this.source);
    if (match === null) return undefined;
    this.pos += match[0].length;
    return BigInt(escapes[match[1] ?? ""] ?? (match[1] ?? match[2]!).charCodeAt(0));
  }

  /** An expression whose operators bind at least as tightly as `level`; nesting is bounded. */
  #sum(level: number, depth: number): bigint | undefined {
    if (depth > 32) return undefined;
    let left = this.#primary(depth + 1);
    while (left !== undefined) {
      operatorPattern.lastIndex = this.pos;
      const match = operatorPattern.exec(this.text);
      const operator = match?.[1] ?? "";
      if (match === null || rankOf(operator) < level) return left;
      this.pos += match[0].length;
      const right = this.#sum(rankOf(operator) + 1, depth + 1);
      const made = right === undefined ? undefined : calculate(left, operator, right);
      left = made === undefined ? undefined : BigInt.asIntN(64, made);
    }
    return left;
  }

  #primary(depth: number): bigint | undefined {
    if (depth > 32) return undefined;
    if (this.eat("(")) {
      const inner = this.#sum(0, depth + 1);
      return inner !== undefined && this.eat(")") ? inner : undefined;
    }
    this.space();
    const digits = this.#literal();
    if (digits !== undefined) return digits;
    for (const sign of "~-+") {
      if (!this.eat(sign)) continue;
      const inner = this.#primary(depth + 1);
      return inner === undefined || sign === "+" ? inner : sign === "-" ? -inner : ~inner;
    }
    const name = /^(?:[A-Za-z_.$][\w.$]*|\d+[bf]\b)/.exec(this.source.slice(this.pos))?.[0];
    if (name === undefined || (this.#names === "registers" && isRegister(name))) return undefined;
    const address = name === "." ? this.#here : this.#symbols.get(name);
    if (address === undefined || !Number.isInteger(address)) return undefined;
    this.pos += name.length;
    return BigInt(address);
  }
}
