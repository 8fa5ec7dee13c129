import { radixSort } from "./radix-sort.js";
import { lastAtOrBelow, PlaceColumns } from "./search.js";
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
    const rows = new Uint32Array(symbols.count);
    let count = 0;
    for (let i = 1; i < symbols.count; i++) {
      const found = symbols.mapping(i);
      if (found === letter.a32 || found === letter.t32 || found === letter.data) rows[count++] = i;
    }
    const order = radixSort(radixSort(rows.subarray(0, count), symbols.value), symbols.section);
    const [section, address] = [new Uint32Array(order.length), new Uint32Array(order.length)];
    this.#places = new PlaceColumns(section, address);
    this.#code = new Uint8Array(order.length);
    this.#data = new Uint8Array(order.length);
    for (let i = 0; i < order.length; i++) {
      const symbol = order[i]!;
      section[i] = symbols.section[symbol]!;
      address[i] = symbols.value[symbol]!;
      const found = symbols.mapping(symbol);
      const earlier = i > 0 && section[i - 1] === section[i] ? this.#code[i - 1]! : 0;
      this.#data[i] = found === letter.data ? 1 : 0;
      this.#code[i] = found === letter.data ? earlier : found === letter.a32 ? 1 : 2;
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
