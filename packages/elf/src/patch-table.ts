import { ElfError, hex } from "./elf-error.js";
import type { ElfImage } from "./image.js";
import type { Place, Reference } from "./place.js";
import { relocationOfWord, resolveWord } from "./resolve.js";
import { lastAtOrBelow } from "./search.js";
import { readSection, type Section } from "./sections.js";
import type { TableField, TableLayout } from "./tables.js";

/**
 * Most entries that one table may have; Debian's kernels have a tenth of it in all tables together.
 *
 * @example
 * ```ts
 * maxTableEntries; // 524288
 * ```
 */
export const maxTableEntries: number = 1 << 19;

/** One entry: where it is, its bytes as they stand in the file, and the places that its words name. */
export type TableEntry<Field extends string = string> = { readonly at: Place; readonly bytes: Uint8Array } & {
  readonly [Name in Field]: Reference;
};

/** A run of entries. A module built from several objects can have more than one. */
interface TablePart {
  readonly start: Place;
  readonly bytes: Uint8Array;
}

/** One field of all entries of a table. */
export interface TableColumn {
  /**
   * The place that it names.
   *
   * @param index - of the entry, from 0, below the table's length
   * @throws {ElfError} as {@link PatchTable.entries}
   */
  at(index: number): Reference;
}

/** A table found in an image. */
export interface PatchTable<Field extends string = string> {
  readonly layout: TableLayout<Field>;
  /** Number of entries. */
  readonly length: number;
  /** @throws {ElfError} `E_ELF_RELOCATION`, `E_ELF_LINK` at an entry whose relocation makes no sense */
  entries(): Generator<TableEntry<Field>>;
  /**
   * One entry.
   *
   * @param index - from 0, below {@link length}
   * @throws {ElfError} as {@link entries}
   */
  entry(index: number): TableEntry<Field>;
  /**
   * The places that one field of the entries names, without the rest of them.
   *
   * @param field - by name
   */
  column(field: Field): TableColumn;
  /**
   * An entry's bytes as they stand in the file, without the rest of it.
   *
   * @param index - from 0, below {@link length}
   */
  bytes(index: number): Uint8Array;
}

/**
 * Finds a table: the section of its name, otherwise what lies between its bounding symbols. Undefined where the image has
 * neither.
 *
 * @param image - linked or relocatable
 * @param layout - which table: its section, its bounding symbols, the fields of an entry
 * @throws {ElfError} `E_ELF_TABLE` where the bounds make no sense or the size is no multiple of the entry's, `E_ELF_LIMIT`
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * for (const { code, target, key } of findTable(image, jumpTable)?.entries() ?? []) {
 *   console.log(code.address, target.address, key.address, (key.flags & 1) !== 0 ? "likely" : "unlikely");
 * }
 * ```
 */
export function findTable<Field extends string>(
  image: ElfImage,
  layout: TableLayout<Field>,
): PatchTable<Field> | undefined {
  const parts = [...sectionParts(image, layout)];
  if (parts.length === 0 && !image.relocatable) parts.push(...symbolParts(image, layout));
  if (parts.length === 0) return undefined;
  const length = parts.reduce((sum, { bytes }) => sum + entriesIn(layout, bytes), 0);
  if (length > maxTableEntries) {
    const what = `has ${length} entries, over the limit of ${maxTableEntries}`;
    throw tableError("E_ELF_LIMIT", layout, parts[0]!.start, what);
  }
  return new Entries(image, layout, layout.skipsZeroes ? parts.flatMap((part) => filled(image, layout, part)) : parts);
}

/** The runs of a part's entries that are not all zeroes; a relocation may yet fill one that is. */
function filled(image: ElfImage, { entryBytes }: TableLayout, part: TablePart): readonly TablePart[] {
  const { start, bytes } = part;
  const isEmpty = (offset: number): boolean => {
    for (let i = offset; i < offset + entryBytes; i++) if (bytes[i] !== 0) return false;
    return relocationOfWord(image, { section: start.section, address: start.address + offset }) === undefined;
  };
  const runs: TablePart[] = [];
  let from = 0;
  const cut = (to: number): void => {
    if (to === from) return;
    const at = { section: start.section, address: start.address + from };
    runs.push({ start: at, bytes: bytes.subarray(from, to) });
  };
  for (let offset = 0; offset < bytes.length; offset += entryBytes) {
    if (!isEmpty(offset)) continue;
    cut(offset);
    from = offset + entryBytes;
  }
  if (from === 0) return [part];
  cut(bytes.length);
  return runs;
}

function* sectionParts(image: ElfImage, layout: TableLayout): Generator<TablePart> {
  for (const name of layout.sections) {
    for (const section of image.sectionsNamed(name)) {
      const start = { section, address: image.relocatable ? 0 : section.address };
      if (section.size > 0 && !section.inFile) throw notHere(layout, start, name);
      const bytes = readSection(image.source, section);
      checkMultiple(layout, start, bytes.length);
      yield { start, bytes };
    }
  }
}

function* symbolParts(image: ElfImage, layout: TableLayout): Generator<TablePart> {
  const { symbols } = image;
  for (const [startName, stopName] of layout.bounds) {
    const [first, last] = [symbols.find(startName), symbols.find(stopName)];
    if (first < 0 || last < 0) continue;
    const start = image.locate(symbols.value[first]!);
    const length = symbols.value[last]! - symbols.value[first]!;
    if (length < 0)
      throw tableError(
        "E_ELF_TABLE",
        layout,
        start,
        `ends ${-length} bytes before it begins (${startName}, ${stopName})`,
      );
    checkMultiple(layout, start, length);
    if (length === 0) continue;
    const bytes = image.read(start, length);
    if (bytes === undefined) {
      if (start.section?.inFile === false) throw notHere(layout, start, start.section.name);
      const what = `has no bytes in the file at ${hex(start.address)}+${hex(length)} (${startName}, ${stopName})`;
      throw tableError("E_ELF_TABLE", layout, start, what);
    }
    yield { start, bytes };
  }
}

