/** Work that is to be done when its time has come. */
export interface DelayedWork {
  readonly at: number;
  readonly run: () => void;
}

/**
 * Time that passes when one says so, in jiffies.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock();
 * const seen: number[] = [];
 * clock.schedule(10, () => seen.push(clock.now));
 * clock.advance(9);
 * seen; // []
 * clock.advance(1);
 * seen; // [10]
 * ```
 */
export class VirtualClock {
  now = 0;
  #queue: DelayedWork[] = [];

  /**
   * Has `run` called when `delay` jiffies have passed.
   *
   * @param delay - in jiffies, from 0
   * @param run - the work
   */
  schedule(delay: number, run: () => void): DelayedWork {
    const work = { at: this.now + delay, run };
    this.#queue.push(work);
    return work;
  }

  /**
   * Takes work back that has not been done.
   *
   * @param work - from {@link schedule}
   */
  cancel(work: DelayedWork): boolean {
    const length = this.#queue.length;
    this.#queue = this.#queue.filter((other) => other !== work);
    return this.#queue.length < length;
  }

  /**
   * Lets time pass; work is done in the order of its time.
   *
   * @param jiffies - how many, from 0
   */
  advance(jiffies: number): void {
    const end = this.now + jiffies;
    for (;;) {
      const next = this.#queue.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.cancel(next);
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }
}
