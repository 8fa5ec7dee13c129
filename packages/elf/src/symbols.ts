import type { ByteSource } from "./byte-source.js";
import { NameIndex } from "./name-index.js";
import { radixSort } from "./radix-sort.js";
import { columnOf, PlaceColumns } from "./search.js";
import { entryCount, linkedSection, readSection, type Section, sectionTypes } from "./sections.js";
import { StringTable } from "./string-table.js";

/**
 * `st_shndx` values with a meaning of their own.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const { symbols } = openElf(memorySource(readFileSync("samples/sites-arm.ko")));
 * symbols.section[symbols.find("__gnu_mcount_nc")] === symbolSections.undefined; // true
 * ```
 */
export const symbolSections = {
  undefined: 0,
  reserved: 0xff00,
  absolute: 0xfff1,
  common: 0xfff2,
  extended: 0xffff,
} as const;
/**
 * `ELF32_ST_TYPE` values that this package asks for.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * image.symbols.type(image.symbols.find("square")) === symbolTypes.function; // true
 * ```
 */
export const symbolTypes = { none: 0, object: 1, function: 2, section: 3, file: 4, tls: 6, ifunc: 10 } as const;
const bindings = { local: 0, global: 1, weak: 2 } as const;
const entryBytes = 16;
const dollar = 0x24;
const dot = 0x2e;

/** A symbol and how far behind it a place lies. */
export interface SymbolHit {
  readonly name: string;
  /** Bytes from the symbol's address to the place asked for. */
  readonly offset: number;
  /** Index in the symbol table. */
  readonly index: number;
}

/**
 * The symbols of an image as columns: entry `i` of each array belongs to symbol `i`. A kernel has a quarter of a million of
 * them; names are decoded only when asked for.
 *
 * | column | field | unit |
 * |---|---|---|
 * | `value` | `st_value` | address, or offset in its section in a relocatable file; bit 0 marks a Thumb function |
 * | `size` | `st_size` | bytes |
 * | `info` | `st_info` | binding in bits 7:4, type in bits 3:0 |
 * | `section` | `st_shndx`, with the escape for more than 65,279 sections followed | section index |
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const { symbols } = openElf(memorySource(readFileSync("samples/sites-thumb2.elf")));
 * const square = symbols.find("square");
 * symbols.value[square]! & 1; // 1
 * symbols.at(symbols.section[square]!, symbols.address(square) + 4)?.name; // "square"
 * ```
 */
export class SymbolTable {
  readonly count: number;
  readonly value: Uint32Array;
  readonly size: Uint32Array;
  readonly info: Uint8Array;
  readonly section: Uint32Array;
  readonly nameOffset: Uint32Array;
  readonly names: StringTable;
  #byName: NameIndex | undefined;
  #functions: SortedSymbols | undefined;
  #labels: SortedSymbols | undefined;

