/** Whole numbers below a bound, the same for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % bound;
  }

  word(): number {
    return (this.below(0x10000) << 16) | this.below(0x10000);
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }
}
