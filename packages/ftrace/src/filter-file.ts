import { matches, parsePattern } from "@cmodx/trace";
import type { Ftrace, FtraceAnswer } from "./ftrace.js";
import type { FtraceOps } from "./ops.js";
import type { DynRecord } from "./record.js";

/** Which of an ops' two sets a file is about. */
export type FilterKind = "filter" | "notrace";

/**
 * `set_ftrace_filter` and `set_ftrace_notrace` of one ops.
 *
 * @see linux Documentation/trace/ftrace.rst
 */
export class FilterFile {
  readonly #ftrace: Ftrace;
  readonly #ops: FtraceOps;
  readonly #kind: FilterKind;
  /** `:mod:` filters whose module is not loaded yet. */
  readonly #waiting: string[] = [];

  constructor(ftrace: Ftrace, ops: FtraceOps, kind: FilterKind) {
    this.#ftrace = ftrace;
    this.#ops = ops;
    this.#kind = kind;
  }

  /**
   * Writes words, with blanks between: names and globs add, `!` takes away, `:mod:NAME` asks for a module's functions.
   *
   * @param append - add to what is there; otherwise it is replaced
   */
  write(text: string, append = false): FtraceAnswer {
    const words = text.split(/\s+/).filter((word) => word !== "");
    let answer: FtraceAnswer = "ok";
    const changed = this.#ftrace.refilter(this.#ops, (ops) => {
      const set = ops[this.#kind];
      if (!append) {
        set.clear();
        this.#waiting.length = 0;
      }
      for (const word of words) {
        if (!this.#apply(set, word)) answer = "-EINVAL";
      }
    });
    return changed === "ok" ? answer : changed;
  }

  read(): string {
    const set = this.#ops[this.#kind];
    const records = this.#ftrace.records.filter(({ ip }) => set.has(ip));
    const waiting = this.#waiting.map((word) => `${word}\n`);
    if (records.length === 0 && waiting.length === 0) {
      return this.#kind === "filter" ? "#### all functions enabled ####\n" : "#### no functions disabled ####\n";
    }
    return [...records.map(({ listed }) => `${listed}\n`), ...waiting].join("");
  }

  #apply(set: Set<number>, word: string): boolean {
    const [name = "", command, module = ""] = word.split(":");
    if (command !== undefined && command !== "mod") return false;
    const pattern = parsePattern(name === "" ? "*" : name);
    const chosen =
      pattern.kind === "index"
        ? this.#ftrace.records.slice(Number(pattern.search) - 1, Number(pattern.search))
        : this.#ftrace.records.filter(
            (record) => matches(pattern, record.name) && (command === undefined || ofModule(record, module)),
          );
    if (chosen.length === 0) {
      if (command !== "mod" || pattern.negated) return false;
      this.#waiting.push(word);
      return true;
    }
    for (const { ip } of chosen) {
      if (pattern.negated) set.delete(ip);
      else set.add(ip);
    }
    return true;
  }
}

function ofModule({ module }: DynRecord, wanted: string): boolean {
  if (wanted === "" || wanted === "*") return module !== undefined;
  return wanted.startsWith("!") ? module !== wanted.slice(1) : module === wanted;
}
