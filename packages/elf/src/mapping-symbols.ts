import { radixSort } from "./radix-sort.js";
import { columnOf, lastAtOrBelow, PlaceColumns } from "./search.js";
import type { SymbolTable } from "./symbols.js";

/** ARM instructions of 32 bits, or Thumb's of 16 and 32. */
export type Isa = "a32" | "t32";

/** What an image says about the bytes at a place. */
export interface IsaAnswer {
  /** The instruction set; undefined where the image does not say. */
  readonly isa: Isa | undefined;
  /** The nearest mapping symbol is `$d`: the bytes were assembled as data. `BUG()` is emitted so, and is code all the same. */
  readonly data: boolean;
}

/** A run of bytes that the mapping symbols of one section call the same. */
export interface CodeRun {
  /** Address, or offset in the section in a relocatable file. */
  readonly start: number;
  /** Just behind the last byte. */
  readonly end: number;
  readonly isa: Isa;
}

/** The letters of `$a`, `$t` and `$d`. */
const letter = { a32: 0x61, t32: 0x74, data: 0x64 } as const;
const isas = [undefined, "a32", "t32"] as const;
/** By code, and by whether the bytes are data: a kernel is asked too often for an object each. */
const answers: readonly (readonly IsaAnswer[])[] = isas.map((isa) => [
  { isa, data: false },
  { isa, data: true },
]);

/**
 * Where code is ARM, where Thumb and where data, from the mapping symbols `$a`, `$t` and `$d` of each section.
 *
 * @see ELF for the Arm Architecture (AAELF32), Mapping symbols
 */
export class MappingSymbols {
  readonly #places: PlaceColumns;
  /** 1 for `$a`, 2 for `$t`; at a `$d` that of the nearest earlier `$a` or `$t` of the section, or 0. */
  readonly #code: Uint8Array;
  readonly #data: Uint8Array;

  constructor(symbols: SymbolTable) {
    const letters = lettersOf(symbols);
    const order = radixSort(radixSort(rowsOf(letters), symbols.value), symbols.section);
    const { length } = order;
    this.#places = new PlaceColumns(columnOf(symbols.section, order), columnOf(symbols.value, order));
    this.#code = new Uint8Array(length);
    this.#data = new Uint8Array(length);
    this.#tell(letters, order);
  }

  #tell(letters: Uint8Array, order: Uint32Array): void {
    const [{ section }, code, data] = [this.#places, this.#code, this.#data];
    for (let i = 0; i < order.length; i++) {
      const found = letters[order[i]!]!;
      const earlier = i > 0 && section[i - 1] === section[i] ? code[i - 1]! : 0;
      data[i] = found === letter.data ? 1 : 0;
      code[i] = found === letter.data ? earlier : found === letter.a32 ? 1 : 2;
    }
  }

  get count(): number {
    return this.#code.length;
  }

  /**
   * @param section - section index
   * @param address - address, or offset in the section in a relocatable file
   */
  at(section: number, address: number): IsaAnswer | undefined {
    const i = this.#places.last(section, address);
    return i < 0 ? undefined : answers[this.#code[i]!]![this.#data[i]!];
  }

  /**
   * The runs of instructions of a section, in order: what `$a` and `$t` begin, up to the next mapping symbol.
   *
   * @param section - section index
   * @param start - the section's first address, or 0 in a relocatable file
   * @param end - just behind its last byte
   */
  *runs(section: number, start: number, end: number): Generator<CodeRun> {
    const { section: sections, address: addresses } = this.#places;
    const first = lastAtOrBelow(sections, section - 1) + 1;
    for (let i = first; i < sections.length && sections[i] === section; i++) {
      const isa = isas[this.#code[i]!];
      if (this.#data[i] === 1 || isa === undefined) continue;
      const next = sections[i + 1] === section ? Math.min(addresses[i + 1]!, end) : end;
      const from = Math.max(addresses[i]!, start);
      if (from < next) yield { start: from, end: next, isa };
    }
  }
}

/** The letter of each symbol that is one of these three, otherwise 0. */
function lettersOf(symbols: SymbolTable): Uint8Array {
  const letters = new Uint8Array(symbols.count);
  for (let i = 1; i < letters.length; i++) {
    const found = symbols.mapping(i);
    if (found === letter.a32 || found === letter.t32 || found === letter.data) letters[i] = found;
  }
  return letters;
}

/** Where there is a letter. */
function rowsOf(letters: Uint8Array): Uint32Array {
  const rows = new Uint32Array(letters.length);
  let count = 0;
  for (let i = 0; i < letters.length; i++) if (letters[i] !== 0) rows[count++] = i;
  return rows.subarray(0, count);
}
