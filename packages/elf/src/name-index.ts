import type { StringTable } from "./string-table.js";

const encoder = new TextEncoder();

/**
 * A hash index from names to rows, built without decoding a single name.
 *
 * The hash of a name is computed from its last byte to its first, so one backward pass over the string table gives the
 * hash of the string at every offset: names that share their tails (or a hostile file in which all do) cost nothing extra.
 */
export class NameIndex {
  readonly #names: StringTable;
  readonly #nameOffset: Uint32Array;
  /** First row of each bucket and next row of each row, plus one; 0 ends a chain. */
  readonly #first: Uint32Array;
  readonly #next: Uint32Array;

  constructor(names: StringTable, nameOffset: Uint32Array) {
    const { bytes } = names;
    const hashes = new Uint32Array(bytes.length + 1);
    for (let i = bytes.length - 1; i >= 0; i--) hashes[i] = bytes[i] === 0 ? 0 : step(hashes[i + 1]!, bytes[i]!);
    this.#names = names;
    this.#nameOffset = nameOffset;
    this.#first = new Uint32Array(1 << Math.max(4, 32 - Math.clz32(nameOffset.length)));
    this.#next = new Uint32Array(nameOffset.length);
    for (let row = nameOffset.length - 1; row >= 0; row--) {
      const bucket = mix(hashes[nameOffset[row]!] ?? 0) & (this.#first.length - 1);
      this.#next[row] = this.#first[bucket]!;
      this.#first[bucket] = row + 1;
    }
  }

  /** The rows of this name, in order. */
  *all(name: string): Generator<number> {
    const bytes = encoder.encode(name);
    let hash = 0;
    for (let i = bytes.length - 1; i >= 0; i--) hash = step(hash, bytes[i]!);
    for (let row = this.#first[mix(hash) & (this.#first.length - 1)]!; row !== 0; row = this.#next[row - 1]!) {
      if (this.#names.equals(this.#nameOffset[row - 1]!, bytes)) yield row - 1;
    }
  }
}

function step(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) >>> 0;
}

function mix(hash: number): number {
  return Math.imul(hash ^ (hash >>> 16), 0x45d9f3b) >>> 7;
}
