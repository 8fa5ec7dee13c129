import type { Recording, TraceEntry } from "./recording.js";

/**
 * The recording in the Trace Event Format, which chrome://tracing and Perfetto's UI open: a thread for each core, calls as slices,
 * everything else as instants. A few lines at a time.
 *
 * @param recording - what was recorded, times in nanoseconds
 *
 * @example
 * ```ts
 * const entries = [{ kind: "mark", core: 0, time: 2_000, task: { pid: 80, comm: "sh" }, text: "hello" }] as const;
 * const text = [...chromeJson({ tracer: "nop", cores: 1, entries, count: { inBuffer: 1, written: 1 } })].join("");
 * (JSON.parse(text) as { traceEvents: { ph: string }[] }).traceEvents.at(-1)?.ph; // "i"
 * ```
 */
export function* chromeJson({ tracer, cores, entries }: Recording): Generator<string> {
  yield `{"otherData":{"tracer":${JSON.stringify(tracer)}},"displayTimeUnit":"ns","traceEvents":[\n`;
  const names = Array.from({ length: cores }, (_, core) => ({
    ph: "M",
    pid: 1,
    tid: core,
    name: "thread_name",
    args: { name: `core ${core}` },
  }));
  yield [{ ph: "M", pid: 1, name: "process_name", args: { name: "cmodx" } }, ...names]
    .map((event) => JSON.stringify(event))
    .join(",\n");
  for (const entry of entries) yield `,\n${JSON.stringify(event(entry))}`;
  yield "\n]}\n";
}

function event(entry: TraceEntry): object {
  // Microseconds, with the nanoseconds behind the point.
  const place = { pid: 1, tid: entry.core, ts: entry.time / 1000 };
  const task = `${entry.task.comm}-${entry.task.pid}`;
  switch (entry.kind) {
    case "entry":
      return { ph: "B", ...place, name: entry.name, cat: "function_graph", args: { task } };
    case "exit":
      return { ph: "E", ...place, name: entry.name, cat: "function_graph" };
    case "function":
      return { ph: "i", s: "t", ...place, name: entry.name, cat: "function", args: { parent: entry.parent, task } };
    case "event":
      return { ph: "i", s: "t", ...place, name: entry.name, cat: "event", args: { text: entry.text, task } };
    case "stack":
      return { ph: "i", s: "t", ...place, name: "stack trace", cat: "stack", args: { frames: entry.frames, task } };
    case "mark":
      return { ph: "i", s: "t", ...place, name: entry.text, cat: "mark", args: { task } };
  }
}
