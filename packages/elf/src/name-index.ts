import type { StringTable } from "./string-table.js";

const encoder = new TextEncoder();

/** Bytes of a name that its hash is of. */
const hashedBytes = 32;

/**
 * A hash index from names to rows, built without decoding a single name.
 *
 * Only a name's first bytes are hashed, so that names which share their tails (or a hostile file in which all do, and each is as long as
 * the table) cost no more than others: the rest is compared when a name is looked for.
 */
export class NameIndex {
  readonly #names: StringTable;
  readonly #nameOffset: Uint32Array;
  /** First row of each bucket and next row of each row, plus one; 0 ends a chain. */
  readonly #first: Uint32Array;
  readonly #next: Uint32Array;

  constructor(names: StringTable, nameOffset: Uint32Array) {
    const { bytes } = names;
    this.#names = names;
    this.#nameOffset = nameOffset;
    this.#first = new Uint32Array(1 << Math.max(4, 32 - Math.clz32(nameOffset.length)));
    this.#next = new Uint32Array(nameOffset.length);
    for (let row = nameOffset.length - 1; row >= 0; row--) {
      const bucket = hashAt(bytes, nameOffset[row]!) & (this.#first.length - 1);
      this.#next[row] = this.#first[bucket]!;
      this.#first[bucket] = row + 1;
    }
  }

  /** The rows of this name, in order. */
  *all(name: string): Generator<number> {
    const bytes = encoder.encode(name);
    const bucket = hashAt(bytes, 0) & (this.#first.length - 1);
    for (let row = this.#first[bucket]!; row !== 0; row = this.#next[row - 1]!) {
      if (this.#names.equals(this.#nameOffset[row - 1]!, bytes)) yield row - 1;
    }
  }
}

/** Of the name that begins at `offset` and goes on to a zero or the end. */
function hashAt(bytes: Uint8Array, offset: number): number {
  const end = Math.min(offset + hashedBytes, bytes.length);
  let hash = 0;
  for (let i = offset; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0) break;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  return Math.imul(hash ^ (hash >>> 16), 0x45d9f3b) >>> 7;
}
