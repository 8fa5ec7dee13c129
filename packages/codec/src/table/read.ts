import type { Conditions } from "../decode-row.js";
import type { EncodingSpec, Group, Row, Texts } from "../encoding.js";
import { thumbOf } from "./thumb-of.js";

/** A group as the generator writes it. */
interface GroupHead {
  readonly title: string;
  readonly isa: "a32" | "t32";
  readonly arch: string;
  readonly extension?: string;
  readonly narrow?: true;
  /** Thumb's floating-point rows are made from those of this group of A32. */
  readonly from?: number;
  readonly size: number;
}

/** The table as the generator writes it: what is alike stands together, so that it packs well and is read fast. */
export interface TableText {
  /** What stands in the columns. */
  readonly names: string;
  /** Columns apart by tabs, their rows apart by new lines, as `shorten` writes them: those of all groups that are not made from others. */
  readonly text: string;
  readonly heads: readonly GroupHead[];
}

/** Parts of a row that are not plain text. */
const structured = new Set(["fullInIt", "hasNames", "privileged", "also", "aliases"]);

/** Rows of a group's column: a word that stands in the row before at the same place is left out; `~` is no word. */
export function shorten(rows: readonly string[]): string {
  let last: string[] = [];
  return rows
    .map((row) => {
      const words = row.split(" ");
      const short = words.map((word, i) => (word === last[i] ? "" : word === "" ? "~" : word)).join(" ");
      last = words;
      return short;
    })
    .join("\n");
}

/** Undoes it for rows `from` to `to`, which are a group's. */
function lengthen(rows: readonly string[], from: number, to: number): string[] {
  const made: string[] = [];
  let last: string[] = [];
  let text = "";
  for (let at = from; at < to; at++) {
    const short = rows[at] ?? "";
    // Most rows of most columns are as empty as the one before.
    if (short !== "" || last.length !== 1) {
      const words = short.split(" ");
      for (let i = 0; i < words.length; i++) {
        const word = words[i]!;
        if (word === "") words[i] = last[i] ?? "";
        else if (word === "~") words[i] = "";
      }
      last = words;
      text = words.join(" ");
    }
    made.push(text);
  }
  return made;
}

/** The columns of a table, each taken apart when it is first asked for: a decoder asks for few of them. */
class Columns {
  readonly names: readonly string[];
  readonly #texts: readonly string[];
  readonly #rows: string[][] = [];

  constructor({ names, text }: TableText) {
    this.names = names.split(" ");
    this.#texts = text.split("\t");
  }

  rows(n: number): readonly string[] {
    this.#rows[n] ??= (this.#texts[n] ?? "").split("\n");
    return this.#rows[n];
  }
}

/** The part of the columns that is a group's. */
class GroupColumns {
  readonly names: readonly string[];
  /** Those that are of a row's `spec`. */
  readonly ofSpec: readonly string[];
  readonly #columns: Columns;
  readonly #from: number;
  readonly #to: number;
  readonly #parts: string[][] = [];

  constructor(columns: Columns, from: number, size: number) {
    this.names = columns.names;
    this.ofSpec = columns.names.filter((name) => !/^(id|diagram|syntax)$/.test(name));
    this.#columns = columns;
    this.#from = from;
    this.#to = from + size;
  }

  /** What stands in a column; "" where nothing does. */
  part(name: string, at: number): string {
    const n = this.names.indexOf(name);
    this.#parts[n] ??= lengthen(this.#columns.rows(n), this.#from, this.#to);
    return this.#parts[n][at] ?? "";
  }
}

/** A row of the columns. */
class TextRow implements Row {
  readonly #columns: GroupColumns;
  readonly #at: number;
  #spec: EncodingSpec | undefined;

  constructor(columns: GroupColumns, at: number) {
    this.#columns = columns;
    this.#at = at;
  }

  get id(): string {
    return this.#columns.part("id", this.#at);
  }

  get diagram(): string {
    return this.#columns.part("diagram", this.#at);
  }

  get syntax(): string {
    return this.#columns.part("syntax", this.#at);
  }

  get conditions(): Conditions {
    return this.#read(["only", "undefined", "unpredictable"]);
  }

  get texts(): Texts {
    return this.#read(["llvm", "gnu", "preUal", "also", "aliases"]);
  }

  get spec(): EncodingSpec {
    this.#spec ??= this.#read(this.#columns.ofSpec);
    return this.#spec;
  }

  #read(names: readonly string[]): EncodingSpec {
    const spec: Record<string, unknown> = {};
    for (const name of names) {
      const part = this.#columns.part(name, this.#at);
      if (part !== "") spec[name] = structured.has(name) ? JSON.parse(part) : part;
    }
    return spec;
  }
}

/** The groups of a generated table, and how many rows each has. The rows are read when they are first asked for. */
export function readGroups(table: TableText): { readonly group: Group; readonly size: number }[] {
  const groups: Group[] = [];
  let columns: Columns | undefined;
  let first = 0;
  for (const { from, size, ...head } of table.heads) {
    const start = first;
    if (from === undefined) first += size;
    const read = (): readonly Row[] => {
      if (from !== undefined) return thumbOf(groups[from]!).rows();
      columns ??= new Columns(table);
      const own = new GroupColumns(columns, start, size);
      return Array.from({ length: size }, (_, i) => new TextRow(own, i));
    };
    let made: readonly Row[] | undefined;
    groups.push({
      ...head,
      rows: () => {
        made ??= read();
        return made;
      },
    });
  }
  return groups.map((group, n) => ({ group, size: table.heads[n]!.size }));
}
