import { parseCondition, parseConstant, parseObservable, parseObserved } from "./condition.js";
import type { CodeLine, Column, Condition, Initial, Issue, LitmusTest, Observable } from "./litmus-test.js";
import { ParseFailure, Scanner } from "./scanner.js";

/** A test, or what is wrong with its text and where. */
export type ParseResult =
  | { readonly ok: true; readonly test: LitmusTest }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Reads a litmus test in herd's format. Never throws: what is wrong comes back with its line and column.
 *
 * @param text - of one file, in any of the three dialects
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM one\n{ %x0=x; }\n P0 ;\n MOV R0,#1 ;\n STR R0,[%x0] ;\nexists (x=1)");
 * parsed.ok && parsed.test.columns[0]!.lines.length; // 2
 * ```
 */
export function parseLitmus(text: string): ParseResult {
  const { text: plain, open } = withoutComments(text);
  const scanner = new Scanner(plain);
  try {
    if (open !== undefined) scanner.fail('expected "*)" at the end of the comment that begins here', open);
    return { ok: true, test: parseTest(scanner) };
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    return { ok: false, issues: [{ ...error.position, message: error.message }] };
  }
}

/** Blanks out comments `(* … *)`, which nest, keeping every other character where it was. In a string, `(*` begins none. */
function withoutComments(text: string): { readonly text: string; readonly open?: number } {
  const begins: number[] = [];
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const string = begins.length === 0 && text[i] === '"' ? /"[^"\n]*"/y : undefined;
    if (string !== undefined) {
      string.lastIndex = i;
      const whole = string.exec(text)?.[0];
      if (whole !== undefined) {
        out += whole;
        i += whole.length - 1;
        continue;
      }
    }
    if (text.startsWith("(*", i)) {
      begins.push(i);
      out += "  ";
      i++;
    } else if (begins.length > 0 && text.startsWith("*)", i)) {
      begins.pop();
      out += "  ";
      i++;
    } else out += begins.length === 0 || text[i] === "\n" ? text[i] : " ";
  }
  return begins.length === 0 ? { text: out } : { text: out, open: begins[0]! };
}

function parseTest(scanner: Scanner): LitmusTest {
  const title = scanner.expect(/([A-Za-z]\w*)[ \t]+([^\s;]+)[^\n]*/y, "an architecture and a test name");
  const info: Record<string, string> = {};
  let doc: string | undefined;
  for (;;) {
    const string = scanner.take(/"([^"]*)"/y);
    if (string !== undefined) {
      doc = string[1]!;
      continue;
    }
    const entry = scanner.take(/([A-Za-z][\w.+-]*)[ \t]*=[ \t]*([^\n]*)/y);
    if (entry === undefined) break;
    info[entry[1]!] = entry[2]!.trim();
  }
  scanner.expect(/\{/y, 'Key=Value lines or the initial state "{ … }"');
  const initial = parseInitial(scanner, /^aarch64$/i.test(title[1]!) ? 8 : 4);
  const columns = parseColumns(scanner);

  let locations: Observable[] = [];
  let filter: Condition | undefined;
  for (;;) {
    if (scanner.take(/locations\s*\[/y) !== undefined) locations = parseLocations(scanner);
    else if (scanner.take(/filter\b/y) !== undefined) filter = parseCondition(scanner);
    else break;
  }
  const { quantifier, condition } = parseQuestion(scanner);
  scanner.take(/;/y);
  // How herd should print: all states, or only those that satisfy the condition. It changes no answer.
  scanner.take(/with\s+(?:(?:\w+\s*:\s*(?:~\s*|not\s+)?(?:exists|forall)\b\s*;?\s*)+|\w+)/y);
  if (!scanner.done && !scanner.isAt(/<</y)) scanner.fail(`expected the end of the test, found ${scanner.found()}`);
  return {
    arch: title[1]!,
    name: title[2]!,
    ...(doc === undefined ? {} : { doc }),
    info,
    initial,
    columns,
    locations,
    ...(filter === undefined ? {} : { filter }),
    quantifier,
    condition,
  };
}

/** As herd has it: what is asked in parentheses only is whether it exists, and where nothing is asked, all is well. */
function parseQuestion(scanner: Scanner): Pick<LitmusTest, "quantifier" | "condition"> {
  if (scanner.done || scanner.isAt(/<</y))
    return { quantifier: "forall", condition: { kind: "constant", value: true } };
  if (scanner.isAt(/\(/y)) return { quantifier: "exists", condition: parseCondition(scanner) };
  const word = scanner.expect(
    /exists\b|~\s*exists\b|not\s+exists\b|forall\b|final\b|[oO]bserved\b/y,
    "exists, ~exists or forall",
  )[0];
  return {
    quantifier: word === "forall" ? "forall" : /^(~|not)/.test(word) ? "~exists" : "exists",
    condition: /^o/i.test(word) ? parseObserved(scanner) : parseCondition(scanner),
  };
}

/** Any word before the name is a type: `int x`, `uint32_t *0:R1`. Sizes are not kept: everything is a word. */
const type = /(?:const\s+)?([A-Za-z_]\w*)(?:\s+|\s*(?=\*))(?=\*|P?\d+\s*:|[A-Za-z_%])/y;

/** Types of C whose values are no word each, so that an array of them is laid out otherwise; `pointer` is the size of one, and of a long. */
function isNoWord(name: string, isPointer: boolean, pointer: number): boolean {
  if (isPointer || name === "long" || /^u?intptr_t$/.test(name)) return pointer !== 4;
  return /^u?int(8|16|64|128)_t$|^(char|short)$/.test(name);
}

/** `pointer`: the size of a pointer, in bytes. */
function parseInitial(scanner: Scanner, pointer: number): Initial[] {
  const items: Initial[] = [];
  for (;;) {
    while (scanner.take(/;/y) !== undefined);
    if (scanner.take(/\}/y) !== undefined) return items;
    if (scanner.done) scanner.fail('expected "}" at the end of the initial state');
    scanner.space();
    const at = scanner.position();
    const of = scanner.take(type)?.[1];
    const stars = scanner.take(/\*+\s*(?=[\w%])/y);
    const target = parseTarget(scanner);
    if (scanner.take(/=|:(?!=)/y) === undefined) {
      // A declaration without a value: the location or register exists, and is zero.
      items.push({ target, value: { kind: "integer", value: 0 }, at });
    } else if (target.kind === "location" && scanner.take(/\{/y) !== undefined) {
      // `int x[2] = {1, 2}`: the number in brackets is a length, not a place.
      for (let i = 0; scanner.take(/\}/y) === undefined; i++) {
        if (i > 0) scanner.expect(/,/y, '"," or "}" in an array');
        const value = parseConstant(scanner);
        const outside = of !== undefined && isNoWord(of, stars !== undefined, pointer);
        const text = `${of}${stars === undefined ? "" : "*"} in an array`;
        items.push({ target: { ...target, offset: 4 * i }, value: outside ? { kind: "foreign", text } : value, at });
      }
    } else items.push({ target, value: parseConstant(scanner), at });
    if (scanner.take(/;/y) === undefined && !/^\s*\}/.test(scanner.text.slice(scanner.at))) {
      scanner.fail(`expected ";" or "}" in the initial state, found ${scanner.found()}`);
    }
  }
}

function parseTarget(scanner: Scanner): Initial["target"] {
  // `[PTE(x)]`, `[tag(x)]`: what herd keeps besides locations. It has a value like one; that no model here has it is said when it is run.
  const kept = scanner.take(/\[\s*([A-Za-z]\w*\s*\([^()\n;]*\))\s*\]|([A-Za-z]\w*\s*\([^()\n;]*\))/y);
  if (kept !== undefined) return { kind: "location", name: (kept[1] ?? kept[2])!.replace(/\s+/g, ""), offset: 0 };
  const register = scanner.take(/P?(\d+)\s*:\s*(%?\w+)/y);
  if (register !== undefined) return { kind: "register", processor: Number(register[1]), name: register[2]! };
  const symbolic = scanner.take(/%\w+/y);
  if (symbolic !== undefined) return { kind: "register", processor: undefined, name: symbolic[0] };
  const { name, ...rest } = parseObservable(scanner);
  return { kind: "location", name, offset: "offset" in rest ? rest.offset : 0 };
}

function parseColumns(scanner: Scanner): Column[] {
  scanner.take(/;/y);
  const header = row(scanner);
  if (header === undefined) return scanner.fail(`expected the processors "P0 | P1 ;", found ${scanner.found()}`);
  const seen = new Set<string>();
  const columns = header.map((cell) => {
    cell.space();
    const at = cell.at;
    const name = cell.take(/P?(\d+)(?:\.([FI]))?(?:\s*:[^|;]*)?/y);
    if (name === undefined || !cell.done)
      return cell.fail(`expected a processor name (P0, P0.F, P0.I), found ${cell.found()}`);
    const column = `P${Number(name[1])}${name[2] === undefined ? "" : `.${name[2]}`}`;
    if (seen.has(column)) cell.fail(`expected every processor once, found ${column} again`, at);
    seen.add(column);
    const handler = name[2] === undefined ? false : name[2] === "F" ? "fault" : "interrupt";
    return { processor: Number(name[1]), handler, lines: [] as CodeLine[] } as const;
  });
  for (;;) {
    scanner.space();
    if (scanner.isAt(/(exists|~\s*exists|not\s+exists|forall|final|locations|filter|[oO]bserved)\b(?!\s*:)/y))
      return columns;
    if (scanner.done || scanner.isAt(/<</y)) return columns;
    const cells = row(scanner) ?? scanner.fail('expected ";" at the end of this row');
    if (cells.length > columns.length) {
      cells[columns.length]!.space();
      cells[columns.length]!.fail(`expected ${columns.length} columns, found ${cells.length}`);
    }
    cells.forEach((cell, i) => {
      const line = parseCell(cell);
      if (line !== undefined) columns[i]!.lines.push(line);
    });
  }
}

/** The cells up to the next ";", undefined when there is none. */
function row(scanner: Scanner): Scanner[] | undefined {
  const end = scanner.text.indexOf(";", scanner.at);
  if (end < 0) return undefined;
  const cells: Scanner[] = [];
  let start = scanner.at;
  for (let i = start; i <= end; i++) {
    if (i < end && scanner.text[i] !== "|") continue;
    cells.push(scanner.part(start, i));
    start = i + 1;
  }
  scanner.at = end + 1;
  return cells;
}

function parseCell(cell: Scanner): CodeLine | undefined {
  if (cell.done) return undefined;
  const { line, column } = cell.position();
  const labels: string[] = [];
  for (
    let label = cell.take(/([A-Za-z_][\w.]*)\s*:(?!\d)/y);
    label !== undefined;
    label = cell.take(/([A-Za-z_][\w.]*)\s*:/y)
  ) {
    labels.push(label[1]!);
  }
  cell.space();
  // Else it would be taken for a part of the instruction, or what it holds of `|` and `;` for ends of cells and rows.
  const comment = /(?<=^|\s)(\/\/|\/\*|@)/.exec(cell.text.slice(cell.at, cell.end));
  if (comment !== null) {
    cell.fail(`expected code, found "${comment[1]}": comments are (* … *) here`, cell.at + comment.index);
  }
  const text = cell.text.slice(cell.at, cell.end).trim().replace(/\s+/g, " ");
  const start = cell.done ? { line, column } : cell.position();
  return { ...start, labels, text: text === "" ? undefined : text };
}

function parseLocations(scanner: Scanner): Observable[] {
  const found: Observable[] = [];
  while (scanner.take(/\]/y) === undefined) {
    scanner.take(/[A-Za-z_]\w*\s+(?=[A-Za-z_\d])/y);
    found.push(parseObservable(scanner));
    // A type may stand behind, too.
    scanner.take(/(?:[A-Za-z_]\w*)?\s*\**/y);
    if (scanner.take(/[;,]/y) === undefined && !/^\s*\]/.test(scanner.text.slice(scanner.at))) {
      scanner.fail(`expected ";" or "]" in locations, found ${scanner.found()}`);
    }
  }
  return found;
}