  /**
   * Reads a table; {@link ElfImage.symbols} does that for an image.
   *
   * @param bytes - of the section
   * @param little - whether the file is little-endian
   * @param names - the table that the names are in
   * @param extended - section indices of more than 16 bits, where the file has them
   */
  constructor(bytes: Uint8Array, little: boolean, names: StringTable, extended?: DataView) {
    const count = Math.floor(bytes.length / entryBytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.count = count;
    this.names = names;
    this.value = new Uint32Array(count);
    this.size = new Uint32Array(count);
    this.info = new Uint8Array(count);
    this.section = new Uint32Array(count);
    this.nameOffset = new Uint32Array(count);
    for (let i = 0, at = 0; i < count; i++, at += entryBytes) {
      this.nameOffset[i] = view.getUint32(at, little);
      this.value[i] = view.getUint32(at + 4, little);
      this.size[i] = view.getUint32(at + 8, little);
      this.info[i] = view.getUint8(at + 12);
      const section = view.getUint16(at + 14, little);
      const escaped = section === symbolSections.extended && extended !== undefined && i * 4 + 4 <= extended.byteLength;
      this.section[i] = escaped ? extended.getUint32(i * 4, little) : section;
    }
  }

  /**
   * The symbol's name.
   *
   * @param index - from 0, below {@link count}
   */
  name(index: number): string {
    return this.names.at(this.nameOffset[index]!);
  }

  /**
   * Lies in a section of this file, so that its value is a place.
   *
   * @param index - from 0, below {@link count}
   */
  defined(index: number): boolean {
    const section = this.section[index]!;
    return (
      section !== symbolSections.undefined && (section < symbolSections.reserved || section > symbolSections.extended)
    );
  }

  /**
   * One of {@link symbolTypes}.
   *
   * @param index - from 0, below {@link count}
   */
  type(index: number): number {
    return this.info[index]! & 0xf;
  }

  /**
   * The symbol's address without the Thumb bit of functions.
   *
   * @param index - from 0, below {@link count}
   */
  address(index: number): number {
    return isFunction(this.type(index)) ? (this.value[index]! & ~1) >>> 0 : this.value[index]!;
  }

  /**
   * Index of the symbol with this name, a defined and global one where there are several; -1 where there is none.
   *
   * @param name - the whole name
   */
  find(name: string): number {
    this.#byName ??= new NameIndex(this.names, this.nameOffset);
    let best = -1;
    for (const i of this.#byName.all(name)) if (best < 0 || this.#rank(i) > this.#rank(best)) best = i;
    return best;
  }

  /**
   * The symbol that a place belongs to: the function that covers it, otherwise the nearest label or object before it in
   * the section. Mapping, section and file symbols do not count.
   *
   * @param section - section index
   * @param address - address, or offset in the section in a relocatable file
   */
  at(section: number, address: number): SymbolHit | undefined {
    const index = this.indexAt(section, address);
    return index < 0 ? undefined : { name: this.name(index), offset: address - this.address(index), index };
  }

  /**
   * As {@link at}, the index of the symbol alone, or -1: its name is not decoded.
   *
   * @param section - section index
   * @param address - address, or offset in the section in a relocatable file
   */
  indexAt(section: number, address: number): number {
    this.#labels ??= this.#sorted();
    this.#functions ??= pick(this.#labels, (i) => isFunction(this.type(i)));
    const inside = nearest(this.#functions, section, address);
    if (inside >= 0 && address - this.address(inside) < this.size[inside]!) return inside;
    return nearest(this.#labels, section, address);
  }

  /**
   * Is the symbol `$a`, `$t`, `$d` or one of these with a dotted suffix? Gives the letter's code, otherwise 0.
   *
   * @param index - from 0, below {@link count}
   */
  mapping(index: number): number {
    // The type first: it lies beside its neighbours', where names are all over their table.
    if (this.type(index) !== symbolTypes.none) return 0;
    const { bytes } = this.names;
    const at = this.nameOffset[index]!;
    if (bytes[at] !== dollar || !this.defined(index)) return 0;
    const end = bytes[at + 2];
    return end === 0 || end === dot ? bytes[at + 1]! : 0;
  }

  #rank(index: number): number {
    const binding = this.info[index]! >>> 4;
    const scope = binding === bindings.global ? 2 : binding === bindings.weak ? 1 : 0;
    return (this.section[index] !== symbolSections.undefined ? 8 : 0) + (this.size[index]! > 0 ? 4 : 0) + scope;
  }

  /** Functions, objects and labels that are defined and named, by section and address, the best one last among equals. */
  #sorted(): SortedSymbols {
    const addresses = new Uint32Array(this.count);
    const ranks = new Uint32Array(this.count);
    const byRank = radixSort(this.#named(addresses, ranks), ranks);
    const index = radixSort(radixSort(byRank, addresses), this.section);
    return { index, places: new PlaceColumns(columnOf(this.section, index), columnOf(addresses, index)) };
  }

  /** Their indices in order; puts their addresses and ranks at these. */
  #named(addresses: Uint32Array, ranks: Uint32Array): Uint32Array {
    const chosen = new Uint32Array(this.count);
    const { bytes } = this.names;
    let length = 0;
    for (let i = 1; i < this.count; i++) {
      const type = this.type(i);
      const wanted = isFunction(type) || type === symbolTypes.none || type === symbolTypes.object;
      const first = wanted ? bytes[this.nameOffset[i]!] : undefined;
      // A dollar sign begins mapping symbols and their obsolete relatives ($b, $f, $m, $p), never a C name's first letter.
      if (first === 0 || first === undefined || first === dollar || !this.defined(i)) continue;
      addresses[i] = this.address(i);
      ranks[i] = this.#rank(i);
      chosen[length++] = i;
    }
    return chosen.subarray(0, length);
  }
}

/** Symbols by section and address, as columns: a lookup reads only these. */
interface SortedSymbols {
  readonly index: Uint32Array;
  readonly places: PlaceColumns;
}

function isFunction(type: number): boolean {
  return type === symbolTypes.function || type === symbolTypes.ifunc;
}

/** Those of sorted symbols that `wanted` says, in the same order. */
function pick({ index, places }: SortedSymbols, wanted: (index: number) => boolean): SortedSymbols {
  const rows = new Uint32Array(index.length);
  let length = 0;
  for (let row = 0; row < index.length; row++) if (wanted(index[row]!)) rows[length++] = row;
  const chosen = rows.subarray(0, length);
  return {
    index: columnOf(index, chosen),
    places: new PlaceColumns(columnOf(places.section, chosen), columnOf(places.address, chosen)),
  };
}

/** Index of the last symbol of this section at or before `address`, or -1. */
function nearest(sorted: SortedSymbols, section: number, address: number): number {
  const row = sorted.places.last(section, address);
  return row < 0 ? -1 : sorted.index[row]!;
}

/**
 * Reads the symbols that a section holds.
 *
 * @throws {ElfError} `E_ELF_ENTRY_SIZE`, `E_ELF_LINK`, `E_ELF_BOUNDS`, `E_ELF_LIMIT`
 */
export function readSymbols(
  source: ByteSource,
  sections: readonly Section[],
  section: Section,
  little: boolean,
): SymbolTable {
  entryCount(section, entryBytes);
  const strings = linkedSection(sections, section, [sectionTypes.strtab], "string table");
  const wide = sections.find((other) => other.type === sectionTypes.symtabShndx && other.link === section.index);
  const indices = wide === undefined ? undefined : readSection(source, wide);
  const extended = indices && new DataView(indices.buffer, indices.byteOffset, indices.length);
  const names = new StringTable(readSection(source, strings), strings.offset);
  return new SymbolTable(readSection(source, section), little, names, extended);
}

/** The table of an image without symbols. */
export function noSymbols(): SymbolTable {
  return new SymbolTable(new Uint8Array(0), true, new StringTable(new Uint8Array(0), 0));
}
