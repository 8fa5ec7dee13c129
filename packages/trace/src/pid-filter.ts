import type { WriteAnswer } from "./trace-file.js";

/**
 * Who is traced: `set_ftrace_pid`, `set_event_pid` and their `notrace`.
 *
 * @example
 * ```ts
 * const pids = new PidFilter();
 * pids.write("only", "80 81", false); // "ok"
 * pids.allows(80); // true
 * pids.allows(7); // false
 * ```
 *
 * @see linux kernel/trace/trace.c trace_pid_write
 */
export class PidFilter {
  readonly #lists: Readonly<Record<PidList, Set<number>>> = { only: new Set(), not: new Set() };

  /**
   * Whether the events of a process pass.
   *
   * @param pid - of the process
   */
  allows(pid: number): boolean {
    const { only, not } = this.#lists;
    return (only.size === 0 || only.has(pid)) && !not.has(pid);
  }

  /**
   * A line for each, sorted.
   *
   * @param list - those that pass, or those that do not
   */
  read(list: PidList): string {
    return [...this.#lists[list]]
      .toSorted((a, b) => a - b)
      .map((pid) => `${pid}\n`)
      .join("");
  }

  /**
   * Numbers with blanks between; the first that is none ends it, and nothing of the line holds then.
   *
   * @param list - those that pass, or those that do not
   * @param text - as it is written to the file
   * @param append - whether those there are stay
   */
  write(list: PidList, text: string, append: boolean): WriteAnswer {
    const words = text.split(/\s+/).filter((word) => word !== "");
    const pids = this.#lists[list];
    if (!append) pids.clear();
    if (words.some((word) => !/^[0-9]+$/.test(word) || Number(word) > MOST)) return "-EINVAL";
    for (const word of words) pids.add(Number(word));
    return "ok";
  }
}

/** Who is traced, or who is not. */
export type PidList = "only" | "not";

/** `PID_MAX_LIMIT` of 32 bits. */
const MOST = 32768;
