import type { TraceFile, WriteAnswer } from "./trace-file.js";

/** In the kernel's order, each as it begins. */
const BEGINNING = {
  "print-parent": true,
  "sym-offset": false,
  "sym-addr": false,
  "context-info": true,
  overwrite: true,
  markers: true,
  "function-trace": true,
  stacktrace: false,
} as const;

/** What can be switched about a recording and its text; `function-trace` is heeded by latency tracers only. */
export type TraceOption = keyof typeof BEGINNING;

/**
 * The options of one recording, with the files that tracefs has for them: `trace_options`, and `options/NAME` for each.
 *
 * @example
 * ```ts
 * const options = new TraceOptions();
 * options.write("noprint-parent"); // "ok"
 * options.has("print-parent"); // false
 * ```
 *
 * @see linux kernel/trace/trace.c trace_set_options, Documentation/trace/ftrace.rst
 */
export class TraceOptions {
  readonly #on = new Map(Object.entries(BEGINNING) as [TraceOption, boolean][]);
  readonly #changed: () => void;

  /** @param changed - told of each change */
  constructor(changed: () => void = () => undefined) {
    this.#changed = changed;
  }

  /**
   * Whether an option is on.
   *
   * @param option - by its name in `trace_options`
   */
  has(option: TraceOption): boolean {
    return this.#on.get(option) === true;
  }

  /**
   * The name of an option, with `no` in front to switch it off.
   *
   * @param text - as it is written to `trace_options`
   */
  write(text: string): WriteAnswer {
    const word = text.trim();
    const off = word.startsWith("no");
    return this.#set(off ? word.slice(2) : word, !off);
  }

  /** By their paths. */
  get files(): Readonly<Record<string, TraceFile>> {
    const each = [...this.#on.keys()].map((option): [string, TraceFile] => [
      `options/${option}`,
      {
        read: () => `${this.has(option) ? 1 : 0}\n`,
        write: (text) => (/^\s*[01]\s*$/.test(text) ? this.#set(option, text.trim() === "1") : "-EINVAL"),
      },
    ]);
    return {
      trace_options: {
        read: () => [...this.#on].map(([option, on]) => `${on ? "" : "no"}${option}\n`).join(""),
        write: (text) => this.write(text),
      },
      ...Object.fromEntries(each),
    };
  }

  #set(name: string, on: boolean): WriteAnswer {
    const option = name as TraceOption;
    if (!this.#on.has(option)) return "-EINVAL";
    this.#on.set(option, on);
    this.#changed();
    return "ok";
  }
}
