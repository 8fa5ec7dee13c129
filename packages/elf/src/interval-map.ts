import { lastAtOrBelow } from "./search.js";

/**
 * Which of many, possibly overlapping, ranges of addresses holds an address? The first range that was given wins, as the
 * kernel's overlaid `.vectors` sections need. Building and asking stay fast however the ranges overlap, so that a hostile
 * file cannot make a lookup slow.
 *
 * @example
 * ```ts
 * const map = new IntervalMap([{ start: 0x8000, length: 16 }, { start: 0x8008, length: 16 }]);
 * [map.find(0x8008), map.find(0x8010), map.find(0x8018)]; // [0, 1, -1]
 * ```
 */
export class IntervalMap {
  /** Sorted ends of elementary ranges; `#owner[i]` is the range that covers [#edges[i], #edges[i + 1]), or -1. */
  readonly #edges: Float64Array;
  readonly #owner: Int32Array;
  /** The slot of the last answer. */
  #last = 0;

  /** @param ranges - start and length of each range, in bytes; an empty range covers nothing */
  constructor(ranges: readonly { readonly start: number; readonly length: number }[]) {
    const all = new Float64Array(ranges.length * 2);
    ranges.forEach(({ start, length }, i) => {
      all[2 * i] = start;
      all[2 * i + 1] = start + length;
    });
    this.#edges = all.sort().filter((edge, i) => i === 0 || edge !== all[i - 1]);
    this.#owner = new Int32Array(this.#edges.length).fill(-1);
    // Paint in order, jumping over what is painted: `next` is a union-find of "first unpainted slot from here".
    const next = Int32Array.from({ length: this.#edges.length + 1 }, (_, i) => i);
    const unpainted = (slot: number): number => {
      let root = slot;
      while (next[root] !== root) root = next[root]!;
      for (let i = slot; i !== root; ) {
        const above = next[i]!;
        next[i] = root;
        i = above;
      }
      return root;
    };
    ranges.forEach(({ start, length }, i) => {
      const end = this.#slot(start + length);
      for (let slot = unpainted(this.#slot(start)); slot < end; slot = unpainted(slot)) {
        this.#owner[slot] = i;
        next[slot] = slot + 1;
      }
    });
  }

  /**
   * Index of the range that holds `address`, or -1.
   *
   * @param address - from 0 to 2 to the power of 32
   */
  find(address: number): number {
    // Who asks in order is in the same range again and again.
    const last = this.#last;
    if (last + 1 < this.#edges.length && this.#edges[last]! <= address && address < this.#edges[last + 1]!) {
      return this.#owner[last]!;
    }
    const slot = this.#slot(address);
    if (slot < 0) return -1;
    this.#last = slot;
    return this.#owner[slot]!;
  }

  /** The last slot whose edge is at or below `address`, or -1. */
  #slot(address: number): number {
    return lastAtOrBelow(this.#edges, address);
  }
}
