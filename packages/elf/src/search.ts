/** Index of the last of ascending values that is at or below `value`, or -1. */
export function lastAtOrBelow(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Rows of places that ascend by section and then by address. Who asks in that order too is answered at once. */
export class PlaceColumns {
  readonly section: Uint32Array;
  readonly address: Uint32Array;
  /** The row of the last answer that was none of -1. */
  #last = 0;

  constructor(section: Uint32Array, address: Uint32Array) {
    this.section = section;
    this.address = address;
  }

  /** As {@link lastAtOrBelow}; -1 where the last such row is of another section. */
  last(section: number, address: number): number {
    const known = this.#last;
    if (this.#atOrBelow(known, section, address)) {
      if (!this.#atOrBelow(known + 1, section, address)) return this.section[known] === section ? known : -1;
      if (!this.#atOrBelow(known + 2, section, address)) return this.#found(known + 1, section);
    }
    let low = 0;
    let high = this.section.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#atOrBelow(middle, section, address)) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? -1 : this.#found(low - 1, section);
  }

  #found(row: number, section: number): number {
    this.#last = row;
    return this.section[row] === section ? row : -1;
  }

  #atOrBelow(row: number, section: number, address: number): boolean {
    if (row >= this.section.length) return false;
    const there = this.section[row]!;
    return there < section || (there === section && this.address[row]! <= address);
  }
}

/** The values at those rows. A kernel has too many symbols for a function called for each. */
export function columnOf(values: Uint32Array, rows: Uint32Array): Uint32Array {
  const column = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) column[i] = values[rows[i]!]!;
  return column;
}
