import { type LimitHit, type Limits, type Progress, remedies } from "./limits.js";

/** Who may end a search, and who is told how it goes. */
export interface Watched {
  readonly signal?: { readonly aborted: boolean };
  readonly onProgress?: (progress: Progress) => void;
}

/** How much was looked at. */
export interface Work {
  readonly states: number;
  readonly steps: number;
  readonly memories: number;
}

/** The work that was done since. */
export function workSince(before: Work, now: Work): Work {
  return {
    states: now.states - before.states,
    steps: now.steps - before.steps,
    memories: now.memories - before.memories,
  };
}

/** What a search has done, what it may still do, and the first limit that it met. */
export class Effort {
  readonly limits: Limits;
  readonly #watched: Watched;
  #started: number = Date.now();
  /** What other searches that share the limits have done. */
  #elsewhere: Work = { states: 0, steps: 0, memories: 0 };
  states = 0;
  steps = 0;
  memories = 0;
  limit: LimitHit | undefined;

  constructor(limits: Limits, watched: Watched) {
    this.limits = limits;
    this.#watched = watched;
  }

  get seconds(): number {
    return (Date.now() - this.#started) / 1000;
  }

  get stepsLeft(): number {
    return this.limits.steps - this.steps - this.#elsewhere.steps;
  }

  /** Counts what others have done, in so many seconds so far, towards the limits. */
  share(elsewhere: Work, seconds: number): void {
    this.#elsewhere = elsewhere;
    this.#started = Date.now() - seconds * 1000;
  }

  add({ states, steps, memories }: Work): void {
    this.states += states;
    this.steps += steps;
    this.memories += memories;
  }

  hit(name: keyof Limits | "cancelled"): void {
    this.limit ??= { limit: name, value: name === "cancelled" ? 0 : this.limits[name], remedy: remedies[name] };
  }

  /** The limit that ends a search wherever it is. */
  over(): "cancelled" | "seconds" | undefined {
    if (this.#watched.signal?.aborted) return "cancelled";
    return this.seconds > this.limits.seconds ? "seconds" : undefined;
  }

  /** Must the search end now? A sequence that is too long is left out, and the search goes on. */
  ended(): boolean {
    const over = this.over();
    if (over !== undefined) this.hit(over);
    if (this.memories + this.#elsewhere.memories >= this.limits.memories) this.hit("memories");
    return this.limit !== undefined && this.limit.limit !== "messages";
  }

  /** Tells how far the search is, with the steps of a thread that is still running. */
  report(running = 0): Progress {
    const { states, memories, seconds } = this;
    const progress = { states, steps: this.steps + running, memories, seconds };
    this.#watched.onProgress?.(progress);
    return progress;
  }
}
