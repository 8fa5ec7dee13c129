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

function lowestSetBit(value: number): number {
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
const comparisons = ["==", "!=", "<", "<=", ">", ">="];
const levels: readonly (readonly string[])[] = [comparisons, ["+", "-", "&"], ["*", ">>"]];

type Interval = readonly [low: number, high: number];

/** The values up to `max` that a comparison with `c` holds for (`wanted` 1), or does not (0). */
function intervals(operator: string, c: number, max: number, wanted: number): Interval[] {
  const found: [number, number][] = [];
  for (const [low, high] of [
    [0, Math.min(c - 1, max)],
    [c, Math.min(c, max)],
    [c + 1, max],
  ] as const) {
    if (low > high || binary[operator]!(low, c) !== wanted) continue;
    const last = found.at(-1);
    if (last?.[1] === low - 1) last[1] = high;
    else found.push([low, high]);
  }
  return found;
}

/** Intervals of the values of a field as masks and values: each is cut into blocks that share their upper bits. */
function blocks(bits: Bits, parts: readonly Interval[]): number[] {
  const pairs: number[] = [];
  for (const [low, high] of parts) {
    for (let from = low; from <= high; ) {
      let size = from === 0 ? 2 ** bits.width : from & -from;
      while (from + size - 1 > high) size /= 2;
      pairs.push(bits.write(~(size - 1)), bits.write(from));
      from += size;
    }
  }
  return pairs;
}

/** A condition as masks and values in turn: it holds when a word has one of the values. Absent where that cannot be said. */
interface Masks {
  readonly masks?: readonly number[] | undefined;
  /** The same for its opposite. */
  readonly notMasks?: readonly number[] | undefined;
}

/** A condition in the two forms in which it is evaluated. */
export interface Condition {
  readonly test: Test;
  /** Made when they are first asked for: a few words are tested without them. */
  readonly masks: () => Masks;
  /** For what masks and values do not say. */
  readonly way?: Way | undefined;
  /** The bits of a word that it asks about, signed. */
  readonly reads: number;
}

/** A condition before it is known what all of it reads. */
type Part = Omit<Condition, "reads">;

/** Those who decide by tests: where to go when a part holds, or masked bits have a value, and where when not. */
interface Tests {
  part(part: Part, yes: number, no: number): number;
  bits(mask: number, value: number, yes: number, no: number): number;
}

/** How a condition is decided by tests of its parts, or of single bits. */
type Way = (tests: Tests, yes: number, no: number) => number;

/** Two or more of these bits are ones: the highest that is one decides, with whether there is a lower one. */
function several(bits: number): Way {
  return (tests, yes, no) => {
    let decision = no;
    for (let below = 0, rest = bits; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest;
      decision = tests.bits(bit, bit, tests.bits(below, 0, no, yes), decision);
      below |= bit;
    }
    return decision;
  };
}

/** Two fields are equal: the lowest bits, which differ most, are asked first. */
function equal(a: Bits, b: Bits): Way {
  return (tests, yes, no) => {
    let decision = yes;
    for (let bit = 2 ** (a.width - 1); bit >= 1; bit /= 2) {
      const [x, y] = [a.write(bit), b.write(bit)];
      decision = tests.bits(x, x, tests.bits(y, y, decision, no), tests.bits(y, y, no, decision));
    }
    return decision;
  };
}

const mostPairs = 32;

/** Both have to match: every pair of the one with every pair of the other. */
function product(a: readonly number[] | undefined, b: readonly number[] | undefined): readonly number[] | undefined {
  if (a === undefined || b === undefined || a.length * b.length > 4 * mostPairs) return undefined;
  const pairs: number[] = [];
  for (let i = 0; i < a.length; i += 2)
    for (let j = 0; j < b.length; j += 2)
      if (((a[i + 1]! ^ b[j + 1]!) & a[i]! & b[j]!) === 0) pairs.push(a[i]! | b[j]!, a[i + 1]! | b[j + 1]!);
  return pairs;
}

function sum(a: readonly number[] | undefined, b: readonly number[] | undefined): readonly number[] | undefined {
  return a === undefined || b === undefined || a.length + b.length > 2 * mostPairs ? undefined : [...a, ...b];
}

function condition(test: Test, make: () => Masks = () => ({}), way?: Way): Part {
  let made: Masks | undefined;
  return {
    test,
    way,
    masks() {
      made ??= make();
      return made;
    },
  };
}

/** An operand of a comparison: its value, and what it is when it is simple. */
interface Term {
  readonly test: Test;
  readonly bits?: Bits;
  /** Which bits of the field count: `Vd & 1`. */
  readonly and?: number;
  /** How far the field is shifted to the right: `registers >> 13`. */
  readonly shift?: number;
  /** The number of ones in the field. */
  readonly counted?: Bits;
  readonly constant?: number;
  readonly condition?: Part;
}

/** Compiles a condition against the fields of a pattern; a mistake in the text throws. */
export function compileCondition(text: string, pattern: Pattern): Condition {
  const tokens: Token[] = text.match(/\w+(?::\w+)*|\|\||&&|[=!<>]=|>>|[!<>+\-*&(){},]/g) ?? [];
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(`cannot read condition "${text}" at "${tokens[at] ?? "end"}"`);
  };
  const take = (token: Token): boolean => tokens[at] === token && at++ >= 0;
  const need = (token: Token): void => {
    if (!take(token)) fail();
  };
  const asCondition = (term: Term): Part => term.condition ?? condition(term.test);
  let reads = 0;

  function either(): Term {
    let left = both();
    while (take("||")) {
      const a = asCondition(left);
      const b = asCondition(both());
      const test: Test = (word, it) => (a.test(word, it) || b.test(word, it) ? 1 : 0);
      const masks = (): Masks => {
        const [x, y] = [a.masks(), b.masks()];
        return { masks: sum(x.masks, y.masks), notMasks: product(x.notMasks, y.notMasks) };
      };
      left = { test, condition: condition(test, masks, (to, yes, no) => to.part(a, yes, to.part(b, yes, no))) };
    }
    return left;
  }
  function both(): Term {
    let left = level(0);
    while (take("&&")) {
      const a = asCondition(left);
      const b = asCondition(level(0));
      const test: Test = (word, it) => (a.test(word, it) && b.test(word, it) ? 1 : 0);
      const masks = (): Masks => {
        const [x, y] = [a.masks(), b.masks()];
        return { masks: product(x.masks, y.masks), notMasks: sum(x.notMasks, y.notMasks) };
      };
      left = { test, condition: condition(test, masks, (to, yes, no) => to.part(a, to.part(b, yes, no), no)) };
    }
    return left;
  }
  function level(depth: number): Term {
    const operators = levels[depth];
    if (operators === undefined) return unary();
    let left = level(depth + 1);
    for (;;) {
      const operator = tokens[at] ?? "";
      const a = left;
      if (operators.includes(operator)) {
        at++;
        left = compare(a, operator, level(depth + 1));
      } else if (depth === 0 && take("in")) {
        need("{");
        const members: Term[] = [];
        do members.push(level(1));
        while (take(","));
        need("}");
        const tests = members.map((member) => compare(a, "==", member).condition!);
        const test: Test = (word, it) => (tests.some((each) => each.test(word, it)) ? 1 : 0);
        const masks = (): Masks => ({ masks: tests.map((each) => each.masks().masks).reduce(sum) });
        left = { test, condition: condition(test, masks) };
      } else return left;
    }
  }
  function compare(a: Term, operator: string, b: Term): Term {
    const apply = binary[operator]!;
    const test: Test = (word, it) => apply(a.test(word, it), b.test(word, it));
    const { bits, and, shift = 0 } = a;
    const { constant } = b;
    if (constant === undefined) return a.bits && b.bits ? compareFields(a, operator, b, test) : { test };
    const { counted } = a;
    if (counted !== undefined && operator === "<" && constant === 1)
      return { test, condition: condition(test, () => ({ masks: [counted.mask, 0] })) };
    if (counted !== undefined && (operator === ">=" || operator === "<") && constant === 2)
      return { test, condition: asOrNot(operator === ">=", test, several(counted.mask)) };
    if (bits === undefined) return { test };
    if (operator === ">>" && and === undefined) return { test, bits, shift: shift + constant };
    if (operator === "&" && and === undefined) return { test, bits, and: constant << shift, shift };
    if (and !== undefined) {
      const is = (): number[] => [bits.write(and), bits.write(constant << shift)];
      if (operator === "==") return { test, condition: condition(test, () => ({ masks: is() })) };
      return operator === "!=" ? { test, condition: condition(test, () => ({ notMasks: is() })) } : { test };
    }
    if (!comparisons.includes(operator) || shift > 0) return { test };
    const where = (wanted: number): number[] =>
      blocks(bits, intervals(operator, constant, 2 ** bits.width - 1, wanted));
    return { test, condition: condition(test, () => ({ masks: where(1), notMasks: where(0) })) };
  }
  function compareFields(a: Term, operator: string, b: Term, test: Test): Term {
    const [x, y] = [a.bits!, b.bits!];
    const isPart = (a.and ?? a.shift ?? b.and ?? b.shift) !== undefined;
    if (isPart || x.width !== y.width || (operator !== "==" && operator !== "!=")) return { test };
    return { test, condition: asOrNot(operator === "==", test, equal(x, y)) };
  }
  /** Decided in this way, or in its opposite. */
  function asOrNot(as: boolean, test: Test, way: Way): Part {
    return condition(test, undefined, as ? way : (to, yes, no) => way(to, no, yes));
  }
  function unary(): Term {
    if (take("!")) {
      const inner = asCondition(unary());
      const test: Test = (word, it) => (inner.test(word, it) ? 0 : 1);
      const masks = (): Masks => {
        const { masks, notMasks } = inner.masks();
        return { masks: notMasks, notMasks: masks };
      };
      return { test, condition: condition(test, masks, (to, yes, no) => to.part(inner, no, yes)) };
    }
    if (take("(")) {
      const inner = either();
      need(")");
      return inner;
    }
    const token = tokens[at++] ?? fail();
    if (/^\d/.test(token)) {
      const constant = Number(token);
      return { test: () => constant, constant };
    }
    if (take("(")) {
      const argument = tokens[at] === ")" ? undefined : either();
      const x = argument?.test;
      need(")");
      if (token === "InITBlock") return { test: (_, it) => (inItBlock(it) ? 1 : 0) };
      if (token === "LastInITBlock") return { test: (_, it) => (lastInItBlock(it) ? 1 : 0) };
      if (token === "BitCount" && x)
        return { test: (word, it) => bitCount(x(word, it)), ...(argument.bits && { counted: argument.bits }) };
      if (token === "LowestSetBit" && x) return { test: (word, it) => lowestSetBit(x(word, it)) };
      return fail();
    }
    const bits = new Bits(pattern, token);
    reads |= bits.mask;
    return { test: (word) => bits.read(word), bits };
  }
  const term = either();
  if (at !== tokens.length) fail();
  return { ...asCondition(term), reads };
}

/** The condition as a function. */
export function compileTest(text: string, pattern: Pattern): Test {
  return compileCondition(text, pattern).test;
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
