import { type Isa, isWide } from "@cmodx/codec";
import type { ElfImage, Place, Reference } from "@cmodx/elf";
import type { KindRule, Listing } from "./kinds.js";
import { SITE_KINDS, type SiteKind } from "./report.js";

const isas = [undefined, "a32", "t32"] as const;

/** Values of {@link SiteRows.section} for a site that is in no section of this file. */
export const nowhere = { unsectioned: -1, external: -2 } as const;

/**
 * Every site of an image as columns, as far as its tables and mapping symbols tell, before anybody has an opinion: what is asked about
 * sites together (who shares bytes, what the code around does) needs no more, and a kernel has tens of thousands of them.
 *
 * | column | what |
 * |---|---|
 * | `kind` | index in `SITE_KINDS` |
 * | `section` | section index, or one of {@link nowhere} |
 * | `address` | as in a `Place` |
 * | `isa` | of code: 1 for A32, 2 for T32, 0 where it is none or nobody says which |
 * | `data` | 1 where mapping symbols mark the bytes as data |
 * | `size` | bytes of the instruction, 4 of a word that is none, 0 where the file has no bytes |
 */
export class SiteRows {
  readonly kind: Uint8Array;
  readonly section: Int32Array;
  readonly address: Uint32Array;
  readonly data: Uint8Array;
  readonly size: Uint8Array;
  readonly #isa: Uint8Array;
  readonly image: ElfImage;
  #length = 0;

  /** @param most - how many sites there may be */
  constructor(image: ElfImage, most: number) {
    this.image = image;
    this.kind = new Uint8Array(most);
    this.section = new Int32Array(most);
    this.address = new Uint32Array(most);
    this.data = new Uint8Array(most);
    this.size = new Uint8Array(most);
    this.#isa = new Uint8Array(most);
  }

  get length(): number {
    return this.#length;
  }

  kindOf(row: number): SiteKind {
    return SITE_KINDS[this.kind[row]!]!;
  }

  isa(row: number): Isa | undefined {
    return isas[this.#isa[row]!];
  }

  /** Of a site that is in this file. */
  place(row: number): Place {
    const section = this.section[row]!;
    return { section: section < 0 ? undefined : this.image.sections[section], address: this.address[row]! };
  }

  /** Instruction sets of all sites. */
  isas(): Set<Isa> {
    const found = new Set<Isa>();
    for (let row = 0; row < this.#length; row++) if (this.#isa[row] !== 0) found.add(isas[this.#isa[row]!] as Isa);
    return found;
  }

  /** All sites of a table. */
  addAll(kind: SiteKind, content: KindRule["content"], table: Listing): void {
    const number = SITE_KINDS.indexOf(kind);
    for (let i = 0; i < table.length; i++) this.#add(number, content, table.place(i));
  }

  #add(kind: number, content: KindRule["content"], place: Reference): void {
    const image = this.image;
    const row = this.#length++;
    this.kind[row] = kind;
    this.section[row] = place.section?.index ?? (place.external === undefined ? nowhere.unsectioned : nowhere.external);
    this.address[row] = place.address;
    const said = content === "data" ? { isa: undefined, data: true } : image.isaAt(place);
    const code = image.executable(place) && !(said.data && content === "text-or-data");
    const isa = code ? (said.isa ?? thumbBit(place)) : undefined;
    this.data[row] = said.data ? 1 : 0;
    this.#isa[row] = isa === undefined ? 0 : isas.indexOf(isa);
    this.size[row] = isa === "t32" ? thumbSize(image, place) : hasBytes(image, place, 4) ? 4 : 0;
  }
}

/** A code address with bit 0 set is Thumb code, whatever else the file leaves out. */
function thumbBit(place: Reference): Isa | undefined {
  return (place.flags & 1) === 1 ? "t32" : undefined;
}

function thumbSize(image: ElfImage, place: Place): 0 | 2 | 4 {
  const first = image.halfAt(place);
  if (first === undefined) return 0;
  if (!isWide(first)) return 2;
  return hasBytes(image, place, 4) ? 4 : 0;
}

function hasBytes(image: ElfImage, place: Place, length: number): boolean {
  return image.fileOffset(place, length) !== undefined;
}
