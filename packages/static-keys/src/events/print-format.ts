import type { EventDefinition, EventValues, FieldValue } from "@cmodx/trace";
import { eventError } from "./event-definition.js";

/** One conversion of a C format: `%-5lu`, or the text between two. */
type Piece =
  | string
  | { readonly flags: string; readonly width: number; readonly precision: number; readonly conversion: string };

type Argument = (values: EventValues) => FieldValue;

/**
 * The event's text, as its `print fmt` makes it: the usual conversions of `printf`, and as arguments the record's fields,
 * `__get_str`, `__print_symbolic` and `__print_flags`.
 *
 * @param definition - the event, with its `print fmt`
 * @param values - of the record's fields, by name
 * @throws {StaticKeysError} `E_EVENT` for a format with anything else in it
 *
 * @example
 * ```ts
 * const wake = eventDefinition({
 *   system: "sched",
 *   name: "wake",
 *   id: 300,
 *   fields: [{ kind: "field", type: "pid_t", name: "pid" }],
 *   print: '"pid=%d state=%s", REC->pid, __print_symbolic(REC->pid & 1, { 0, "even" }, { 1, "odd" })',
 * });
 * printEvent(wake, { pid: 7 }); // "pid=7 state=odd"
 * ```
 */
export function printEvent(definition: EventDefinition, values: EventValues): string {
  const { pieces, arguments: args } = parsed(definition);
  let next = 0;
  return pieces
    .map((piece) => {
      if (typeof piece === "string") return piece;
      const argument = args[next++];
      return argument === undefined ? "" : convert(piece, argument(values));
    })
    .join("");
}

interface Parsed {
  readonly pieces: readonly Piece[];
  readonly arguments: readonly Argument[];
}

const known = new WeakMap<EventDefinition, Parsed>();

function parsed(definition: EventDefinition): Parsed {
  let made = known.get(definition);
  if (made === undefined) {
    made = new Reader(definition.print).all();
    known.set(definition, made);
  }
  return made;
}

function convert({ flags, width, precision, conversion }: Exclude<Piece, string>, value: FieldValue): string {
  const pad = (text: string) => {
    if (flags.includes("-")) return text.padEnd(width);
    return flags.includes("0") && conversion !== "s" ? text.padStart(width, "0") : text.padStart(width);
  };
  if (conversion === "s") {
    const text = String(value);
    return pad(precision >= 0 ? text.slice(0, precision) : text);
  }
  if (conversion === "c") return pad(String.fromCharCode(Number(value)));
  const whole = typeof value === "bigint" ? value : BigInt(Math.trunc(Number(value)));
  const unsigned = whole < 0n ? BigInt.asUintN(typeof value === "bigint" ? 64 : 32, whole) : whole;
  switch (conversion) {
    case "u":
      return pad(unsigned.toString());
    case "x":
      return pad(`${flags.includes("#") ? "0x" : ""}${unsigned.toString(16)}`);
    case "X":
      return pad(`${flags.includes("#") ? "0X" : ""}${unsigned.toString(16).toUpperCase()}`);
    case "o":
      return pad(unsigned.toString(8));
    case "p":
      return pad(unsigned.toString(16).padStart(8, "0"));
    default:
      return pad(`${flags.includes("+") && whole >= 0n ? "+" : ""}${whole}`);
  }
}

