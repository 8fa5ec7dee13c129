import type { FtraceAnswer } from "./ftrace.js";

/** `set_ftrace_pid` and `set_ftrace_notrace_pid`: whose functions are traced. @see linux kernel/trace/ftrace.c pid_write */
export class PidFilter {
  readonly #lists: Readonly<Record<PidList, Set<number>>> = { only: new Set(), not: new Set() };

  allows(pid: number): boolean {
    const { only, not } = this.#lists;
    return (only.size === 0 || only.has(pid)) && !not.has(pid);
  }

  read(list: PidList): string {
    const pids = [...this.#lists[list]].toSorted((a, b) => a - b);
    return pids.length === 0 ? "no pid\n" : pids.map((pid) => `${pid}\n`).join("");
  }

  /** Numbers with blanks between; the first that is none ends it, and nothing of the line holds then. */
  write(list: PidList, text: string, append: boolean): FtraceAnswer {
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
