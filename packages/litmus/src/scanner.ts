import type { Position } from "./litmus-test.js";

/** Stops a parse: caught at its entry, which returns it as an issue. */
export class ParseFailure {
  readonly position: Position;
  readonly message: string;
  constructor(position: Position, message: string) {
    this.position = position;
    this.message = message;
  }
}

/** Reads text from a position, told apart from its surroundings only by the offset where it starts. */
export class Scanner {
  readonly text: string;
  readonly end: number;
  at: number;
  readonly #lineStarts: readonly number[];

  constructor(text: string, start = 0, end: number = text.length, lineStarts: readonly number[] = starts(text)) {
    this.text = text;
    this.at = start;
    this.end = end;
    this.#lineStarts = lineStarts;
  }

  /** A scanner for a part of the same text. */
  part(start: number, end: number): Scanner {
    return new Scanner(this.text, start, end, this.#lineStarts);
  }

  position(offset: number = this.at): Position {
    let [low, high] = [0, this.#lineStarts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#lineStarts[low]! + 1 };
  }

  fail(message: string, offset: number = this.at): never {
    throw new ParseFailure(this.position(offset), message);
  }

  space(): void {
    while (this.at < this.end && /\s/.test(this.text[this.at]!)) this.at++;
  }

  get done(): boolean {
    this.space();
    return this.at >= this.end;
  }

  /** Takes what the sticky pattern matches here, after white space. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    this.space();
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null || match.index !== this.at || this.at + match[0].length > this.end) return undefined;
    this.at += match[0].length;
    return match;
  }

  /** Does the sticky pattern match here, after white space? */
  isAt(pattern: RegExp): boolean {
    const { at } = this;
    const is = this.take(pattern) !== undefined;
    this.at = at;
    return is;
  }

  /** Takes a pattern or fails with what was expected. */
  expect(pattern: RegExp, what: string): RegExpExecArray {
    return this.take(pattern) ?? this.fail(`expected ${what}, found ${this.found()}`);
  }

  found(): string {
    this.space();
    if (this.at >= this.end) return "the end";
    const line = this.text.slice(this.at, this.end).split("\n")[0]!.trim();
    return `"${line.length > 30 ? `${line.slice(0, 30)}…` : line}"`;
  }
}

function starts(text: string): number[] {
  const found = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) found.push(i + 1);
  return found;
}