/** Reads `"format", argument, …`. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): Parsed {
    const pieces = [...piecesOf(this.#string())];
    const args: Argument[] = [];
    while (this.#take(",")) args.push(this.#expression());
    this.#space();
    if (this.#at < this.#text.length) throw this.#error("an argument");
    return { pieces, arguments: args };
  }

  /** `|` and `&` of terms, from left to right: what events need of C. */
  #expression(): Argument {
    let left = this.#term();
    for (;;) {
      const operator = ["&", "|", ">>", "<<", "+", "-"].find((each) => this.#take(each));
      if (operator === undefined) break;
      const [before, right] = [left, this.#term()];
      left = (values) => combine(operator, before(values), right(values));
    }
    if (!this.#take("?")) return left;
    const yes = this.#expression();
    this.#expect(":");
    const no = this.#expression();
    const condition = left;
    return (values) => (truthy(condition(values)) ? yes(values) : no(values));
  }

  #term(): Argument {
    this.#space();
    if (this.#text[this.#at] === '"') {
      const text = this.#string();
      return () => text;
    }
    const number = this.#match(/-?(?:0x[0-9a-f]+|[0-9]+)[uUlL]*/iy);
    if (number !== undefined) return () => Number(number.replace(/[uUlL]+$/, ""));
    const field = this.#match(/REC->(\w+)/y, 1);
    if (field !== undefined) return (values) => values[field] ?? 0;
    const name = this.#match(/\w+/y);
    if (name !== undefined && this.#take("(")) return this.#call(name);
    if (name === undefined && this.#take("(")) {
      // A cast, or parentheses.
      const cast = this.#match(
        /\s*(?:unsigned|signed|long|int|short|char|u8|u16|u32|u64|s8|s16|s32|s64|void\s*\*|\s)+\)/y,
      );
      if (cast !== undefined) return this.#term();
      const inner = this.#expression();
      this.#expect(")");
      return inner;
    }
    throw this.#error("a field, a number or a text");
  }

  #call(name: string): Argument {
    if (name === "__get_str" || name === "__get_dynamic_array") {
      const field = this.#match(/\s*(\w+)\s*\)/y, 1) ?? "";
      return (values) => values[field] ?? "";
    }
    const value = this.#expression();
    if (name === "__print_symbolic") {
      const table = this.#table();
      return (values) => table.find(([number]) => same(number, value(values)))?.[1] ?? hexOf(value(values));
    }
    if (name === "__print_flags") {
      this.#expect(",");
      const separator = this.#string();
      const table = this.#table();
      return (values) => flagsText(Number(value(values)), separator, table);
    }
    throw eventError(
      `the print format calls ${name}, which is not known here`,
      "use __get_str, __print_symbolic or __print_flags",
    );
  }

  /** `, { number, "text" }, … )` */
  #table(): [number, string][] {
    const rows: [number, string][] = [];
    while (this.#take(",")) {
      this.#expect("{");
      const number = this.#term()({});
      this.#expect(",");
      rows.push([Number(number), this.#string()]);
      this.#expect("}");
    }
    this.#expect(")");
    return rows;
  }

  #string(): string {
    const raw = this.#match(/\s*"((?:[^"\\]|\\.)*)"/y, 1);
    if (raw === undefined) throw this.#error("a text in quotes");
    return raw.replaceAll(/\\(.)/g, (_, char: string) => ({ n: "\n", t: "\t" })[char] ?? char);
  }

  #space(): void {
    this.#match(/\s+/y);
  }

  #take(text: string): boolean {
    this.#space();
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#error(`"${text}"`);
  }

  #match(pattern: RegExp, group = 0): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found[group];
  }

  #error(wanted: string): Error {
    return eventError(
      `the print format has no ${wanted} at column ${this.#at + 1}`,
      "write it as the kernel's format files do",
      {
        column: this.#at + 1,
      },
    );
  }
}

function* piecesOf(format: string): Generator<Piece> {
  let at = 0;
  for (const found of format.matchAll(/%([-+ #0]*)([0-9]*)(?:\.([0-9]+))?(?:hh|h|ll|l|L|z|j|t)?([diuxXopcs%])/g)) {
    if (found.index > at) yield format.slice(at, found.index);
    at = found.index + found[0].length;
    const [, flags = "", width = "", precision, conversion = ""] = found;
    if (conversion === "%") yield "%";
    else yield { flags, width: Number(width), precision: precision === undefined ? -1 : Number(precision), conversion };
  }
  if (at < format.length) yield format.slice(at);
}

function flagsText(value: number, separator: string, table: readonly (readonly [number, string])[]): string {
  let rest = value;
  const names: string[] = [];
  for (const [mask, name] of table) {
    if (mask === 0 || (rest & mask) !== mask) continue;
    names.push(name);
    rest &= ~mask;
  }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`);
  return names.join(separator);
}

function combine(operator: string, left: FieldValue, right: FieldValue): FieldValue {
  const [a, b] = [BigInt(left as number), BigInt(right as number)];
  const results: Record<string, bigint> = {
    "&": a & b,
    "|": a | b,
    ">>": a >> b,
    "<<": a << b,
    "+": a + b,
    "-": a - b,
  };
  const result = results[operator] ?? 0n;
  return typeof left === "bigint" || typeof right === "bigint" ? result : Number(result);
}

/** As `0x%lx`: a number that is negative is what its word holds. */
function hexOf(value: FieldValue): string {
  const word =
    typeof value === "bigint" ? BigInt.asUintN(64, value) : BigInt.asUintN(32, BigInt(Math.trunc(Number(value))));
  return `0x${word.toString(16)}`;
}

function same(number: number, value: FieldValue): boolean {
  return typeof value === "bigint" ? BigInt(number) === value : number === value;
}

function truthy(value: FieldValue): boolean {
  return value !== 0 && value !== 0n && value !== "";
}
