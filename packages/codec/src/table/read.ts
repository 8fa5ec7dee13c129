import type { EncodingSpec, Head, Isa, Part, Says } from "../encoding.js";
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
  /** Columns apart by `columnEnd`, in them groups apart by `groupEnd`, and their rows apart by `rowEnd`, as `shorten` writes them. */
  readonly text: string;
  readonly heads: readonly GroupHead[];
}

/** Behind a column, the rows of a group in it, and a row: characters that stand in none of them, nor have to be escaped in a string. */
export const columnEnd = "$";
export const groupEnd = "@";
export const rowEnd = ";";

/** The end of most ids, which is left out: the first encoding. */
export function endingOf(isa: Isa): string {
  return isa === "a32" ? "_A1" : "_T1";
}

/** What most syntax lines start with, which is a `*` in the table: `adc` of `ADC_imm_A1`. */
export function stemOfId(id: string): string {
  return id.slice(0, id.indexOf("_")).toLowerCase();
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
    .join(rowEnd);
}

/** Undoes it, as far as rows are asked for. */
class Lengthened {
  readonly #short: readonly string[];
  /** The words of each row so far. */
  readonly #words: string[][] = [];

  constructor(text: string) {
    this.#short = text.split(rowEnd);
  }

  /** The text of a row; those at the end that are left out are as the last. */
  row(place: number): string {
    const rows = this.#words;
    const wanted = Math.min(place, this.#short.length - 1);
    while (rows.length <= wanted) rows.push(lengthen(this.#short[rows.length]!, rows.at(-1) ?? []));
    return rows[wanted]!.join(" ");
  }
}

function lengthen(short: string, last: string[]): string[] {
  // Most rows of most columns are as empty as the one before.
  if (short === "" && last.length === 1) return last;
  const words = short.split(" ");
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "") words[i] = last[i] ?? "";
    else if (word === "~") words[i] = "";
  }
  return words;
}

/** One of the pieces of a text between separators: to split it would make all of them. */
function piece(text: string, separator: string, n: number): string {
  let from = 0;
  for (let i = 0; i < n; i++) from = text.indexOf(separator, from) + 1;
  const end = text.indexOf(separator, from);
  return text.slice(from, end < 0 ? text.length : end);
}

/** The columns of a table. */
class Columns {
  readonly names: readonly string[];
  /** Those that are of a row's `spec`. */
  readonly ofSpec: readonly (keyof EncodingSpec)[];
  readonly #text: string;

  constructor({ names, text }: TableText) {
    this.names = names.split(" ");
    this.ofSpec = this.names.filter(
      (name): name is keyof EncodingSpec => name !== "id" && name !== "diagram" && name !== "syntax",
    );
    this.#text = text;
  }

  /** The rows of a group in a column. */
  rows(column: number, group: number): Lengthened {
    return new Lengthened(piece(piece(this.#text, columnEnd, column), groupEnd, group));
  }
}

/** A group of the columns. */
class TextPart implements Part {
  readonly first: number;
  readonly title: string;
  readonly isa: Isa;
  readonly arch: string;
  declare readonly extension?: string;
  declare readonly narrow?: true;
  readonly columns: () => Columns;
  readonly #group: number;
  readonly #texts: Lengthened[] = [];
  readonly #rows: Says[] = [];
  /** Thumb's floating-point rows are made from those of this part. */
  readonly #from: TextPart | undefined;

  constructor(
    { title, isa, arch, extension, narrow }: GroupHead,
    columns: () => Columns,
    group: number,
    first: number,
    from: TextPart | undefined,
  ) {
    this.first = first;
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
    return this.#texts[n].row(place) || undefined;
  }
}

/** A row of the columns. */
class TextRow implements Says {
  protected readonly part: TextPart;
  readonly #place: number;
  #spec: EncodingSpec | undefined;

  constructor(part: TextPart, place: number) {
    this.part = part;
    this.#place = place;
  }

  get id(): string {
    const id = this.#text("id")!;
    return /_[AT]\d$/.test(id) ? id : id + endingOf(this.part.isa);
  }

  get diagram(): string {
    return this.#text("diagram")!;
  }

  get syntax(): string {
    const syntax = this.#text("syntax")!;
    return syntax.startsWith("*") ? stemOfId(this.id) + syntax.slice(1) : syntax;
  }

  get<K extends keyof EncodingSpec>(name: K): EncodingSpec[K] {
    const text = this.#text(name);
    return (text !== undefined && structured.has(name) ? JSON.parse(text) : text) as EncodingSpec[K];
  }

  get spec(): EncodingSpec {
    if (this.#spec === undefined) {
      const spec: Record<string, unknown> = {};
      for (const name of this.part.columns().ofSpec) {
        const said = this.get(name);
        if (said !== undefined) spec[name] = said;
      }
      this.#spec = spec;
    }
    return this.#spec;
  }

  #text(name: string): string | undefined {
    return this.part.text(name, this.#place);
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

  override get<K extends keyof EncodingSpec>(name: K): EncodingSpec[K] {
    const said = super.get(name);
    return name === "unpredictable"
      ? (thumbUnpredictable(super.id, super.diagram, said as string | undefined) as EncodingSpec[K])
      : said;
  }
}

/** Every row of a generated table. What stands in it is read when it is first asked for. */
export function rowsOf<R>(table: TableText, Row: new (part: Part, index: number) => R): R[] {
  let made: Columns | undefined;
  const columns = (): Columns => {
    made ??= new Columns(table);
    return made;
  };
  const parts: TextPart[] = [];
  // An array that grows would be copied again and again.
  const rows = new Array<R>(table.heads.reduce((sum, { size }) => sum + size, 0));
  let index = 0;
  for (const head of table.heads) {
    const from = head.from === undefined ? undefined : parts[head.from];
    const part = new TextPart(head, columns, parts.length, index, from);
    parts.push(part);
    for (const end = index + head.size; index < end; index++) rows[index] = new Row(part, index);
  }
  return rows;
}
