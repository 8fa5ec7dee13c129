/**
 * A row of 32-bit integers being written: the canonical form of one state.
 *
 * Models append what distinguishes a state and nothing else; two states with equal rows are one state to the search.
 *
 * @example
 * ```ts
 * const [one, other] = [new Row(), new Row()];
 * one.pushTrimmed([7, 0, 0]);
 * other.pushTrimmed([7]);
 * one.length === other.length; // true
 * ```
 */
export class Row {
  words: Int32Array = new Int32Array(256);
  length = 0;

  /**
   * Appends a word.
   *
   * @param word - of 32 bits
   */
  push(word: number): void {
    if (this.length === this.words.length) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    this.words[this.length++] = word;
  }

  /**
   * Appends the array without its trailing zeros, its length first, so that lazily grown arrays compare equal.
   *
   * @param words - of 32 bits each
   */
  pushTrimmed(words: ArrayLike<number>): void {
    let length = words.length;
    while (length > 0 && words[length - 1] === 0) length--;
    this.push(length);
    for (let i = 0; i < length; i++) this.push(words[i]!);
  }

  reset(): void {
    this.length = 0;
  }
}

/**
 * An exact set of rows that gives each distinct row a small number, in order of first sight.
 *
 * Rows live in one growing typed array; the index is open addressing with linear probing.
 *
 * @example
 * ```ts
 * const table = new RowTable();
 * const row = new Row();
 * row.push(7);
 * table.intern(row); // 0
 * table.intern(row); // 0 again: the row is known
 * table.size; // 1
 * ```
 */
export class RowTable {
  #words: Int32Array = new Int32Array(1024);
  #used = 0;
  #starts: Int32Array = new Int32Array(129);
  #slots: Int32Array = new Int32Array(256).fill(-1);
  /** How many distinct rows there are. */
  size = 0;

  /**
   * The number of the row, a new one (equal to the old `size`) when it was not known.
   *
   * @param row - is copied where it is new
   */
  intern(row: Row): number {
    const slot = this.#slot(row);
    if (this.#slots[slot]! >= 0) return this.#slots[slot]!;
    const number = this.size++;
    this.#slots[slot] = number;
    this.#append(row.words, row.length);
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  /**
   * The number of the row, -1 when it is not known.
   *
   * @param row - is only looked for
   */
  find(row: Row): number {
    return this.#slots[this.#slot(row)]!;
  }

  /** Where the row's number is, or would be. */
  #slot({ words, length }: Row): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash(words, length) & mask; ; slot = (slot + 1) & mask) {
      const known = this.#slots[slot]!;
      if (known < 0 || this.#equals(known, words, length)) return slot;
    }
  }

  #equals(number: number, words: Int32Array, length: number): boolean {
    const start = this.#starts[number]!;
    if (this.#starts[number + 1]! - start !== length) return false;
    for (let i = 0; i < length; i++) if (this.#words[start + i] !== words[i]) return false;
    return true;
  }

  #append(words: Int32Array, length: number): void {
    if (this.#used + length > this.#words.length) {
      const grown = new Int32Array(Math.max(this.#words.length * 2, this.#used + length));
      grown.set(this.#words.subarray(0, this.#used));
      this.#words = grown;
    }
    this.#words.set(words.subarray(0, length), this.#used);
    this.#used += length;
    if (this.size === this.#starts.length) {
      const grown = new Int32Array(this.#starts.length * 2);
      grown.set(this.#starts);
      this.#starts = grown;
    }
    this.#starts[this.size] = this.#used;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    for (let number = 0; number < this.size; number++) {
      const start = this.#starts[number]!;
      const row = this.#words.subarray(start, this.#starts[number + 1]!);
      let slot = hash(row, row.length) & (slots.length - 1);
      while (slots[slot]! >= 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number;
    }
    this.#slots = slots;
  }
}

/** FNV-1a over words with a final mix (the multiplier and basis are FNV's published constants). */
function hash(words: Int32Array, length: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < length; i++) {
    h = Math.imul(h ^ words[i]!, 0x01000193);
    h ^= h >>> 15;
  }
  return h ^ (h >>> 13);
}
