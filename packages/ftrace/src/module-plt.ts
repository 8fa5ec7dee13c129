import type { Isa } from "@cmodx/codec";

/** Bytes of a cache line: the kernel has the loads of a line's entries first, then their words in the next line. */
const STRIDE = 64;
const ENTRY = 4;
const ENTRIES = STRIDE / ENTRY;

/** `ldr pc, [pc, #…]` that reaches the word one line further; T32 halfwords in the order in which they are stored. */
const LOADS = {
  a32: (0xe59ff000 | (STRIDE - 8)) >>> 0,
  t32: 0xf000f8df + (((STRIDE - 4) << 16) >>> 0),
} as const;

/**
 * A module's PLT: entries near its text that jump to what its calls cannot reach. The first two are for `ftrace_caller` and
 * `__gnu_mcount_nc`, which a module's calls may come to need at any time.
 *
 * @example
 * ```ts
 * const plt = new ModulePlt("a32", 0x7f00_0000, [0x8000_9000, 0x8000_9040]);
 * plt.entryFor(0x8000_9040) === plt.entryFor(0x8000_9040); // true
 * plt.entryFor(0x8000_9000); // 0x7f000000
 * ```
 *
 * @see linux arch/arm/kernel/module-plts.c
 */
export class ModulePlt {
  readonly isa: Isa;
  /** Address of the first entry, a multiple of 4. */
  readonly base: number;
  readonly #targets: number[];
  readonly #room: number;

  /**
   * @param isa - the module's instruction set
   * @param base - address of its first entry
   * @param fixed - `FTRACE_ADDR`, `MCOUNT_ADDR`: without the Thumb bit
   * @param room - entries that the module was loaded with, a multiple of 16
   */
  constructor(isa: Isa, base: number, fixed: readonly number[], room: number = ENTRIES) {
    this.isa = isa;
    this.base = base;
    this.#targets = [...fixed];
    this.#room = Math.ceil(room / ENTRIES) * ENTRIES;
  }

  /**
   * The entry for a target, made if there is room for another.
   *
   * @param target - without the Thumb bit
   */
  entryFor(target: number): number | undefined {
    let index = this.#targets.indexOf(target);
    if (index < 0) {
      if (this.#targets.length === this.#room) return undefined;
      index = this.#targets.push(target) - 1;
    }
    return this.base + 2 * STRIDE * Math.floor(index / ENTRIES) + ENTRY * (index % ENTRIES);
  }

  /** The entries as they are in memory. */
  get bytes(): Uint8Array {
    const bytes = new Uint8Array(2 * STRIDE * (this.#room / ENTRIES));
    const view = new DataView(bytes.buffer);
    for (const [i, target] of this.#targets.entries()) {
      const at = 2 * STRIDE * Math.floor(i / ENTRIES) + ENTRY * (i % ENTRIES);
      view.setUint32(at, LOADS[this.isa], true);
      view.setUint32(at + STRIDE, (target | (this.isa === "t32" ? 1 : 0)) >>> 0, true);
    }
    return bytes;
  }
}
