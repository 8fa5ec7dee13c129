import { type ByteSource, readable, readPiece } from "./byte-source.js";
import { ElfError, hex } from "./elf-error.js";
import { type ElfHeader, readHeader } from "./header.js";
import { IntervalMap } from "./interval-map.js";
import { type CodeRun, type IsaAnswer, MappingSymbols } from "./mapping-symbols.js";
import type { Place } from "./place.js";
import { type Relocation, type RelocationTable, readRelocations } from "./relocations.js";
import { readSections, type Section, type SectionTable, sectionTypes } from "./sections.js";
import { readSegments, type Segment } from "./segments.js";
import { noSymbols, readSymbols, type SymbolHit, type SymbolTable, symbolTypes } from "./symbols.js";

const flagTls = 0x400;

/**
 * A 32-bit ARM ELF file. Only headers are read when it is opened; symbols, relocations and bytes when they are asked for, so
 * a kernel with 200 MB of debug information costs no more than one without.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-thumb2.elf")));
 * image.header.type; // "EXEC"
 * const place = image.locate(image.symbols.value[image.symbols.find("square")]!);
 * image.isaAt(place).isa; // "t32"
 * ```
 */
export class ElfImage {
  readonly source: ByteSource;
  readonly header: ElfHeader;
  readonly segments: readonly Segment[];
  readonly #table: SectionTable;
  #symbols: SymbolTable | undefined;
  #dynsym: SymbolTable | undefined;
  /** Of all relocation tables that were read. */
  #relocationBytes = 0;
  #mapping: MappingSymbols | undefined;
  #sectionMap: { map: IntervalMap; sections: readonly Section[] } | undefined;
  #segmentMap: IntervalMap | undefined;
  #relocations: Map<number, Section> | undefined;
  readonly #relocationTables = new Map<number, RelocationTable>();
  #dynamic: RelocationTable[] | undefined;
  /** By section index, the whole of it: code is read in small pieces, over and over. Null for one that is not kept. */
  readonly #texts: (Uint8Array | null | undefined)[];
  #textBytes = 0;

  /**
   * @param source - where the file's bytes come from
   * @throws {ElfError} where the header, the section headers or the program headers cannot be read
   */
  constructor(source: ByteSource) {
    this.source = source;
    this.header = readHeader(source);
    this.#table = readSections(source, this.header);
    this.segments = readSegments(source, this.header);
    this.#texts = new Array<undefined>(this.sections.length).fill(undefined);
  }

  get sections(): readonly Section[] {
    return this.#table.sections;
  }

  /** An object or a kernel module: places are counted from the start of their section, and words wait for relocation. */
  get relocatable(): boolean {
    return this.header.type === "REL";
  }

  /** Has no `.symtab`; the dynamic symbols may still be there. */
  get stripped(): boolean {
    return !this.sections.some((section) => section.type === sectionTypes.symtab);
  }

  /** `.symtab`, or the dynamic symbols where it was stripped, or an empty table. */
  get symbols(): SymbolTable {
    this.#symbols ??= this.#readSymbols();
    return this.#symbols;
  }

  /**
   * The table that a relocation's symbol is in: the dynamic linker's relocations count in `.dynsym`, all others in `.symtab`.
   *
   * @param relocation - of this image
   */
  symbolsOf(relocation: Relocation): SymbolTable {
    return relocation.dynamic ? this.#dynamicSymbols : this.symbols;
  }

