import type { Condition, Constant, Observable } from "./litmus-test.js";
import type { Scanner } from "./scanner.js";

/** Parses a condition. As herd's grammar has it, `=>` binds tighter than `/\`, and that tighter than `\/`. Deep nesting is refused, not followed into a crash. */
export function parseCondition(scanner: Scanner, depth = 0): Condition {
  if (depth > 200) scanner.fail("the condition is nested deeper than 200 levels");
  let left = parseAnd(scanner, depth);
  while (scanner.take(/\\\//y) !== undefined) left = { kind: "or", left, right: parseAnd(scanner, depth) };
  return left;
}

/** `observed x=1; 0:R1=0; and x=2;`: the final states one by one, each as what it says of places. */
export function parseObserved(scanner: Scanner): Condition {
  let any: Condition | undefined;
  do {
    let all: Condition | undefined;
    while (!scanner.done && !scanner.isAt(/and\b|<</y)) {
      const one = parseAtom(scanner);
      scanner.expect(/;/y, '";" after what is observed of one place');
      all = all === undefined ? one : { kind: "and", left: all, right: one };
    }
    all ??= { kind: "constant", value: true };
    any = any === undefined ? all : { kind: "or", left: any, right: all };
  } while (scanner.take(/and\b/y) !== undefined);
  return any;
}

function parseAnd(scanner: Scanner, depth: number): Condition {
  let left = parseImplies(scanner, depth);
  while (scanner.take(/\/\\/y) !== undefined) left = { kind: "and", left, right: parseImplies(scanner, depth) };
  return left;
}

function parseImplies(scanner: Scanner, depth: number): Condition {
  if (depth > 200) scanner.fail("the condition is nested deeper than 200 levels");
  const left = parseNot(scanner, depth);
  if (scanner.take(/=>/y) === undefined) return left;
  return { kind: "implies", left, right: parseImplies(scanner, depth + 1) };
}

function parseNot(scanner: Scanner, depth: number): Condition {
  if (depth > 200) scanner.fail("the condition is nested deeper than 200 levels");
  if (scanner.take(/~|not\b/y) !== undefined) return { kind: "not", of: parseNot(scanner, depth + 1) };
  if (scanner.take(/\(/y) !== undefined) {
    const inner = parseCondition(scanner, depth + 1);
    scanner.expect(/\)/y, '")"');
    return inner;
  }
  const literal = scanner.take(/(true|false)\b/y);
  if (literal !== undefined) return { kind: "constant", value: literal[1] === "true" };
  const fault = scanner.take(/fault\s*\(\s*P?(\d+)(?:\s*:\s*(\w+))?\s*(?:,([^()]*))?\)/iy);
  if (fault !== undefined) {
    const about = fault[3]?.trim().replace(/\s*,\s*/g, ",");
    return {
      kind: "fault",
      processor: Number(fault[1]),
      ...(fault[2] === undefined ? {} : { label: fault[2] }),
      ...(about === undefined || about === "" ? {} : { about }),
    };
  }
  return parseAtom(scanner);
}

/** A place and what it holds: a value, or (`x={1,2}`) the values of an array one after the other. */
function parseAtom(scanner: Scanner): Condition {
  const left = parseObservable(scanner);
  const relation = scanner.expect(/<>|!=|==?/y, '"="')[0];
  const negated = relation === "<>" || relation === "!=";
  if (left.kind === "register" || scanner.take(/\{/y) === undefined)
    return { kind: "equals", left, right: parseRight(scanner), negated };
  let all: Condition | undefined;
  for (let i = 0; all === undefined || scanner.take(/\}/y) === undefined; i++) {
    if (i > 0) scanner.expect(/,/y, '"," or "}" in an array');
    const place: Observable = { ...left, offset: left.offset + 4 * i };
    const one: Condition = { kind: "equals", left: place, right: parseConstant(scanner), negated: false };
    all = all === undefined ? one : { kind: "and", left: all, right: one };
  }
  return negated ? { kind: "not", of: all } : all;
}

/** What a place is compared with: a value, or what another place holds, where it is written as no value is. */
function parseRight(scanner: Scanner): Extract<Condition, { kind: "equals" }>["right"] {
  scanner.take(/\*(?=\s*P?\d)/y);
  if (scanner.isAt(/\[|\*|P?\d+\s*:\s*%/y)) return { kind: "place", place: parseObservable(scanner) };
  return parseConstant(scanner);
}

/** `0:R1`, `x`, `[x]`, `*x`, `x[2]`, `[x+4]`. */
export function parseObservable(scanner: Scanner): Observable {
  const register = scanner.take(/P?(\d+)\s*:\s*(%?\w+)/y);
  if (register !== undefined) return { kind: "register", processor: Number(register[1]), name: register[2]! };
  const bracketed = scanner.take(/\[\s*([A-Za-z_]\w*)\s*(?:\+\s*(\d+)\s*)?\]/y);
  if (bracketed !== undefined) return { kind: "location", name: bracketed[1]!, offset: Number(bracketed[2] ?? 0) };
  const indexed = scanner.take(/\*?([A-Za-z_]\w*)(?:\[(\d+)\])?/y);
  if (indexed === undefined) return scanner.fail(`expected a register (0:R1) or a location, found ${scanner.found()}`);
  return { kind: "location", name: indexed[1]!, offset: 4 * Number(indexed[2] ?? 0) };
}

/** `1`, `0x10`, `-1`, `x`, `x+4`, `P1:L0`, `label:"P1:L0"`, `NOP`, `instr:"B .+12"`, `(oa:PA(x))`, `ipi(P1)`. */
export function parseConstant(scanner: Scanner): Constant {
  const integer = scanner.take(/[-+]?(0[xX][0-9a-fA-F]+|0b[01]+|\d+)(?![\w:])/y);
  if (integer !== undefined) {
    const magnitude = Number(integer[1]);
    const value = integer[0].startsWith("-") ? -magnitude : magnitude;
    // What does not fit into a word is kept as it is, to be named when the test is run.
    return { kind: "integer", value: value >= -0x80000000 && value <= 0xffffffff ? value | 0 : value };
  }
  const instruction = scanner.take(/instr\s*:\s*"([^"]*)"/y);
  if (instruction !== undefined) return { kind: "instruction", text: instruction[1]! };
  const label = scanner.take(/(?:label\s*:\s*")?P?(\d+)\s*:\s*([A-Za-z_]\w*)"?(?:\s*\+\s*(\d+))?/y);
  if (label !== undefined) {
    return { kind: "label", processor: Number(label[1]), label: label[2]!, offset: Number(label[3] ?? 0) };
  }
  const mapping = scanner.take(/\(\s*oa\s*:\s*PA\s*\(([^()\n;]*)\)\s*\)/y);
  if (mapping !== undefined) return { kind: "mapping", to: parseMemory(scanner, mapping) };
  if (scanner.take(/ipi\s*\(/y) !== undefined) return { kind: "interrupt", processors: parseProcessors(scanner) };
  const foreign = scanner.take(
    /[A-Za-z_]\w*\s*:\s*[A-Za-z]\w*|\((?:[^()\n;]|\([^()\n;]*\))*\)|[A-Za-z]\w*\s*\([^()\n;]*\)/y,
  );
  if (foreign !== undefined) return { kind: "foreign", text: foreign[0].replace(/\s+/g, " ") };
  const name = scanner.take(/&?([A-Za-z_]\w*)(?:\s*\+\s*(\d+))?/y);
  if (name === undefined) return scanner.fail(`expected a value, found ${scanner.found()}`);
  if (name[1] === "NOP") return { kind: "instruction", text: "NOP" };
  return { kind: "location", name: name[1]!, offset: Number(name[2] ?? 0) };
}

/** What is between the parentheses of `PA(…)`: a location, or code, which herd's own tests do not map. */
function parseMemory(
  scanner: Scanner,
  { 0: all, 1: inner = "" }: RegExpExecArray,
): Extract<Constant, { kind: "location" | "label" }> {
  const start = scanner.at - all.length + all.lastIndexOf("(") + 1;
  const part = scanner.part(start, start + inner.length);
  const of = part.done ? undefined : parseConstant(part);
  if (of === undefined || !part.done || (of.kind !== "location" && of.kind !== "label"))
    return part.fail("expected a location (x) or a label of code (P1:L0)", start);
  return of;
}

/** `P1)`, `P1,P2)`. */
function parseProcessors(scanner: Scanner): number[] {
  const found: number[] = [];
  do {
    found.push(Number(scanner.expect(/P(\d+)\b/y, "a processor (P1)")[1]));
  } while (scanner.take(/,/y) !== undefined);
  scanner.expect(/\)/y, '"," or ")"');
  return found;
}
