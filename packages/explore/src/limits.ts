/** How far a search may go. A search that meets a limit says so, and its verdict is then unknown, never a proof. */
export interface Limits {
  /** Steps of threads (or transitions of a model) in all. */
  readonly steps: number;
  /** Messages in one memory sequence. */
  readonly messages: number;
  /** Memory sequences looked at. */
  readonly memories: number;
  /** Distinct states kept at one time. */
  readonly states: number;
  /** Wall-clock time. */
  readonly seconds: number;
}

/**
 * What bounds a search that is told nothing else.
 *
 * @example
 * ```ts
 * defaultLimits.states > 0; // true
 * ```
 */
export const defaultLimits: Limits = {
  steps: 50_000_000,
  messages: 64,
  memories: 1_000_000,
  states: 4_000_000,
  seconds: 120,
};

/** The limit that ended a search early, and what to do about it. */
export interface LimitHit {
  readonly limit: keyof Limits | "cancelled" | "fingerprints";
  readonly value: number;
  readonly remedy: string;
}

/** What to do about each limit. */
export const remedies: Readonly<Record<LimitHit["limit"], string>> = {
  steps: "raise limits.steps or make the programs shorter",
  messages: "raise limits.messages, or bound the loop that keeps writing",
  memories: "raise limits.memories or use fewer threads that write",
  states: "raise limits.states or make the programs shorter",
  seconds: "raise limits.seconds",
  cancelled: "run it again",
  fingerprints: "states were told apart by fingerprints; search with visited: exact",
};

/** What a search has done so far. */
export interface Progress {
  readonly states: number;
  readonly steps: number;
  readonly memories: number;
  readonly seconds: number;
}