  /**
   * Sections with this name, in file order: a relocatable file may have several.
   *
   * @param name - as in the section headers, `.text`
   */
  sectionsNamed(name: string): Section[] {
    const bytes = new TextEncoder().encode(name);
    return this.sections.filter((section) => section.index > 0 && this.#table.names.equals(section.nameOffset, bytes));
  }

  /**
   * The place of an address in a linked image. Where sections overlay each other the first one is meant.
   *
   * @param address - without a Thumb bit
   */
  locate(address: number): Place {
    return { section: this.sectionAt(address), address };
  }

  /**
   * The section of that place.
   *
   * @param address - without a Thumb bit
   */
  sectionAt(address: number): Section | undefined {
    if (this.#sectionMap === undefined) {
      const inMemory = (section: Section) =>
        section.allocated && section.size > 0 && (section.inFile || (section.flags & flagTls) === 0);
      const sections = this.relocatable ? [] : this.sections.filter(inMemory);
      const map = new IntervalMap(sections.map(({ address, size }) => ({ start: address, length: size })));
      this.#sectionMap = { map, sections };
    }
    return this.#sectionMap.sections[this.#sectionMap.map.find(address)];
  }

  /**
   * The bytes at a place, in memory order; undefined where the file holds none (`.bss`, outside everything, across the end).
   *
   * @param place - of the first byte
   * @param length - in bytes
   * @throws {ElfError} `E_ELF_BOUNDS` where a header promises bytes that the file does not have
   */
  read(place: Place, length: number): Uint8Array | undefined {
    const offset = this.fileOffset(place, length);
    if (offset === undefined) return undefined;
    const text = place.section === undefined ? null : this.#text(place.section);
    if (text !== null) return text.subarray(offset - place.section!.offset, offset - place.section!.offset + length);
    if (readable(this.source, offset, length)) return this.source.read(offset, length);
    const promise = this.#promiseOf(place);
    return readPiece(this.source, offset, length, promise.field, promise.headerOffset);
  }

  /**
   * The halfword of code at a place as a number, from bytes in the order in which the image keeps code; undefined where the file
   * holds none. As {@link read}, without a view for each.
   *
   * @param place - of code
   * @param offset - bytes from there
   * @throws {ElfError} as {@link read}
   */
  halfAt(place: Place, offset = 0): number | undefined {
    const { section } = place;
    const text = section === undefined ? null : this.#text(section);
    const bytes = text ?? this.read({ ...place, address: place.address + offset }, 2);
    const at = text === null ? 0 : place.address + offset - (this.relocatable ? 0 : section!.address);
    if (bytes === undefined || at < 0 || at + 2 > bytes.length) return undefined;
    return this.header.codeEndian === "little"
      ? bytes[at]! | (bytes[at + 1]! << 8)
      : (bytes[at]! << 8) | bytes[at + 1]!;
  }

  /**
   * The whole of an executable section, in memory order, for whoever reads all over it; undefined where it is not kept, as the file
   * does not have it: {@link read} then tells more.
   *
   * @param section - of this image
   */
  text(section: Section): Uint8Array | undefined {
    return this.#text(section) ?? undefined;
  }

  #text(section: Section): Uint8Array | null {
    let text = this.#texts[section.index];
    if (text === undefined) {
      const { offset, size } = section;
      // Sections that hold more bytes together than the file has share some of them: then the file is hostile, not large.
      const keep =
        section.executable &&
        section.inFile &&
        readable(this.source, offset, size) &&
        this.#textBytes + size <= this.source.size;
      text = keep ? this.source.read(offset, size) : null;
      this.#textBytes += text?.length ?? 0;
      this.#texts[section.index] = text;
    }
    return text;
  }

  /**
   * Where in the file the bytes are that {@link read} gives, in bytes from its start.
   *
   * @param place - of the first byte
   * @param length - in bytes
   */
  fileOffset(place: Place, length: number): number | undefined {
    const { section, address } = place;
    if (place.external !== undefined) return undefined;
    if (section !== undefined) {
      const offset = address - (this.relocatable ? 0 : section.address);
      if (!section.inFile || offset < 0 || offset + length > section.size) return undefined;
      return section.offset + offset;
    }
    const segment = this.relocatable ? undefined : this.#segment(address);
    if (segment === undefined || address + length > segment.address + segment.fileBytes) return undefined;
    return segment.offset + address - segment.address;
  }

