import type { ByteSource } from "./byte-source.js";
import { radixSort } from "./radix-sort.js";
import { entryCount, readSection, type Section, sectionTypes } from "./sections.js";

/**
 * `ELF32_R_TYPE` numbers that Linux images hold in code and tables.
 *
 * @example
 * ```ts
 * relocationTypes.R_ARM_JUMP24; // 29
 * ```
 */
export const relocationTypes = {
  R_ARM_NONE: 0,
  R_ARM_PC24: 1,
  R_ARM_ABS32: 2,
  R_ARM_REL32: 3,
  R_ARM_THM_CALL: 10,
  R_ARM_GLOB_DAT: 21,
  R_ARM_JUMP_SLOT: 22,
  R_ARM_RELATIVE: 23,
  R_ARM_PLT32: 27,
  R_ARM_CALL: 28,
  R_ARM_JUMP24: 29,
  R_ARM_THM_JUMP24: 30,
  R_ARM_TARGET1: 38,
  R_ARM_V4BX: 40,
  R_ARM_TARGET2: 41,
  R_ARM_PREL31: 42,
  R_ARM_MOVW_ABS_NC: 43,
  R_ARM_MOVT_ABS: 44,
  R_ARM_MOVW_PREL_NC: 45,
  R_ARM_MOVT_PREL: 46,
  R_ARM_THM_MOVW_ABS_NC: 47,
  R_ARM_THM_MOVT_ABS: 48,
  R_ARM_THM_MOVW_PREL_NC: 49,
  R_ARM_THM_MOVT_PREL: 50,
  R_ARM_THM_JUMP19: 51,
  R_ARM_THM_JUMP11: 102,
  R_ARM_THM_JUMP8: 103,
} as const;

const typeNames = new Map<number, string>(Object.entries(relocationTypes).map(([name, type]) => [type, name]));

/**
 * The name AAELF32 gives a relocation type; `R_ARM_<number>` for one that is not listed here.
 *
 * @param type - 0 to 255, as in the low byte of `r_info`
 *
 * @example
 * ```ts
 * relocationName(relocationTypes.R_ARM_THM_CALL); // "R_ARM_THM_CALL"
 * relocationName(250); // "R_ARM_250"
 * ```
 */
export function relocationName(type: number): string {
  return typeNames.get(type) ?? `R_ARM_${type}`;
}

/** One relocation: `offset` in bytes from its section (an address in a linked image), `type` as in {@link relocationTypes}, the symbol's index. Without an addend (`SHT_REL`) the word itself holds it. */
export interface Relocation {
  /** Offset in the section that is relocated; an address in a linked image. */
  readonly offset: number;
  readonly type: number;
  /** Index in the symbol table; 0 for none. */
  readonly symbol: number;
  /** That table is `.dynsym`, as of what the dynamic linker applies. */
  readonly dynamic: boolean;
  /** From a RELA entry; undefined for REL, which keeps it in the relocated bytes. */
  readonly addend: number | undefined;
}

/**
 * The relocations of one section, by offset.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.ko")));
 * const table = image.relocationsOf(image.sections.find(({ name }) => name === "__mcount_loc")!)!;
 * table.count; // 7
 * relocationName(table.at(0)!.type); // "R_ARM_ABS32"
 * ```
 */
export class RelocationTable {
  readonly #offset: Uint32Array;
  readonly #info: Uint32Array;
  readonly #addend: Int32Array | undefined;
  readonly #order: Uint32Array;
  readonly #dynamic: boolean;

  /**
   * Reads a table; {@link ElfImage.relocationsOf} does that for an image.
   *
   * @param bytes - of the section
   * @param count - of entries
   * @param explicit - whether entries have addends (`SHT_RELA`)
   * @param little - whether the file is little-endian
   * @param dynamic - whether their symbols are those of `.dynsym`
   */
  constructor(bytes: Uint8Array, count: number, explicit: boolean, little: boolean, dynamic = false) {
    this.#dynamic = dynamic;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const entryBytes = explicit ? 12 : 8;
    this.#offset = new Uint32Array(count);
    this.#info = new Uint32Array(count);
    this.#addend = explicit ? new Int32Array(count) : undefined;
    for (let i = 0; i < count; i++) {
      this.#offset[i] = view.getUint32(i * entryBytes, little);
      this.#info[i] = view.getUint32(i * entryBytes + 4, little);
      if (this.#addend !== undefined) this.#addend[i] = view.getInt32(i * entryBytes + 8, little);
    }
    this.#order = radixSort(
      Uint32Array.from({ length: count }, (_, i) => i),
      this.#offset,
    );
  }

  get count(): number {
    return this.#offset.length;
  }

  /**
   * The relocation at exactly this offset, the first one where several are, but none of type `R_ARM_NONE` or `R_ARM_V4BX`.
   *
   * @param offset - address, or offset in the section in a relocatable file
   */
  at(offset: number): Relocation | undefined {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offset[this.#order[middle]!]! < offset) low = middle + 1;
      else high = middle;
    }
    for (; low < this.#order.length && this.#offset[this.#order[low]!] === offset; low++) {
      const i = this.#order[low]!;
      const type = this.#info[i]! & 0xff;
      if (type === relocationTypes.R_ARM_NONE || type === relocationTypes.R_ARM_V4BX) continue;
      return { offset, type, symbol: this.#info[i]! >>> 8, dynamic: this.#dynamic, addend: this.#addend?.[i] };
    }
    return undefined;
  }
}

/**
 * Reads REL or RELA sections, all of one type, as one table.
 *
 * @throws {ElfError} `E_ELF_ENTRY_SIZE`, `E_ELF_BOUNDS`, `E_ELF_LIMIT`
 */
export function readRelocations(
  source: ByteSource,
  sections: readonly Section[],
  little: boolean,
  dynamic: boolean,
): RelocationTable {
  const explicit = sections[0]?.type === sectionTypes.rela;
  let count = 0;
  for (const section of sections) count += entryCount(section, explicit ? 12 : 8);
  const [first, ...more] = sections.map((section) => readSection(source, section));
  const bytes = more.length === 0 ? first! : joined([first!, ...more]);
  return new RelocationTable(bytes, count, explicit, little, dynamic);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
