import { type LimitHit, type Limits, type Progress, remedies } from "./limits.js";

/** Who may end a search, and who is told how it goes. */
export interface Watched {
  readonly signal?: { readonly aborted: boolean };
  readonly onProgress?: (progress: Progress) => void;
}

/** What a search has done, what it may still do, and the first limit that it met. */
export class Effort {
  readonly limits: Limits;
  readonly #watched: Watched;
  readonly #started: number = Date.now();
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
    if (this.memories >= this.limits.memories) this.hit("memories");
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