class Entries<Field extends string> implements PatchTable<Field> {
  readonly layout: TableLayout<Field>;
  readonly length: number;
  readonly #image: ElfImage;
  readonly #fields: readonly (readonly [string, TableField])[];
  readonly #parts: readonly IndexedPart[];
  /** Of each part the first entry: there can be half as many parts as entries. */
  readonly #firsts: Int32Array;
  /** The part that was asked for last. */
  #part: IndexedPart | undefined;

  constructor(image: ElfImage, layout: TableLayout<Field>, parts: readonly TablePart[]) {
    this.#image = image;
    this.layout = layout;
    this.#fields = Object.entries<TableField>(layout.fields);
    let first = 0;
    this.#parts = parts.map(({ start, bytes }) => {
      const from = first;
      first += entriesIn(layout, bytes);
      return {
        start,
        bytes,
        view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
        first: from,
        end: first,
      };
    });
    this.length = first;
    this.#firsts = Int32Array.from(this.#parts, (part) => part.first);
    this.#part = this.#parts[0];
  }

  *entries(): Generator<TableEntry<Field>> {
    for (let index = 0; index < this.length; index++) yield this.entry(index);
  }

  entry(index: number): TableEntry<Field> {
    const { entryBytes } = this.layout;
    const part = this.#partOf(index);
    const { start, bytes } = part;
    const offset = (index - part.first) * entryBytes;
    const at = { section: start.section, address: start.address + offset };
    const entry = new Entry(at, bytes, offset, entryBytes) as Entry & { [name: string]: unknown };
    for (const [name, field] of this.#fields) entry[name] = this.#resolve(part, offset, field);
    return entry as unknown as TableEntry<Field>;
  }

  column(field: Field): TableColumn {
    return new Column(this, this.layout.fields[field]);
  }

  /** The place that a field of an entry names. */
  reference(index: number, field: TableField): Reference {
    const part = this.#partOf(index);
    return this.#resolve(part, (index - part.first) * this.layout.entryBytes, field);
  }

  bytes(index: number): Uint8Array {
    const { bytes, first } = this.#partOf(index);
    const { entryBytes } = this.layout;
    const offset = (index - first) * entryBytes;
    return bytes.subarray(offset, offset + entryBytes);
  }

  #partOf(index: number): IndexedPart {
    const last = this.#part;
    if (last !== undefined && index >= last.first && index < last.end) return last;
    const part = this.#parts[lastAtOrBelow(this.#firsts, index)];
    if (part === undefined || index >= part.end) throw new RangeError(`entry ${index} of ${this.length}`);
    this.#part = part;
    return part;
  }

  #resolve({ start, view }: IndexedPart, offset: number, { at, form, flags }: TableField): Reference {
    const word = { section: start.section, address: start.address + offset + at };
    const value = view.getUint32(offset + at, this.#image.header.endian === "little");
    return resolveWord(this.#image, word, value, form, flags);
  }
}

class Column implements TableColumn {
  readonly #entries: Entries<string>;
  readonly #field: TableField;

  constructor(entries: Entries<string>, field: TableField) {
    this.#entries = entries;
    this.#field = field;
  }

  at(index: number): Reference {
    return this.#entries.reference(index, this.#field);
  }
}

/** A part with the entries that it has, from `first` to just before `end`. */
interface IndexedPart extends TablePart {
  readonly view: DataView;
  readonly first: number;
  readonly end: number;
}

/** An entry but for its fields. A view of its bytes is made for who asks. */
class Entry {
  readonly at: Place;
  readonly #table: Uint8Array;
  readonly #offset: number;
  readonly #length: number;

  constructor(at: Place, table: Uint8Array, offset: number, length: number) {
    this.at = at;
    this.#table = table;
    this.#offset = offset;
    this.#length = length;
  }

  get bytes(): Uint8Array {
    return this.#table.subarray(this.#offset, this.#offset + this.#length);
  }
}

function entriesIn({ entryBytes }: TableLayout, bytes: Uint8Array): number {
  return Math.ceil(bytes.length / entryBytes);
}

/** What a table says whose section has a size but no bytes. */
function notHere(layout: TableLayout, start: Place, section: string): ElfError {
  const what = `has no bytes in the file, which keeps but the name of section ${section}`;
  const remedy = "the file holds debug information split from an image, give that image";
  return tableError("E_ELF_TABLE", layout, start, what, remedy);
}

function checkMultiple(layout: TableLayout, start: Place, length: number): void {
  const rest = length % layout.entryBytes;
  if (rest === 0 || rest === layout.lastBytes) return;
  throw tableError("E_ELF_TABLE", layout, start, `has ${length} bytes, no multiple of an entry's ${layout.entryBytes}`);
}

function tableError(
  code: "E_ELF_TABLE" | "E_ELF_LIMIT",
  layout: TableLayout,
  start: Place,
  what: string,
  remedy = "the file is damaged, or made for a kernel whose tables are laid out differently",
): ElfError {
  const { section } = start;
  return new ElfError(
    code,
    `table ${layout.kind}`,
    section === undefined ? 0 : fileOffset(section, start.address),
    what,
    remedy,
    { table: layout.kind, address: start.address },
  );
}

function fileOffset(section: Section, address: number): number {
  return section.offset + Math.max(0, address - section.address);
}
