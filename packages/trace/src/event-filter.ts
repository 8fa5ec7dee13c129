import type { EventDefinition, EventField, EventValues, FieldValue } from "./event-definition.js";
import { matches as fits, parsePattern } from "./pattern.js";

/** Why a filter was refused: the kernel's words, and where. */
export interface FilterError {
  readonly message: string;
  /** Characters before the place. */
  readonly position: number;
}

/** What a record is looked at with. */
export interface FilterContext {
  readonly cpu: number;
  readonly comm: string;
}

/** The function of a name, or the one that an address is in; `end` is behind its last byte. */
export type FunctionOf = (wanted: string | number) => { readonly start: number; readonly end: number } | undefined;

/** A filter that was accepted. */
export interface Filter {
  /** As it was written. */
  readonly text: string;
  matches(values: EventValues, context: FilterContext): boolean;
}

/** What came of reading a filter: the filter, or what the kernel says of it and where. */
export type FilterResult =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly error: FilterError };

type Predicate = (values: EventValues, context: FilterContext) => boolean;

/** Fields that every event has without declaring them, with whether they are text. */
const BUILT_IN: Readonly<Record<string, { text: boolean; of: (context: FilterContext) => FieldValue }>> = {
  cpu: { text: false, of: ({ cpu }) => cpu },
  CPU: { text: false, of: ({ cpu }) => cpu },
  common_cpu: { text: false, of: ({ cpu }) => cpu },
  comm: { text: true, of: ({ comm }) => comm },
  COMM: { text: true, of: ({ comm }) => comm },
};

const MOST_PREDICATES = 2 ** 14;
const LONGEST_TEXT = 256;
const POINTER_BYTES = 4;
/** Digits of an address of 64 bits, with its 0x. */
const LONGEST_NUMBER = 18;

/**
 * Reads an event filter: `field op value` with `== != < <= > >= &` for numbers and `== != ~` for text, joined by `&&`, `||`, `!` and
 * parentheses; `field & CPUS{list}` and `field == CPUS{list}` for processors; `field.function == name`, or an address, for a word that
 * points into a function.
 *
 * @param text - as it is written to an event's `filter` file
 * @param definition - the event that is filtered: it says which fields there are, and of what type
 * @param functionOf - what `.function` asks; without it there are no functions
 *
 * @example
 * ```ts
 * const record = { system: "sched", name: "wake", id: 300, common: COMMON_FIELDS, fields: [], size: 8, print: "" };
 * const parsed = parseFilter("common_pid >= 2 && !(common_pid & 1)", record);
 * parsed.ok && parsed.filter.matches({ common_pid: 4 }, { cpu: 0, comm: "init" }); // true
 * ```
 *
 * @see linux Documentation/trace/events.rst section 5
 */
export function parseFilter(
  text: string,
  definition: EventDefinition,
  functionOf: FunctionOf = () => undefined,
): FilterResult {
  const trimmed = text.trim();
  try {
    const matches = new FilterReader(trimmed, definition, functionOf).all();
    return { ok: true, filter: { text: trimmed, matches } };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: { message: error.message, position: error.position } };
    throw error;
  }
}

/**
 * What reading the filter file shows after a refused filter: the filter, a caret, and the kernel's words.
 *
 * @param text - the filter that was refused
 * @param error - what was wrong with it, and at which character, counted from 0
 *
 * @example
 * ```ts
 * const wake = { system: "sched", name: "wake", id: 300, common: COMMON_FIELDS, fields: [], size: 8, print: '""' };
 * const parsed = parseFilter("common_pid => 2", wake);
 * parsed.ok ? "" : filterErrorText("common_pid => 2", parsed.error); // "common_pid => 2\n           ^\nparse_error: Invalid operator\n"
 * ```
 */
export function filterErrorText(text: string, { message, position }: FilterError): string {
  return `${text.trim()}\n${" ".repeat(position)}^\nparse_error: ${message}\n`;
}

class Refusal extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

const NUMBER_OPERATORS: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "&": (a, b) => (a & b) !== 0n,
};

const OPERATORS = ["==", "!=", "<=", ">=", "<", ">", "&", "~"] as const;

class FilterReader {
  readonly #text: string;
  readonly #definition: EventDefinition;
  readonly #functionOf: FunctionOf;
  #at = 0;
  #predicates = 0;
  #depth = 0;

  constructor(text: string, definition: EventDefinition, functionOf: FunctionOf) {
    this.#text = text;
    this.#definition = definition;
    this.#functionOf = functionOf;
  }

