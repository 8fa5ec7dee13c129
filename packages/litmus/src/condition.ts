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
    return { kind: "equals", left, right: parseConstant(scanner), negated };
  let all: Condition | undefined;
  for (let i = 0; all === undefined || scanner.take(/\}/y) === undefined; i++) {
    if (i > 0) scanner.expect(/,/y, '"," or "}" in an array');
    const place: Observable = { ...left, offset: left.offset + 4 * i };
    const one: Condition = { kind: "equals", left: place, right: parseConstant(scanner), negated: false };
    all = all === undefined ? one : { kind: "and", left: all, right: one };
  }
  return negated ? { kind: "not", of: all } : all;
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

/** `1`, `0x10`, `-1`, `x`, `x+4`, `P1:L0`, `label:"P1:L0"`, `NOP`, `instr:"B .+12"`. */
export function parseConstant(scanner: Scanner): Constant {
  const integer = scanner.take(/[-+]?(0[xX][0-9a-fA-F]+|0b[01]+|\d+)(?![\w:])/y);
  if (integer !== undefined) {
    const magnitude = Number(integer[1]);
    return { kind: "integer", value: (integer[0].startsWith("-") ? -magnitude : magnitude) | 0 };
  }
  const instruction = scanner.take(/instr\s*:\s*"([^"]*)"/y);
  if (instruction !== undefined) return { kind: "instruction", text: instruction[1]! };
  const label = scanner.take(/(?:label\s*:\s*")?P?(\d+)\s*:\s*([A-Za-z_]\w*)"?(?:\s*\+\s*(\d+))?/y);
  if (label !== undefined) {
    return { kind: "label", processor: Number(label[1]), label: label[2]!, offset: Number(label[3] ?? 0) };
  }
  const foreign = scanner.take(/[A-Za-z_]\w*\s*:\s*[A-Za-z]\w*|\([^()\n;]*\)|[A-Za-z]\w*\s*\([^()\n;]*\)/y);
  if (foreign !== undefined) return { kind: "foreign", text: foreign[0].replace(/\s+/g, " ") };
  const name = scanner.take(/&?([A-Za-z_]\w*)(?:\s*\+\s*(\d+))?/y);
  if (name === undefined) return scanner.fail(`expected a value, found ${scanner.found()}`);
  if (name[1] === "NOP") return { kind: "instruction", text: "NOP" };
  return { kind: "location", name: name[1]!, offset: Number(name[2] ?? 0) };
}
