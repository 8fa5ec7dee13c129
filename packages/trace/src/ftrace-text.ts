import { graphText, stackText } from "./graph-text.js";
import type { Circumstances, Recording, TraceEntry } from "./recording.js";
import { TraceOptions } from "./trace-options.js";

/** How a recording is to be shown. */
export interface TextOptions {
  readonly options?: TraceOptions;
  /** An address as `function+0x10/0x20`, for `sym-offset`. */
  readonly placeWithSize?: (address: number) => string;
}

const USUAL = new TraceOptions();

/**
 * The recording as tracefs' `trace` file shows it, a few lines at a time, so that a long one need not be held whole.
 *
 * @param recording - what was recorded, times in nanoseconds
 * @param shown - what each line has beside the event; all that the kernel shows by default
 *
 * @example
 * ```ts
 * const entries = [
 *   { kind: "function", core: 0, time: 17_258_595_000, task: { pid: 1, comm: "sh" }, name: "vfs_read", parent: "ksys_read" },
 * ] as const;
 * const text = [...traceText({ tracer: "function", cores: 1, entries, count: { inBuffer: 1, written: 1 } })].join("");
 * text.endsWith("              sh-1       [000] .....    17.258595: vfs_read <-ksys_read\n"); // true
 * ```
 *
 * @see linux kernel/trace/trace.c print_trace_line, trace_output.c
 */
export function* traceText(recording: Recording, shown: TextOptions = {}): Generator<string> {
  if (recording.tracer === "function_graph") {
    yield* graphText(recording);
    return;
  }
  const context = (shown.options ?? USUAL).has("context-info");
  yield context ? header(recording) : `# tracer: ${recording.tracer}\n#\n`;
  for (const entry of recording.entries) yield `${context ? prefix(entry) : ""}${body(entry, shown)}\n`;
}

function header({ tracer, cores, count }: Recording): string {
  return `# tracer: ${tracer}
#
# entries-in-buffer/entries-written: ${count.inBuffer}/${count.written}   #P:${cores}
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`;
}

/** Task, core, flags and time. */
function prefix({ task, core, time, circumstances }: TraceEntry): string {
  const name = `${task.comm.padStart(16)}-${String(task.pid).padEnd(7)}`;
  return `${name} [${String(core).padStart(3, "0")}] ${flags(circumstances)} ${seconds(time)}: `;
}

/**
 * Five columns, as after the core.
 *
 * @param circumstances - in which the event happened; depths from 0, shown as `.` where they are 0 and as a hexadecimal digit up to 15
 *
 * @example
 * ```ts
 * flags(); // "....."
 * flags({ irqs: "d", context: "h", preemptDepth: 1 }); // "d.h1."
 * ```
 */
export function flags({ irqs, resched, context, preemptDepth = 0, migrateDepth = 0 }: Circumstances = {}): string {
  return `${irqs ?? "."}${resched ?? "."}${context ?? "."}${depth(preemptDepth)}${depth(migrateDepth)}`;
}

function depth(count: number): string {
  return count === 0 ? "." : Math.min(count, 15).toString(16);
}

/**
 * Nanoseconds as `seconds.microseconds`, rounded to the nearest as the kernel rounds them.
 *
 * @param time - in nanoseconds, from 0
 *
 * @example
 * ```ts
 * seconds(17_258_595_499); // "   17.258595"
 * ```
 */
export function seconds(time: number): string {
  const micros = Math.floor((time + 500) / 1000);
  return `${String(Math.floor(micros / 1e6)).padStart(5)}.${String(micros % 1e6).padStart(6, "0")}`;
}

function body(entry: TraceEntry, shown: TextOptions): string {
  switch (entry.kind) {
    case "function": {
      const name = symbol(entry.name, entry.ip, shown);
      if (!(shown.options ?? USUAL).has("print-parent")) return name;
      return `${name} <-${symbol(entry.parent, entry.parentIp, shown)}`;
    }
    case "event":
      return `${entry.name}: ${entry.text}`;
    case "stack":
      return stackText(entry.frames.map((frame, i) => symbol(frame, entry.addresses?.[i], shown)));
    case "mark":
      return `tracing_mark_write: ${entry.text}`;
    case "entry":
      return `${entry.name}() {`;
    case "exit":
      return `} /* ${entry.name} */`;
  }
}

function symbol(name: string, address: number | undefined, { options = USUAL, placeWithSize }: TextOptions): string {
  if (address === undefined) return name;
  const place = options.has("sym-offset") && placeWithSize !== undefined ? placeWithSize(address) : name;
  return options.has("sym-addr") ? `${place} <${(address >>> 0).toString(16).padStart(8, "0")}>` : place;
}
