const bits = 16;
const mask = (1 << bits) - 1;

/** A list of integers that grows without copying. */
export class ChunkedInts<Chunk extends Int32Array | Uint16Array> {
  readonly #make: (length: number) => Chunk;
  readonly #chunks: Chunk[] = [];
  length = 0;

  constructor(make: (length: number) => Chunk) {
    this.#make = make;
  }

  push(value: number): void {
    const at = this.length++;
    if ((at & mask) === 0) this.#chunks.push(this.#make(1 << bits));
    this.#chunks[at >>> bits]![at & mask] = value;
  }

  at(index: number): number {
    return this.#chunks[index >>> bits]![index & mask]!;
  }
}
