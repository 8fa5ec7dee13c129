import type { Recording, TraceEntry } from "./recording.js";

type Entry = Extract<TraceEntry, { kind: "entry" }>;
type Exit = Extract<TraceEntry, { kind: "exit" }>;

const HEADER = `# tracer: function_graph
#
# CPU  DURATION                  FUNCTION CALLS
# |     |   |                     |   |   |   |
`;

/**
 * A graph recording as the kernel draws it: a call that makes no other is one line, any other opens a brace and closes it.
 *
 * @see linux kernel/trace/trace_functions_graph.c
 */
export function* graphText({ cores, entries }: Recording): Generator<string> {
  yield HEADER;
  const width = String(Math.max(cores - 1, 0)).length;
  const written = entries[Symbol.iterator]();
  // Cores take turns in a recording, so what follows an entry on its own core is looked for in a window.
  const window = new Lookahead(written);
  const running = new Map<number, string>();
  for (let entry = window.shift(); entry !== undefined; entry = window.shift()) {
    const core = ` ${String(entry.core).padStart(width)}) `;
    yield* switched(running, entry, core);
    if (entry.kind === "entry") {
      const next = window.nextOf(entry.core);
      if (next?.kind === "exit" && next.depth === entry.depth && next.name === entry.name) {
        window.drop(next);
        yield `${core}${mark(next.duration)} ${duration(next.duration)}|  ${indent(entry)}${entry.name}();\n`;
      } else yield `${core}${" ".repeat(14)}|  ${indent(entry)}${entry.name}() {\n`;
    } else if (entry.kind === "exit") {
      yield `${core}${mark(entry.duration)} ${duration(entry.duration)}|  ${indent(entry)}}\n`;
    } else {
      const text =
        entry.kind === "function"
          ? `${entry.name} <-${entry.parent}`
          : entry.kind === "event"
            ? `${entry.name}: ${entry.text}`
            : entry.kind === "stack"
              ? stackText(entry.frames)
              : entry.text;
      yield `${core}${" ".repeat(14)}|  /* ${text} */\n`;
    }
  }
}

/** A core that goes on with another task is told between two rules. */
function* switched(running: Map<number, string>, { core, task }: TraceEntry, prefix: string): Generator<string> {
  const name = `${task.comm.slice(0, 7)}-${task.pid}`;
  const before = running.get(core);
  running.set(core, name);
  if (before === undefined || before === name) return;
  yield ` ------------------------------------------\n${prefix}${before.padStart(12)}  =>  ${name.padEnd(12)}\n ------------------------------------------\n\n`;
}

/** A line each, as behind the entry's own columns. */
export function stackText(frames: readonly string[]): string {
  return ["<stack trace>", ...frames.map((frame) => ` => ${frame}`)].join("\n");
}

function indent({ depth }: Entry | Exit): string {
  return "  ".repeat(depth);
}

const MARKS = [
  [1e9, "$"],
  [1e8, "@"],
  [1e7, "*"],
  [1e6, "#"],
  [1e5, "!"],
  [1e4, "+"],
] as const;

/**
 * How much longer than usual a call took: a blank up to 10 us.
 *
 * @param nanoseconds - how long the call took
 *
 * @example
 * ```ts
 * mark(5_000); // " "
 * mark(50_000); // "+"
 * ```
 */
export function mark(nanoseconds: number): string {
  return MARKS.find(([limit]) => nanoseconds > limit)?.[1] ?? " ";
}

/**
 * Microseconds in seven columns and their unit; of the fraction as many digits as there is room for.
 *
 * @param nanoseconds - how long the call took
 *
 * @example
 * ```ts
 * duration(1_234); // "1.234 us    "
 * duration(12_345_678); // "12345.67 us "
 * ```
 */
export function duration(nanoseconds: number): string {
  const micros = String(Math.floor(nanoseconds / 1000));
  const fraction = String(nanoseconds % 1000).padStart(3, "0");
  const room = Math.min(5, 8 - micros.length) - 1;
  const number = micros.length < 7 ? `${micros}.${fraction.slice(0, Math.max(room, 0))}` : micros;
  return `${number} us ${" ".repeat(Math.max(8 - number.length, 0))}`;
}

/** Reads ahead as far as it must, and no further. */
class Lookahead {
  readonly #source: Iterator<TraceEntry>;
  #queue: TraceEntry[] = [];
  #head = 0;
  readonly #dropped = new Set<TraceEntry>();

  constructor(source: Iterator<TraceEntry>) {
    this.#source = source;
  }

  shift(): TraceEntry | undefined {
    for (;;) {
      const entry = this.#at(0);
      if (entry === undefined) return undefined;
      this.#head++;
      if (this.#head > 4096) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      if (!this.#dropped.delete(entry)) return entry;
    }
  }

  /** The next entry of a core, within a bounded distance. */
  nextOf(core: number): TraceEntry | undefined {
    for (let i = 0; i < 4096; i++) {
      const entry = this.#at(i);
      if (entry === undefined) return undefined;
      if (entry.core === core && !this.#dropped.has(entry)) return entry;
    }
    return undefined;
  }

  drop(entry: TraceEntry): void {
    this.#dropped.add(entry);
  }

  #at(i: number): TraceEntry | undefined {
    while (this.#queue.length <= this.#head + i) {
      const next = this.#source.next();
      if (next.done === true) return undefined;
      this.#queue.push(next.value);
    }
    return this.#queue[this.#head + i];
  }
}
