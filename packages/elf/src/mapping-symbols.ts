import { radixSort } from "./radix-sort.js";
import { lastAtOrBelow, lastInSection } from "./search.js";
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

const codes = new Map<number, number>([
  [0x61, 1], // $a
  [0x74, 2], // $t
  [0x64, 0], // $d
]);
const isas = [undefined, "a32", "t32"] as const;

/**
 * Where code is ARM, where Thumb and where data, from the mapping symbols `$a`, `$t` and `$d` of each section.
 *
 * @see ELF for the Arm Architecture (AAELF32), Mapping symbols
 */
export class MappingSymbols {
  readonly #section: Uint32Array;
  readonly #address: Uint32Array;
  /** 1 for `$a`, 2 for `$t`; at a `$d` that of the nearest earlier `$a` or `$t` of the section, or 0. */
  readonly #code: Uint8Array;
  readonly #data: Uint8Array;

  constructor(symbols: SymbolTable) {
    const rows: number[] = [];
    for (let i = 1; i < symbols.count; i++) if (codes.has(symbols.mapping(i))) rows.push(i);
    const order = radixSort(radixSort(Uint32Array.from(rows), symbols.value), symbols.section);
    this.#section = order.map((i) => symbols.section[i]!);
    this.#address = order.map((i) => symbols.value[i]!);
    this.#code = new Uint8Array(order.length);
    this.#data = new Uint8Array(order.length);
    order.forEach((symbol, i) => {
      const code = codes.get(symbols.mapping(symbol))!;
      this.#data[i] = code === 0 ? 1 : 0;
      const earlier = i > 0 && this.#section[i - 1] === this.#section[i] ? this.#code[i - 1]! : 0;
      this.#code[i] = code === 0 ? earlier : code;
    });
  }

  get count(): number {
    return this.#section.length;
  }

  /**
   * @param section - section index
   * @param address - address, or offset in the section in a relocatable file
   */
  at(section: number, address: number): IsaAnswer | undefined {
    const i = lastInSection(this.#section, this.#address, section, address);
    if (i < 0) return undefined;
    return { isa: isas[this.#code[i]!], data: this.#data[i] === 1 };
  }

  /**
   * The runs of instructions of a section, in order: what `$a` and `$t` begin, up to the next mapping symbol.
   *
   * @param section - section index
   * @param start - the section's first address, or 0 in a relocatable file
   * @param end - just behind its last byte
   */
  *runs(section: number, start: number, end: number): Generator<CodeRun> {
    const first = lastAtOrBelow(this.#section, section - 1) + 1;
    for (let i = first; i < this.#section.length && this.#section[i] === section; i++) {
      const isa = isas[this.#code[i]!];
      if (this.#data[i] === 1 || isa === undefined) continue;
      const next = this.#section[i + 1] === section ? Math.min(this.#address[i + 1]!, end) : end;
      const from = Math.max(this.#address[i]!, start);
      if (from < next) yield { start: from, end: next, isa };
    }
  }
}
