/** Size and shape of a cache. */
export interface Geometry {
  readonly sets: number;
  readonly ways: number;
}

/** Bytes as they were when the line was filled. */
export interface Line {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** A set-associative cache that forgets the line it has had longest. */
export class Cache {
  readonly #sets: Line[][];
  readonly #ways: number;

  constructor({ sets, ways }: Geometry) {
    this.#sets = Array.from({ length: sets }, () => []);
    this.#ways = ways;
  }

  find(number: number): Line | undefined {
    return this.#sets[number % this.#sets.length]!.find((line) => line.number === number);
  }

  /** Puts a line in; the one that had to leave for it. */
  add(line: Line): Line | undefined {
    const set = this.#sets[line.number % this.#sets.length]!;
    set.push(line);
    return set.length > this.#ways ? set.shift() : undefined;
  }

  remove(number: number): void {
    const set = this.#sets[number % this.#sets.length]!;
    const at = set.findIndex((line) => line.number === number);
    if (at >= 0) set.splice(at, 1);
  }

  clear(): void {
    for (const set of this.#sets) set.length = 0;
  }
}
