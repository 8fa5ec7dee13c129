/** Something a core did that the caller asked to know about. */
export type Observation =
  /** A declared site was executed: the fetch units as fetched (unsigned), and the instruction they made. */
  | {
      readonly event: "execute";
      readonly address: number;
      readonly isa: string;
      readonly units: readonly number[];
      readonly text: string;
    }
  | { readonly event: "load"; readonly as: string; readonly value: number }
  | { readonly event: "mark"; readonly label: string }
  | { readonly event: "interrupt" | "interrupt-return" }
  | { readonly event: "exception"; readonly kind: string; readonly address: number; readonly immediate: number }
  /** The core stopped for good: an exception nobody handles. */
  | { readonly event: "stop"; readonly reason: string }
  /** The core met something this model does not cover: nothing may be concluded. */
  | { readonly event: "unmodelled"; readonly what: string };

/**
 * Observation logs as numbers: equal logs are one number, so that states stay small. 0 is the empty log.
 *
 * @example
 * ```ts
 * const logs = new Observations();
 * const log = logs.append(0, { event: "mark", text: "here" } as never);
 * logs.append(0, { event: "mark", text: "here" } as never) === log; // true
 * logs.list(log).length; // 1
 * ```
 */
export class Observations {
  readonly #events: Observation[] = [];
  readonly #parents: number[] = [];
  readonly #known = new Map<string, number>();

  /**
   * The number of a log with one event more.
   *
   * @param log - number of the log, 0 for an empty one
   * @param event - what was seen
   */
  append(log: number, event: Observation): number {
    const key = `${log} ${JSON.stringify(event)}`;
    let number = this.#known.get(key);
    if (number === undefined) {
      this.#events.push(event);
      number = this.#parents.push(log);
      this.#known.set(key, number);
    }
    return number;
  }

  /**
   * The events of a log, the earliest first.
   *
   * @param log - its number
   */
  list(log: number): Observation[] {
    const events: Observation[] = [];
    for (let at = log; at > 0; at = this.#parents[at - 1]!) events.unshift(this.#events[at - 1]!);
    return events;
  }
}
