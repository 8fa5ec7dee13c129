import { type ByteSource, readPiece } from "./byte-source.js";
import { ElfError, hex } from "./elf-error.js";
import type { ElfHeader } from "./header.js";
import { StringTable } from "./string-table.js";

/**
 * `sh_type` values that this package reads.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const { sections } = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * sections.find(({ type }) => type === sectionTypes.symtab)?.name; // ".symtab"
 * ```
 */
export const sectionTypes = {
  null: 0,
  progbits: 1,
  symtab: 2,
  strtab: 3,
  rela: 4,
  nobits: 8,
  rel: 9,
  dynsym: 11,
  symtabShndx: 18,
} as const;

const flagWrite = 1;
const flagAlloc = 2;
const flagExec = 4;
const entryBytes = 40;
const extendedIndex = 0xffff;

/**
 * One row of the section header table. Addresses and sizes in bytes.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const { sections } = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * sections.filter(({ executable, size }) => executable && size > 0).map(({ name }) => name); // [".text", ".init.text"]
 * ```
 */
export class Section {
  readonly index: number;
  readonly type: number;
  readonly flags: number;
  /** Address in a linked image; 0 in relocatable files, where places are counted from the section's start. */
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly entryBytes: number;
  /** Where this section's header is in the file. */
  readonly headerOffset: number;
  readonly nameOffset: number;
  readonly #names: () => StringTable;
  #name: string | undefined;

  /**
   * Takes a header; {@link ElfImage} reads those of a file.
   *
   * @param index - in the table of section headers
   * @param headerOffset - of the header, in bytes from the file's start
   * @param words - the header's ten words
   * @param names - the table that the section's name is in
   */
  constructor(index: number, headerOffset: number, words: readonly number[], names: () => StringTable) {
    this.index = index;
    this.headerOffset = headerOffset;
    this.nameOffset = words[0]!;
    this.type = words[1]!;
    this.flags = words[2]!;
    this.address = words[3]!;
    this.offset = words[4]!;
    this.size = words[5]!;
    this.link = words[6]!;
    this.info = words[7]!;
    this.entryBytes = words[9]!;
    this.#names = names;
  }

  get name(): string {
    this.#name ??= this.#names().at(this.nameOffset);
    return this.#name;
  }

  /** Takes part in the running image. */
  get allocated(): boolean {
    return (this.flags & flagAlloc) !== 0;
  }

  get executable(): boolean {
    return (this.flags & flagExec) !== 0;
  }

  get writable(): boolean {
    return (this.flags & flagWrite) !== 0;
  }

  /** Has bytes in the file, unlike `.bss`. */
  get inFile(): boolean {
    return this.type !== sectionTypes.nobits && this.type !== sectionTypes.null;
  }
}

export interface SectionTable {
  readonly sections: readonly Section[];
  readonly names: StringTable;
}

/**
 * Reads the section header table; a file without one gives an empty table.
 *
 * @throws {ElfError} `E_ELF_ENTRY_SIZE`, `E_ELF_BOUNDS`, `E_ELF_LINK`, `E_ELF_LIMIT`
 */
export function readSections(source: ByteSource, header: ElfHeader): SectionTable {
  const none = { sections: [], names: new StringTable(new Uint8Array(0), 0) };
  const { offset, entryBytes: given } = header.sectionHeaders;
  if (offset === 0) return none;
  if (given !== entryBytes) {
    const what = `is ${given}, a section header has ${entryBytes} bytes`;
    throw new ElfError("E_ELF_ENTRY_SIZE", "e_shentsize", 46, what, "the file is damaged, get another copy");
  }
  const little = header.endian === "little";
  // A file with 0xff00 sections or more keeps the count, and the index of the name section, in section 0.
  const first = words(readPiece(source, offset, entryBytes, "e_shoff", 32), 0, little);
  const count = header.sectionHeaders.count === 0 ? first[5]! : header.sectionHeaders.count;
  const countField = header.sectionHeaders.count === 0 ? offset + 20 : 48;
  const table = readPiece(source, offset, count * entryBytes, "e_shnum", countField);

  let names: StringTable | undefined;
  const nameTable = () => names ?? none.names;
  const sections: Section[] = [];
  for (let i = 0; i < count; i++) {
    sections.push(new Section(i, offset + i * entryBytes, words(table, i * entryBytes, little), nameTable));
  }
  const nameIndex = header.nameSection === extendedIndex ? first[6]! : header.nameSection;
  if (nameIndex !== 0 && count > 0) {
    const section = sections[nameIndex];
    if (section === undefined) {
      const what = `is ${nameIndex}, but there are ${count} sections`;
      throw new ElfError("E_ELF_LINK", "e_shstrndx", 50, what, "the file is damaged, get another copy");
    }
    names = new StringTable(readSection(source, section), section.offset);
  }
  return { sections, names: nameTable() };
}

/** All bytes of a section in the file; nothing for one that has none. */
export function readSection(source: ByteSource, section: Section): Uint8Array {
  if (!section.inFile) return new Uint8Array(0);
  return readPiece(
    source,
    section.offset,
    section.size,
    `sh_offset of section ${section.index}`,
    section.headerOffset + 16,
  );
}

/** How many entries a section of fixed-size entries has. */
export function entryCount(section: Section, expected: number): number {
  if (section.entryBytes !== expected) {
    const what = `is ${section.entryBytes}, its entries have ${expected} bytes`;
    const field = `sh_entsize of section ${section.index}`;
    throw new ElfError(
      "E_ELF_ENTRY_SIZE",
      field,
      section.headerOffset + 36,
      what,
      "the file is damaged, get another copy",
    );
  }
  if (section.size % expected !== 0) {
    const what = `is ${hex(section.size)}, no multiple of ${expected}`;
    const field = `sh_size of section ${section.index}`;
    throw new ElfError(
      "E_ELF_ENTRY_SIZE",
      field,
      section.headerOffset + 20,
      what,
      "the file is damaged, get another copy",
    );
  }
  return section.size / expected;
}

/** The section that `sh_link` names, when it is of the type asked for. */
export function linkedSection(
  sections: readonly Section[],
  section: Section,
  type: readonly number[],
  to: string,
): Section {
  const linked = sections[section.link];
  if (linked === undefined || linked === section || !type.includes(linked.type)) {
    const what = `is ${section.link}, which is no ${to}`;
    const field = `sh_link of section ${section.index}`;
    throw new ElfError("E_ELF_LINK", field, section.headerOffset + 24, what, "the file is damaged, get another copy");
  }
  return linked;
}

function words(bytes: Uint8Array, offset: number, little: boolean): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, entryBytes);
  return Array.from({ length: 10 }, (_, i) => view.getUint32(i * 4, little));
}
