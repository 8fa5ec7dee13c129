const pageBytes = 4096;

type SlotState = "clean" | "dirty" | "used";

interface Page {
  readonly address: number;
  readonly slots: SlotState[];
}

/**
 * Pages of executable memory cut into slots, as the kernel hands them out: the first clean slot of the newest page that has one.
 * A dirty slot may still be executed by somebody, so it is only reused after a collection, which comes when there are more dirty
 * slots than a page holds, or when no clean one is left.
 *
 * @example
 * ```ts
 * const pool = new SlotPool(0x7f000000, 64);
 * const [first, second] = [pool.take(), pool.take()];
 * [first, second]; // [0x7f000000, 0x7f000040]
 * pool.free(first!, false);
 * pool.take(); // 0x7f000000
 * ```
 *
 * @see linux kernel/kprobes.c, struct kprobe_insn_cache
 */
export class SlotPool {
  readonly #base: number;
  readonly #stride: number;
  readonly #perPage: number;
  readonly #maxPages: number;
  #pages: Page[] = [];
  #dirty = 0;

  /**
   * @param base - address of the first page
   * @param stride - bytes from a slot to the next
   * @param maxPages - how many pages there may be at once
   */
  constructor(base: number, stride: number, maxPages = 4096) {
    this.#base = base;
    this.#stride = stride;
    this.#perPage = Math.floor(pageBytes / stride);
    this.#maxPages = maxPages;
  }

  /** The address of a slot; undefined when there is no memory for one. */
  take(): number | undefined {
    const found = this.#takeClean();
    if (found !== undefined) return found;
    if (this.#dirty > 0) {
      this.#collect();
      const collected = this.#takeClean();
      if (collected !== undefined) return collected;
    }
    const taken = new Set(this.#pages.map(({ address }) => address));
    if (taken.size >= this.#maxPages) return undefined;
    let address = this.#base;
    while (taken.has(address)) address += pageBytes;
    const slots = Array.from({ length: this.#perPage }, (): SlotState => "clean");
    this.#pages.unshift({ address, slots });
    return this.#takeClean();
  }

  /**
   * Gives a slot back; `dirty` when a core may still be in it.
   *
   * @param address - of the slot
   * @param dirty - whether a core may still be in it
   */
  free(address: number, dirty: boolean): void {
    const page = this.#pages.find((one) => address >= one.address && address < one.address + pageBytes);
    if (page === undefined) return;
    page.slots[(address - page.address) / this.#stride] = dirty ? "dirty" : "clean";
    if (!dirty) this.#dropEmpty();
    else if (++this.#dirty > this.#perPage) this.#collect();
  }

  /** How many slots are handed out. */
  get used(): number {
    return this.#pages.reduce((sum, { slots }) => sum + slots.filter((state) => state === "used").length, 0);
  }

  #takeClean(): number | undefined {
    for (const { address, slots } of this.#pages) {
      const index = slots.indexOf("clean");
      if (index < 0) continue;
      slots[index] = "used";
      return address + index * this.#stride;
    }
    return undefined;
  }

  #collect(): void {
    this.#dirty = 0;
    for (const { slots } of this.#pages)
      for (const [i, state] of slots.entries()) if (state === "dirty") slots[i] = "clean";
    this.#dropEmpty();
  }

  /** The last page is kept, so that the next probe finds it. */
  #dropEmpty(): void {
    const full = this.#pages.filter(({ slots }) => slots.some((state) => state !== "clean"));
    this.#pages = full.length > 0 ? full : this.#pages.slice(-1);
  }
}