  all(): Predicate {
    if (this.#text === "") throw new Refusal("No filter found", 0);
    const open = [...this.#text.replaceAll(/"[^"]*"|'[^']*'/g, (quoted) => " ".repeat(quoted.length))];
    const balance = open.reduce((sum, char) => sum + (char === "(" ? 1 : char === ")" ? -1 : 0), 0);
    if (balance > 0) throw new Refusal("Too many '('", this.#text.length);
    if (balance < 0) throw new Refusal("Too few '('", this.#text.lastIndexOf(")"));
    const predicate = this.#or();
    this.#space();
    if (this.#at < this.#text.length) throw new Refusal("Meaningless filter expression", this.#at);
    return predicate;
  }

  #or(): Predicate {
    const terms = [this.#and()];
    while (this.#take("||")) terms.push(this.#and());
    return terms.length === 1 ? terms[0]! : (values, context) => terms.some((term) => term(values, context));
  }

  #and(): Predicate {
    const terms = [this.#not()];
    while (this.#take("&&")) terms.push(this.#not());
    return terms.length === 1 ? terms[0]! : (values, context) => terms.every((term) => term(values, context));
  }

  #not(): Predicate {
    // Counted rather than recursed: a filter of a million "!" is a filter.
    let negated = false;
    while (this.#take("!")) negated = !negated;
    const inner = this.#primary();
    return negated ? (values, context) => !inner(values, context) : inner;
  }

  #primary(): Predicate {
    if (!this.#take("(")) return this.#predicate();
    if (++this.#depth > 1000) throw new Refusal("Too many '('", this.#at);
    const inner = this.#or();
    if (!this.#take(")")) throw new Refusal("Invalid operator", this.#at);
    this.#depth--;
    return inner;
  }

  #predicate(): Predicate {
    if (++this.#predicates > MOST_PREDICATES) throw new Refusal("Too many terms in predicate expression", this.#at);
    this.#space();
    const start = this.#at;
    const name = this.#match(/[A-Za-z_][A-Za-z0-9_]*/y);
    if (name === undefined)
      throw new Refusal(this.#at < this.#text.length ? "Meaningless filter expression" : "Field not found", start);
    const suffix = this.#match(/\.(ustring|function)\b/y);
    const { common, fields } = this.#definition;
    const field = [...fields, ...common].find((each) => each.name === name);
    const builtIn = field === undefined ? BUILT_IN[name] : undefined;
    if (field === undefined && builtIn === undefined) throw new Refusal("Field not found", start);
    this.#space();
    const operatorAt = this.#at;
    const operator = OPERATORS.find(
      (each) => this.#text.startsWith(each, this.#at) && !this.#text.startsWith("&&", this.#at),
    );
    if (operator === undefined) throw new Refusal("Invalid operator", operatorAt);
    this.#at += operator.length;
    this.#space();
    const read =
      builtIn === undefined
        ? (values: EventValues) => values[name] ?? 0
        : (_: EventValues, context: FilterContext) => builtIn.of(context);
    if (suffix === ".function") return this.#functionPredicate(operator, field, read);
    if (builtIn?.text ?? isText(field, suffix)) return this.#textPredicate(operator, operatorAt, read);
    return this.#numberPredicate(operator, operatorAt, field, read);
  }

  #textPredicate(
    operator: string,
    operatorAt: number,
    read: (values: EventValues, context: FilterContext) => FieldValue,
  ): Predicate {
    if (operator !== "==" && operator !== "!=" && operator !== "~")
      throw new Refusal("Illegal operation for field type", operatorAt);
    const start = this.#at;
    const quote = this.#text[start];
    if (quote !== '"' && quote !== "'") throw new Refusal("Invalid value (did you forget quotes)?", start);
    const end = this.#text.indexOf(quote, start + 1);
    if (end < 0) throw new Refusal("Missing matching quote", start);
    const wanted = this.#text.slice(start + 1, end);
    if (wanted.length >= LONGEST_TEXT) throw new Refusal("Operand too long", start);
    this.#at = end + 1;
    const matches = operator === "~" ? matcher(wanted) : (text: string) => text === wanted;
    return (values, context) => matches(String(read(values, context))) === (operator !== "!=");
  }

  /** The name ends at a blank, so that a parenthesis behind it wants one before. */
  #functionPredicate(
    operator: string,
    field: EventField | undefined,
    read: (values: EventValues, context: FilterContext) => FieldValue,
  ): Predicate {
    const start = this.#at;
    if (field?.size !== POINTER_BYTES) throw new Refusal("Illegal operation for field type", start);
    if (operator !== "==" && operator !== "!=") throw new Refusal("Invalid operator", start);
    const number = this.#match(/[0-9][0-9A-Za-z]*/y);
    if (number !== undefined && number.length > LONGEST_NUMBER) throw new Refusal("Operand too long", this.#at);
    const address = number === undefined ? undefined : integer(number);
    if (number !== undefined && (address === undefined || address >= 2n ** 32n))
      throw new Refusal("Invalid value (did you forget quotes)?", this.#at);
    const wanted = address === undefined ? (this.#match(/\S+/y) ?? "") : Number(address);
    const found = this.#functionOf(wanted);
    if (found === undefined) throw new Refusal("Function not found", this.#at);
    return (values, context) => {
      const at = Number(read(values, context)) >>> 0;
      return (at >= found.start && at < found.end) === (operator === "==");
    };
  }

  #numberPredicate(
    operator: string,
    operatorAt: number,
    field: EventField | undefined,
    read: (values: EventValues, context: FilterContext) => FieldValue,
  ): Predicate {
    // An array of numbers is compared with nothing.
    if (operator === "~" || (field !== undefined && field.kind !== "field"))
      throw new Refusal("Illegal operation for field type", operatorAt);
    const start = this.#at;
    if (this.#text.startsWith("CPUS", start)) return this.#processors(operator, operatorAt, read);
    if (/["']/.test(this.#text[start] ?? "")) throw new Refusal("Expecting string field", start);
    const literal = this.#match(/-?[0-9][0-9A-Za-z_]*/y);
    if (literal === undefined) throw new Refusal("Invalid value (did you forget quotes)?", start);
    const wanted = integer(literal);
    if (wanted === undefined) throw new Refusal("Illegal integer value", start);
    const bits = (field?.element.size ?? 4) * 8;
    const limit = (value: bigint) =>
      field?.signed === false ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
    const compare = NUMBER_OPERATORS[operator]!;
    const right = limit(wanted);
    return (values, context) => compare(limit(BigInt(read(values, context) as number)), right);
  }

  #processors(
    operator: string,
    operatorAt: number,
    read: (values: EventValues, context: FilterContext) => FieldValue,
  ): Predicate {
    const start = this.#at;
    if (!/^CPUS\{/.test(this.#text.slice(start))) throw new Refusal("Missing '{'", start);
    const end = this.#text.indexOf("}", start);
    if (end < 0) throw new Refusal("Missing '}'", start);
    const list = this.#text.slice(start + 5, end).trim();
    this.#at = end + 1;
    const processors = processorList(list);
    if (processors === undefined) throw new Refusal("Invalid cpulist", start + 5);
    if (operator !== "==" && operator !== "!=" && operator !== "&")
      throw new Refusal("Illegal operation for field type", operatorAt);
    return (values, context) => {
      const member = processors.has(Number(read(values, context)));
      // A number is one processor: it equals the set only where that is the only one in it.
      return operator === "&" ? member : (member && processors.size === 1) === (operator === "==");
    };
  }

  #space(): void {
    this.#match(/\s+/y);
  }

  #take(text: string): boolean {
    this.#space();
    if (!this.#text.startsWith(text, this.#at)) return false;
    if (text === "!" && this.#text.startsWith("!=", this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found[0];
  }
}

function isText(field: EventField | undefined, suffix: string | undefined): boolean {
  return (
    suffix === ".ustring" ||
    field?.text === true ||
    (field !== undefined && /^(const )?char \*/.test(field.declaration))
  );
}

/** The pattern of `~`: a leading `!` or digit is part of it. */
function matcher(wanted: string): (text: string) => boolean {
  const pattern = { ...parsePattern(`!${wanted}`) };
  if (pattern.kind === "index") return (text) => fits({ ...pattern, kind: "full" }, text);
  return (text) => fits(pattern, text);
}

/** As `kstrtoll` with base 0: decimal, 0x and leading-zero octal. */
function integer(text: string): bigint | undefined {
  const [, sign = "", digits = ""] = /^(-?)(.*)$/.exec(text) ?? [];
  const literal = /^0x[0-9a-f]+$/i.test(digits)
    ? digits
    : /^0[0-7]+$/.test(digits)
      ? `0o${digits.slice(1)}`
      : /^[0-9]+$/.test(digits) && !/^0[0-9]/.test(digits)
        ? digits
        : undefined;
  if (literal === undefined) return undefined;
  const value = BigInt(literal);
  return value >= 2n ** 64n ? undefined : sign === "-" ? -value : value;
}

function processorList(list: string): Set<number> | undefined {
  const processors = new Set<number>();
  for (const part of list.split(",")) {
    const [, low, high = low] = /^\s*([0-9]{1,4})(?:-([0-9]{1,4}))?\s*$/.exec(part) ?? [];
    if (low === undefined || high === undefined || Number(high) < Number(low)) return undefined;
    for (let each = Number(low); each <= Number(high); each++) processors.add(each);
  }
  return processors;
}