  /** The header's field that promises the bytes at a place. */
  #promiseOf({ section, address }: Place): { field: string; headerOffset: number } {
    if (section !== undefined) {
      return { field: `sh_offset of section ${section.index}`, headerOffset: section.headerOffset + 16 };
    }
    const { index } = this.#segment(address)!;
    const { offset, entryBytes } = this.header.programHeaders;
    return { field: `p_offset of segment ${index}`, headerOffset: offset + index * entryBytes + 4 };
  }

  /**
   * May the processor execute the bytes at this place?
   *
   * @param place - of a byte
   */
  executable(place: Place): boolean {
    if (place.external !== undefined) return false;
    return (
      place.section?.executable ?? (this.relocatable ? false : (this.#segment(place.address)?.executable ?? false))
    );
  }

  /**
   * The instruction set at a place: what the mapping symbols say, otherwise bit 0 of the function around it. Never a guess.
   *
   * @param place - of an instruction's first byte
   */
  isaAt(place: Place): IsaAnswer {
    const unknown = { isa: undefined, data: false };
    if (place.section === undefined) return unknown;
    this.#mapping ??= new MappingSymbols(this.symbols);
    const mapped = this.#mapping.at(place.section.index, place.address);
    if (mapped?.isa !== undefined) return mapped;
    const hit = this.symbols.at(place.section.index, place.address);
    if (hit === undefined || this.symbols.type(hit.index) !== symbolTypes.function) return mapped ?? unknown;
    if (hit.offset > 0 && hit.offset >= this.symbols.size[hit.index]!) return mapped ?? unknown;
    return { isa: (this.symbols.value[hit.index]! & 1) === 1 ? "t32" : "a32", data: mapped?.data ?? false };
  }

  /**
   * The runs of instructions of a section, in order, as its mapping symbols tell them from data. None where a section has no
   * mapping symbols: where instructions begin is then not known.
   *
   * @param section - of this image
   */
  codeRuns(section: Section): Generator<CodeRun> {
    this.#mapping ??= new MappingSymbols(this.symbols);
    const start = this.relocatable ? 0 : section.address;
    return this.#mapping.runs(section.index, start, start + section.size);
  }

  /**
   * The function, object or label that a place belongs to.
   *
   * @param place - of any byte
   */
  symbolAt(place: Place): SymbolHit | undefined {
    return place.section === undefined ? undefined : this.symbols.at(place.section.index, place.address);
  }

  /**
   * The relocations that wait for a section of a relocatable file; undefined where there are none.
   *
   * @param section - the section that they change
   */
  relocationsOf(section: Section): RelocationTable | undefined {
    if (!this.relocatable) return undefined;
    if (this.#relocations === undefined) {
      this.#relocations = new Map();
      for (const other of this.sections) {
        if (isRelocations(other) && !this.#relocations.has(other.info)) this.#relocations.set(other.info, other);
      }
    }
    const source = this.#relocations.get(section.index);
    if (source === undefined) return undefined;
    return this.#relocationTable(source);
  }

  /** The relocations that the dynamic linker applies to a linked image; their offsets are addresses. One table for those of a form. */
  get dynamicRelocations(): readonly RelocationTable[] {
    this.#dynamic ??= this.#readDynamicRelocations();
    return this.#dynamic;
  }

  #readDynamicRelocations(): RelocationTable[] {
    const forms = new Map<string, Section[]>();
    for (const section of this.sections) {
      // --emit-relocs leaves relocations that the linker has applied already: these are not part of the running image.
      if (!isRelocations(section) || !section.allocated || this.relocatable) continue;
      const form = `${section.type} ${this.#countsInDynsym(section)}`;
      const same = forms.get(form);
      if (same === undefined) forms.set(form, [section]);
      else same.push(section);
    }
    return [...forms.values()].map((sections) => this.#readTable(sections));
  }

  #relocationTable(section: Section): RelocationTable {
    let table = this.#relocationTables.get(section.index);
    if (table === undefined) {
      table = this.#readTable([section]);
      this.#relocationTables.set(section.index, table);
    }
    return table;
  }

  /** One table of sections of one form. */
  #readTable(sections: readonly Section[]): RelocationTable {
    for (const { size, inFile, headerOffset, index } of sections) {
      if (inFile) this.#relocationBytes += size;
      // Only where sections share bytes, which costs their file next to nothing.
      if (this.#relocationBytes > this.source.size) {
        const what = "has more relocations, with those of the sections before it, than fit the file";
        const remedy = "the file is damaged, get another copy";
        throw new ElfError("E_ELF_LIMIT", `sh_size of section ${index}`, headerOffset + 20, what, remedy);
      }
    }
    return readRelocations(this.source, sections, this.header.endian === "little", this.#countsInDynsym(sections[0]!));
  }

  #countsInDynsym({ link }: Section): boolean {
    return this.sections[link]?.type === sectionTypes.dynsym;
  }

  #segment(address: number): Segment | undefined {
    this.#segmentMap ??= new IntervalMap(
      this.segments.map((segment) => ({ start: segment.address, length: segment.memoryBytes })),
    );
    return this.segments[this.#segmentMap.find(address)];
  }

  #readSymbols(): SymbolTable {
    return this.stripped ? this.#dynamicSymbols : this.#symbolTable(sectionTypes.symtab);
  }

  get #dynamicSymbols(): SymbolTable {
    this.#dynsym ??= this.#symbolTable(sectionTypes.dynsym);
    return this.#dynsym;
  }

  #symbolTable(wanted: number): SymbolTable {
    const section = this.sections.find(({ type }) => type === wanted);
    if (section === undefined) return noSymbols();
    return readSymbols(this.source, this.sections, section, this.header.endian === "little");
  }
}

function isRelocations({ type }: Section): boolean {
  return type === sectionTypes.rel || type === sectionTypes.rela;
}

/**
 * Opens an ELF file.
 *
 * @param source - where the file's bytes come from: {@link memorySource}, or a file on disk
 * @throws {ElfError} where the headers cannot be read; what they point at is read, and can fail, later
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const { header } = openElf(memorySource(readFileSync("samples/sites-thumb2-be8.elf")));
 * header.endian; // "big"
 * header.codeEndian; // "little"
 * ```
 */
export function openElf(source: ByteSource): ElfImage {
  return new ElfImage(source);
}

/** The section that a section index in a symbol or a header means. */
export function sectionByIndex(image: ElfImage, index: number, field: string, fieldOffset: number): Section {
  const section = image.sections[index];
  if (section !== undefined) return section;
  const what = `is ${hex(index)}, but there are ${image.sections.length} sections`;
  throw new ElfError("E_ELF_LINK", field, fieldOffset, what, "the file is damaged, get another copy");
}
