import type { ElfImage } from "./image.js";
import type { Place } from "./place.js";
import { resolveWord, type WordForm } from "./resolve.js";
import { lastAtOrBelow } from "./search.js";
import { readSection, type Section } from "./sections.js";

/** What a kernel's export table says about a place. */
export interface ExportHit {
  readonly name: string;
  /** Bytes from the exported function or object. */
  readonly offset: number;
}

const tables = ["__ksymtab", "__ksymtab_gpl"] as const;
const strings = "__ksymtab_strings";
const maxNameBytes = 512;
/** Value, name and, since Linux 5.4, namespace: addresses on ARM, distances where an architecture wants them relocatable. */
const layouts: readonly { readonly entryBytes: number; readonly form: WordForm }[] = [
  { entryBytes: 12, form: "absolute" },
  { entryBytes: 12, form: "relative" },
  { entryBytes: 8, form: "absolute" },
  { entryBytes: 8, form: "relative" },
];

/**
 * The names that a linked kernel exports to its modules. They survive where the symbol table was stripped, so they are all that
 * names its functions then; which of several layouts the tables have is told by where the words lead.
 *
 * @see linux include/linux/export.h struct kernel_symbol
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * new ExportedNames(image).count; // 0: a program exports nothing to modules
 * ```
 */
export class ExportedNames {
  readonly #addresses: Uint32Array;
  readonly #names: readonly string[];
  readonly #image: ElfImage;

  /**
   * @param image - a linked kernel, stripped or not
   * @throws {ElfError} `E_ELF_BOUNDS` where a section lies outside the file
   */
  constructor(image: ElfImage) {
    this.#image = image;
    const found = image.relocatable
      ? []
      : tables.flatMap((name) => image.sectionsNamed(name).flatMap((section) => read(image, section)));
    found.sort((a, b) => a.address - b.address);
    this.#addresses = Uint32Array.from(found, ({ address }) => address);
    this.#names = found.map(({ name }) => name);
  }

  get count(): number {
    return this.#names.length;
  }

  /**
   * The exported function or object at a place, or the nearest before it in its section.
   *
   * @param place - section and address
   */
  at({ section, address }: Place): ExportHit | undefined {
    const row = lastAtOrBelow(this.#addresses, address);
    const there = this.#addresses[row];
    if (there === undefined || section === undefined || this.#image.locate(there).section !== section) return undefined;
    return { name: this.#names[row]!, offset: address - there };
  }
}

function read(image: ElfImage, section: Section): { address: number; name: string }[] {
  const names = image.sectionsNamed(strings)[0];
  if (names === undefined || section.size === 0) return [];
  const bytes = readSection(image.source, section);
  const text = readSection(image.source, names);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = image.header.endian === "little";
  for (const { entryBytes, form } of layouts) {
    if (bytes.length % entryBytes !== 0) continue;
    const entries = [];
    for (let at = 0; at < bytes.length; at += entryBytes) {
      const word = (offset: number, flags: number) => {
        const place = { section, address: section.address + at + offset };
        return resolveWord(image, place, view.getUint32(at + offset, little), form, flags);
      };
      const value = word(0, 0);
      const name = word(4, 0);
      // Data may lie at odd addresses; where it is text, bit 0 is Thumb's.
      const address = value.section?.executable ? (value.address & ~1) >>> 0 : value.address;
      const start = name.section === names ? name.address - names.address : -1;
      const end = start < 0 ? -1 : text.indexOf(0, start);
      // Not by a StringTable: in a layout that is the wrong one a word may lead to what has no end, which is no error.
      if (value.section === undefined || end <= start || end - start > maxNameBytes) break;
      entries.push({ address, name: String.fromCharCode(...text.subarray(start, end)) });
    }
    if (entries.length === bytes.length / entryBytes) return entries;
  }
  return [];
}
