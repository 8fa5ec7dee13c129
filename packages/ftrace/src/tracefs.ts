import { matches, parsePattern, traceText } from "@cmodx/trace";
import { FilterFile } from "./filter-file.js";
import type { MachineTracer } from "./machine-tracer.js";
import { type DynRecord, RECORD } from "./record.js";
import type { Recorder } from "./recorder.js";

/** What writing to a file gives: done, or the kernel's error. */
export type WriteAnswer = "ok" | "-EINVAL" | "-EBUSY" | "-ENODEV" | "-ENOENT" | "-EACCES" | "-EEXIST" | "-EIO";

/** One file. What it cannot do it leaves out. */
export interface TraceFile {
  read?(): string;
  /** @param append - opened with `>>`: what is there stays */
  write?(text: string, append: boolean): WriteAnswer;
}

/** The files by which a tracer is told what to do, by their paths below `/sys/kernel/tracing`. */
export interface Tracefs {
  /** The file's text; undefined where there is no such file, or none that is read. */
  read(path: string): string | undefined;
  /** `echo text > path`, or with `append` `echo text >> path`. */
  write(path: string, text: string, options?: { readonly append?: boolean }): WriteAnswer;
  /** Adds a file of another package: an event's, `kprobe_events`. */
  mount(path: string, file: TraceFile): void;
  /** Paths of all files, sorted. */
  readonly paths: readonly string[];
}

const TRACERS = ["function_graph", "function", "nop"] as const;

/**
 * The tracing file system of a machine's tracer.
 *
 * @see linux Documentation/trace/ftrace.rst
 */
export function createTracefs(tracer: MachineTracer, recorder: Recorder): Tracefs {
  const files = new Map<string, TraceFile>(Object.entries(filesOf(tracer, recorder)));
  return {
    read: (path) => files.get(path)?.read?.(),
    write: (path, text, { append = false } = {}) => {
      const file = files.get(path);
      if (file === undefined) return "-ENOENT";
      return file.write?.(text, append) ?? "-EACCES";
    },
    mount: (path, file) => {
      files.set(path, file);
    },
    get paths() {
      return [...files.keys()].toSorted();
    },
  };
}

function filesOf(tracer: MachineTracer, recorder: Recorder): Record<string, TraceFile> {
  const { ftrace, ops } = tracer;
  const text = (header: boolean) => {
    const lines = [...traceText(recorder.recording(tracer.tracer))];
    return (header ? lines : lines.slice(1)).join("");
  };
  const filter = (kind: "filter" | "notrace"): TraceFile => {
    const file = new FilterFile(ftrace, ops, kind);
    return { read: () => file.read(), write: (words, append) => file.write(words, append) };
  };
  return {
    available_tracers: { read: () => `${TRACERS.join(" ")}\n` },
    available_filter_functions: { read: () => tracer.functions.map((name) => `${name}\n`).join("") },
    current_tracer: {
      read: () => `${tracer.tracer}\n`,
      write: (name) => {
        const wanted = TRACERS.find((each) => each === name.trim());
        if (wanted === undefined) return "-EINVAL";
        tracer.tracer = wanted;
        return ftrace.disabled ? "-ENODEV" : "ok";
      },
    },
    enabled_functions: {
      read: () =>
        ftrace.records
          .filter(({ count }) => count > 0)
          .map(enabledLine)
          .join(""),
    },
    set_ftrace_filter: filter("filter"),
    set_ftrace_notrace: filter("notrace"),
    set_graph_function: graphFile(tracer),
    trace: {
      read: () => text(true),
      // Opening it for writing empties the buffer; what is written does not matter.
      write: (_, append) => {
        if (!append) recorder.clear();
        return "ok";
      },
    },
    trace_pipe: {
      read: () => {
        const lines = text(false);
        recorder.clear();
        return lines;
      },
    },
    trace_marker: {
      write: (written) => {
        recorder.mark(written.replace(/\n$/, ""));
        return "ok";
      },
    },
    tracing_on: {
      read: () => `${recorder.on ? 1 : 0}\n`,
      write: (value) => {
        if (!/^\s*[0-9]+\s*$/.test(value)) return "-EINVAL";
        recorder.on = Number(value) !== 0;
        return "ok";
      },
    },
  };
}

/** As the kernel's: each flag that is absent is two blanks. */
function enabledLine(record: DynRecord): string {
  const flags = [record.has(RECORD.REGS) ? " R" : "  ", record.has(RECORD.IPMODIFY) ? " I" : "  "].join("");
  return `${record.listed} (${record.count})${flags}\n`;
}

function graphFile({ ftrace, graphFunctions }: MachineTracer): TraceFile {
  return {
    read: () => {
      if (graphFunctions.size === 0) return "#### all functions enabled ####\n";
      return ftrace.records
        .filter(({ ip }) => graphFunctions.has(ip))
        .map(({ listed }) => `${listed}\n`)
        .join("");
    },
    write: (text, append) => {
      const words = text.split(/\s+/).filter((word) => word !== "");
      if (!append) graphFunctions.clear();
      let answer: WriteAnswer = "ok";
      for (const word of words) {
        const pattern = parsePattern(word);
        const chosen = ftrace.records.filter(({ name }) => matches(pattern, name));
        if (chosen.length === 0) answer = "-EINVAL";
        for (const { ip } of chosen) {
          if (pattern.negated) graphFunctions.delete(ip);
          else graphFunctions.add(ip);
        }
      }
      return answer;
    },
  };
}
