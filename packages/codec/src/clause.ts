import { type ItState, inItBlock, lastInItBlock } from "./it-state.js";
import { Bits, type Pattern } from "./pattern.js";

/**
 * The little language of the conditions in the table: the manual's pseudocode cut down to what decoding needs.
 * Field names (or `i:imm3` concatenations), decimal, `0x` and `0b` numbers, `|| && ! == != < <= > >= + - * & >>`, sets
 * (`Rd in {13, 15}`), `BitCount(x)`, `LowestSetBit(x)`, `InITBlock()` and `LastInITBlock()`.
 */
export type Test = (word: number, it: ItState) => number;

type Token = string;

export function bitCount(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}

export function lowestSetBit(value: number): number {
  return value === 0 ? 32 : 31 - Math.clz32(value & -value);
}

const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
  "==": (a, b) => (a === b ? 1 : 0),
  "!=": (a, b) => (a !== b ? 1 : 0),
  "<": (a, b) => (a < b ? 1 : 0),
  "<=": (a, b) => (a <= b ? 1 : 0),
  ">": (a, b) => (a > b ? 1 : 0),
  ">=": (a, b) => (a >= b ? 1 : 0),
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "&": (a, b) => a & b,
  ">>": (a, b) => a >>> b,
};
const levels: readonly (readonly string[])[] = [
  ["==", "!=", "<", "<=", ">", ">="],
  ["+", "-", "&"],
  ["*", ">>"],
];

/** Compiles a condition against the fields of a pattern; a mistake in the text throws. */
export function compileTest(text: string, pattern: Pattern): Test {
  const tokens: Token[] = text.match(/\w+(?::\w+)*|\|\||&&|[=!<>]=|>>|[!<>+\-*&(){},]/g) ?? [];
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(`cannot read condition "${text}" at "${tokens[at] ?? "end"}"`);
  };
  const take = (token: Token): boolean => tokens[at] === token && at++ >= 0;
  const need = (token: Token): void => {
    if (!take(token)) fail();
  };

  function either(): Test {
    let left = both();
    while (take("||")) {
      const a = left;
      const b = both();
      left = (word, it) => (a(word, it) || b(word, it) ? 1 : 0);
    }
    return left;
  }
  function both(): Test {
    let left = level(0);
    while (take("&&")) {
      const a = left;
      const b = level(0);
      left = (word, it) => (a(word, it) && b(word, it) ? 1 : 0);
    }
    return left;
  }
  function level(depth: number): Test {
    const operators = levels[depth];
    if (operators === undefined) return unary();
    let left = level(depth + 1);
    for (;;) {
      const operator = tokens[at] ?? "";
      const a = left;
      if (operators.includes(operator)) {
        at++;
        const b = level(depth + 1);
        const apply = binary[operator]!;
        left = (word, it) => apply(a(word, it), b(word, it));
      } else if (depth === 0 && take("in")) {
        need("{");
        const members: Test[] = [];
        do members.push(level(1));
        while (take(","));
        need("}");
        left = (word, it) => {
          const value = a(word, it);
          return members.some((member) => member(word, it) === value) ? 1 : 0;
        };
      } else return left;
    }
  }
  function unary(): Test {
    if (take("!")) {
      const inner = unary();
      return (word, it) => (inner(word, it) ? 0 : 1);
    }
    if (take("(")) {
      const inner = either();
      need(")");
      return inner;
    }
    const token = tokens[at++] ?? fail();
    if (/^\d/.test(token)) {
      const constant = Number(token);
      return () => constant;
    }
    if (take("(")) {
      const args: Test[] = [];
      if (!take(")")) {
        args.push(either());
        need(")");
      }
      const [x] = args;
      if (token === "InITBlock") return (_, it) => (inItBlock(it) ? 1 : 0);
      if (token === "LastInITBlock") return (_, it) => (lastInItBlock(it) ? 1 : 0);
      if (token === "BitCount" && x) return (word, it) => bitCount(x(word, it));
      if (token === "LowestSetBit" && x) return (word, it) => lowestSetBit(x(word, it));
      return fail();
    }
    const bits = new Bits(pattern, token);
    return (word) => bits.read(word);
  }
  const test = either();
  if (at !== tokens.length) fail();
  return test;
}

/** The alternatives of a condition: `a || b` at top level is two clauses, each a reason of its own. */
export function splitClauses(text: string): string[] {
  const clauses: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === "(" || char === "{") depth++;
    else if (char === ")" || char === "}") depth--;
    else if (depth === 0 && char === "|" && text[i + 1] === "|") {
      clauses.push(text.slice(start, i).trim());
      start = i + 2;
      i++;
    }
  }
  clauses.push(text.slice(start).trim());
  return clauses;
}
