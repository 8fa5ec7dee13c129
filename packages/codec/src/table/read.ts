import type { Conditions } from "../decode-row.js";
import type { EncodingSpec, Group, Row } from "../encoding.js";
import { thumbOf } from "./thumb-of.js";

/** A group as the generator writes it. */
export interface GroupHead {
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
  /** Columns apart by tabs, their rows apart by new lines: those of all groups that are not made from others. */
  readonly text: string;
  readonly heads: readonly GroupHead[];
}

/** Parts of a row that are not plain text. */
const structured = new Set(["hasNames", "privileged", "also", "aliases"]);

/** The columns of a table, each taken apart when it is first asked for: a decoder asks for few of them. */
class Columns {
  readonly names: readonly string[];
  readonly #texts: readonly string[];
  readonly #parts: string[][] = [];

  constructor({ names, text }: TableText) {
    this.names = names.split(" ");
    this.#texts = text.split("\t");
  }

  /** What stands in a column; "" where nothing does. */
  part(name: string, at: number): string {
    const n = this.names.indexOf(name);
    this.#parts[n] ??= (this.#texts[n] ?? "").split("\n");
    return this.#parts[n][at] ?? "";
  }
}

/** A row of the columns. */
class TextRow implements Row {
  readonly #columns: Columns;
  readonly #at: number;
  #spec: EncodingSpec | undefined;

  constructor(columns: Columns, at: number) {
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

  get spec(): EncodingSpec {
    this.#spec ??= this.#read(this.#columns.names.filter((name) => !/^(id|diagram|syntax)$/.test(name)));
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
      const all = columns;
      return Array.from({ length: size }, (_, i) => new TextRow(all, start + i));
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
