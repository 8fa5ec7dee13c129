import type { EncodingSpec, Head, Isa, Part, Says, Texts } from "../encoding.js";
import { thumbDiagram, thumbId, thumbUnpredictable } from "./thumb-of.js";

/** A group as the generator writes it. */
interface GroupHead extends Head {
  /** Thumb's floating-point rows are made from those of this group of A32. */
  readonly from?: number;
  readonly size: number;
}

/** The table as the generator writes it: what is alike stands together, so that it packs well and is read fast. */
export interface TableText {
  /** What stands in the columns. */
  readonly names: string;
  /** Columns apart by tabs, in them groups apart by `groupEnd`, and their rows apart by new lines, as `shorten` writes them. */
  readonly text: string;
  readonly heads: readonly GroupHead[];
}

/** Behind the rows of a group in a column; a character that stands in none of them. */
export const groupEnd = "@";

/** The end of most ids, which is left out: the first encoding. */
export function endingOf(isa: Isa): string {
  return isa === "a32" ? "_A1" : "_T1";
}

/** Parts of a row that are not plain text. */
const structured = new Set(["fullInIt", "hasNames", "privileged", "also", "aliases"]);

/**
 * Rows of a group's column: a word that stands in the row before at the same place is left out; `~` is no word. Rows at the
 * end that are as the last before them are left out.
 */
export function shorten(rows: readonly string[]): string {
  let end = rows.length;
  while (end > 1 && rows[end - 1] === rows[end - 2]) end--;
  let last: string[] = [];
  return rows
    .slice(0, end)
    .map((row) => {
      const words = row.split(" ");
      const short = words.map((word, i) => (word === last[i] ? "" : word === "" ? "~" : word)).join(" ");
      last = words;
      return short;
    })
    .join("\n");
}

/** Undoes it. */
function lengthen(rows: readonly string[]): string[] {
  const made: string[] = [];
  let last: string[] = [];
  let text = "";
  for (let at = 0; at < rows.length; at++) {
    const short = rows[at]!;
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
  /** Those that are of a row's `spec`. */
  readonly ofSpec: readonly string[];
  readonly #texts: readonly string[];
  /** The columns' parts for the groups, by column. */
  readonly #groups: string[][] = [];

  constructor({ names, text }: TableText) {
    this.names = names.split(" ");
    this.ofSpec = this.names.filter((name) => name !== "id" && name !== "diagram" && name !== "syntax");
    this.#texts = text.split("\t");
  }

  /** The rows of a group in a column. */
  rows(column: number, group: number): string[] {
    this.#groups[column] ??= this.#texts[column]!.split(groupEnd);
    return lengthen(this.#groups[column][group]!.split("\n"));
  }
}

/** A group of the columns. */
class TextPart implements Part {
  readonly title: string;
  readonly isa: Isa;
  readonly arch: string;
  declare readonly extension?: string;
  declare readonly narrow?: true;
  readonly columns: () => Columns;
  readonly #group: number;
  readonly #texts: string[][] = [];
  readonly #rows: Says[] = [];
  /** Thumb's floating-point rows are made from those of this part. */
  readonly #from: TextPart | undefined;

  constructor(
    { title, isa, arch, extension, narrow }: GroupHead,
    columns: () => Columns,
    group: number,
    from: TextPart | undefined,
  ) {
    this.title = title;
    this.isa = isa;
    this.arch = arch;
    if (extension !== undefined) this.extension = extension;
    if (narrow) this.narrow = narrow;
    this.columns = columns;
    this.#group = group;
    this.#from = from;
  }

  row(place: number): Says {
    this.#rows[place] ??= this.#from === undefined ? new TextRow(this, place) : new ThumbRow(this.#from, place);
    return this.#rows[place];
  }

  /** What stands in a column; undefined where nothing does. */
  text(name: string, place: number): string | undefined {
    const columns = this.columns();
    const n = columns.names.indexOf(name);
    if (n < 0) return undefined;
    this.#texts[n] ??= columns.rows(n, this.#group);
    const rows = this.#texts[n];
    return (place < rows.length ? rows[place] : rows.at(-1)) || undefined;
  }
}

const texts: readonly (keyof Texts)[] = ["llvm", "gnu", "preUal", "also", "aliases"];

/** A row of the columns. */
class TextRow implements Says {
  readonly #part: TextPart;
  readonly #place: number;
  #spec: EncodingSpec | undefined;

  constructor(part: TextPart, place: number) {
    this.#part = part;
    this.#place = place;
  }

  get id(): string {
    const id = this.#text("id")!;
    return /_[AT]\d$/.test(id) ? id : id + endingOf(this.#part.isa);
  }

  get diagram(): string {
    return this.#text("diagram")!;
  }

  get syntax(): string {
    return this.#text("syntax")!;
  }

  get only(): string | undefined {
    return this.#text("only");
  }

  get undefined(): string | undefined {
    return this.#text("undefined");
  }

  get unpredictable(): string | undefined {
    return this.#text("unpredictable");
  }

  get texts(): Texts {
    return this.#read(texts);
  }

  get spec(): EncodingSpec {
    this.#spec ??= this.#read(this.#part.columns().ofSpec);
    return this.#spec;
  }

  #text(name: string): string | undefined {
    return this.#part.text(name, this.#place);
  }

  #read(names: readonly string[]): EncodingSpec {
    const spec: Record<string, unknown> = {};
    for (const name of names) {
      const text = this.#text(name);
      if (text !== undefined) spec[name] = structured.has(name) ? JSON.parse(text) : text;
    }
    return spec;
  }
}

/** A row of Thumb that is made from one of A32. */
class ThumbRow extends TextRow {
  override get id(): string {
    return thumbId(super.id);
  }

  override get diagram(): string {
    return thumbDiagram(super.diagram);
  }

  override get unpredictable(): string | undefined {
    return thumbUnpredictable(super.id, super.diagram, super.unpredictable);
  }

  override get spec(): EncodingSpec {
    const { unpredictable } = this;
    this.#spec ??= unpredictable === undefined ? super.spec : { ...super.spec, unpredictable };
    return this.#spec;
  }

  #spec: EncodingSpec | undefined;
}

/** Every row of a generated table, as `make` wants it. What stands in it is read when it is first asked for. */
export function rowsOf<R>(table: TableText, make: (part: Part, place: number, index: number) => R): R[] {
  let made: Columns | undefined;
  const columns = (): Columns => {
    made ??= new Columns(table);
    return made;
  };
  const parts: TextPart[] = [];
  const rows: R[] = [];
  for (const head of table.heads) {
    const part = new TextPart(head, columns, parts.length, head.from === undefined ? undefined : parts[head.from]);
    parts.push(part);
    for (let place = 0; place < head.size; place++) rows.push(make(part, place, rows.length));
  }
  return rows;
}
