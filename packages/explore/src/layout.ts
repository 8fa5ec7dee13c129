/**
 * A field of a packed state: some bits of one word.
 *
 * @example
 * ```ts
 * const field = new Layout().field(3);
 * const state = new Int32Array(1);
 * field.set(state, 5);
 * field.get(state); // 5
 * ```
 */
export class Field {
  readonly word: number;
  readonly shift: number;
  readonly mask: number;

  /**
   * Makes a field; {@link Layout.field} does.
   *
   * @param word - index of the word that it is in
   * @param shift - of its lowest bit, 0 to 31
   * @param bits - how many it has, 1 to 32
   */
  constructor(word: number, shift: number, bits: number) {
    this.word = word;
    this.shift = shift;
    this.mask = bits === 32 ? -1 : 2 ** bits - 1;
  }

  /**
   * The field's value, unsigned unless it has all 32 bits.
   *
   * @param state - the words of a state
   */
  get(state: Int32Array): number {
    return (state[this.word]! >>> this.shift) & this.mask;
  }

  /**
   * Sets the field to the low bits of a value.
   *
   * @param state - the words of a state
   * @param value - of which the low bits count
   */
  set(state: Int32Array, value: number): void {
    const { word, shift, mask } = this;
    state[word] = (state[word]! & ~(mask << shift)) | ((value & mask) << shift);
  }
}

/**
 * Gives fields their places in the words of a packed state, in order, none across two words.
 *
 * @example
 * ```ts
 * const layout = new Layout();
 * const [at, count] = [layout.field(3), layout.field(30)];
 * layout.words; // 2: 3 and 30 bits do not fit into one word
 * const state = new Int32Array(layout.words);
 * count.set(state, 77);
 * count.get(state) + at.get(state); // 77
 * ```
 */
export class Layout {
  #word = 0;
  #used = 0;

  /** Words that hold all fields given out so far. */
  get words(): number {
    return this.#word + (this.#used > 0 ? 1 : 0);
  }

  /**
   * A new field of 1 to 32 bits.
   *
   * @param bits - how many it has
   */
  field(bits: number): Field {
    if (this.#used + bits > 32) this.align();
    const field = new Field(this.#word, this.#used, bits);
    this.#used += bits;
    return field;
  }

  /**
   * Several fields of the same width.
   *
   * @param count - of fields
   * @param bits - of each, 1 to 32
   */
  fields(count: number, bits: number): Field[] {
    return Array.from({ length: count }, () => this.field(bits));
  }

  /** Begins a new word: what is alike (one core's fields, say) can then be exchanged word by word. */
  align(): void {
    if (this.#used === 0) return;
    this.#word++;
    this.#used = 0;
  }
}
