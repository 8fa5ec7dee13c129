import { ChunkedInts } from "./chunked-ints.js";
import { Row, RowTable } from "./row-table.js";

/** Many short lists of numbers, one behind the other, without an object for each. */
export class SequenceList {
  #ints = new ChunkedInts((length) => new Int32Array(length));

  push(sequence: readonly number[]): void {
    this.#ints.push(sequence.length);
    for (const number of sequence) this.#ints.push(number);
  }

  clear(): void {
    this.#ints = new ChunkedInts((length) => new Int32Array(length));
  }

  *[Symbol.iterator](): Generator<number[]> {
    for (let at = 0; at < this.#ints.length; ) {
      const sequence: number[] = [];
      const end = at + 1 + this.#ints.at(at);
      while (++at < end) sequence.push(this.#ints.at(at));
      yield sequence;
    }
  }
}

/** An exact set of lists of numbers. */
export class SequenceSet {
  readonly #table: RowTable = new RowTable();
  readonly #row: Row = new Row();

  /** Puts the list in; was it not there? */
  add(sequence: readonly number[]): boolean {
    const before = this.#table.size;
    return this.#table.intern(this.#written(sequence)) === before;
  }

  has(sequence: readonly number[]): boolean {
    return this.#table.find(this.#written(sequence)) >= 0;
  }

  /** Two numbers a word where both are small; a word that is -1 says that the next two are one each. */
  #written(sequence: readonly number[]): Row {
    const row = this.#row;
    row.reset();
    row.push(sequence.length);
    for (let i = 0; i < sequence.length; i += 2) {
      const [one, other] = [sequence[i]!, sequence[i + 1] ?? 0];
      if (one < 0x7fff && other < 0x7fff) row.push((one << 16) | other);
      else {
        row.push(-1);
        row.push(one);
        row.push(other);
      }
    }
    return row;
  }
}
