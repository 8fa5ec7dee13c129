import type { GuestMemory, Window } from "./guest-memory.js";

/** Accesses of an instruction elsewhere than expected, before each is looked at; those of a function, before it is compiled again. */
const mostMisses = 2;
const leastPatience = 4;
/** To compile takes as long as to leave some thousand times: the more often it was in vain, the longer it waits. */
const mostDoublings = 10;
/** Instructions that are known of. */
const mostKnown = 2 ** 18;

/**
 * Where loads and stores are expected: in the pages around where the last was, or else around where the stack is or others are. Compiled code
 * lets pass what is there, at the price of a comparison, and leaves everything else to the interpreter.
 */
export class Expected {
  readonly #memory: GuestMemory;
  /** Where an instruction has loaded or stored last. */
  readonly #accessed: (key: number) => number | undefined;
  /** How often each instruction's access was elsewhere. */
  readonly #misses = new Map<number, number>();
  /** How many more of those a function may have, and how often it has had too many. */
  readonly #patience = new Map<number, number>();
  readonly #exceeded = new Map<number, number>();
  /** Where the accesses of a kind were that were asked for last. */
  readonly #lately: { load?: number; store?: number } = {};

  constructor(memory: GuestMemory, accessed: (key: number) => number | undefined) {
    this.#memory = memory;
    this.#accessed = accessed;
  }

  /**
   * The window that an instruction's accesses are expected in, one of those there are if it will do; undefined where they are to be looked at.
   *
   * @param guess - an address, where nothing better is known
   */
  windowAt(key: number, kind: Window["kind"], guess: number | undefined, among: Set<Window>): Window | undefined {
    // A store that another core's monitor may be for is known by its page, from turn to turn.
    if (kind === "store" && this.#memory.cores > 1) return undefined;
    const misses = this.#misses.get(key);
    if (misses !== undefined && misses >= mostMisses) return undefined;
    const address = (this.#accessed(key) ?? guess ?? this.#lately[kind] ?? -1) >>> 0;
    const holds = (one: Window): boolean => one.kind === kind && address >= one.start && address - one.start < one.size;
    // Where there are no bounds, as of a heap, those are not either that are not known to be elsewhere.
    if (guess === undefined) this.#lately[kind] = address;
    const window = [...among].find(holds) ?? this.#memory.windowAt(address, kind);
    if (window === undefined) return undefined;
    among.add(window);
    if (this.#misses.size >= mostKnown) this.#misses.clear();
    if (misses === undefined) this.#misses.set(key, 0);
    return window;
  }

  /** Compiled code has left an instruction to the interpreter. Was an access of its expected somewhere, perhaps in vain? */
  missed(key: number): boolean {
    const misses = this.#misses.get(key);
    if (misses === undefined) return false;
    // Beyond the most it still counts: until the function is compiled again, the window that is in vain is in it.
    if (misses < mostMisses) this.#misses.set(key, misses + 1);
    return true;
  }

  /** Was so much of a function elsewhere that nothing but its stack is to be expected anywhere? To compile it again and again would take longer. */
  isGivenUp(entry: number): boolean {
    return this.#exceeded.has(entry);
  }

  /** Has a function left so often for such an instruction that it is better compiled again? */
  exceeds(entry: number): boolean {
    const patience = this.#patience.get(entry) ?? leastPatience;
    if (patience > 1) {
      this.#patience.set(entry, patience - 1);
      return false;
    }
    const times = Math.min((this.#exceeded.get(entry) ?? 0) + 1, mostDoublings);
    this.#exceeded.set(entry, times);
    this.#patience.set(entry, leastPatience << times);
    return true;
  }
}
