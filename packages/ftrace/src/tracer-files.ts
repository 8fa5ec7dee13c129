import type { SoftEvent } from "@cmodx/trace";
import { type PidList, parsePattern, type Recording, type TraceFile, type WriteAnswer } from "@cmodx/trace";
import { maskOf, maskText } from "./cpumask.js";
import { FilterFile } from "./filter-file.js";
import type { MachineTracer, TracerName } from "./machine-tracer.js";
import { costLine } from "./patching-cost.js";
import { type DynRecord, RECORD } from "./record.js";
import type { Recorder } from "./recorder.js";

const TRACERS: readonly TracerName[] = ["function_graph", "function", "nop"];

/** Bytes of the kernel's record of one function, and of a page of them. */
const RECORD_BYTES = 12;
const PAGE_BYTES = 4096;

/** The files of the function tracers, by their paths. */
export function tracerFiles(
  tracer: MachineTracer,
  recorder: Recorder,
  event: (system: string, name: string) => SoftEvent | undefined,
): Record<string, TraceFile> {
  const { ftrace, ops, probes } = tracer;
  const filter = new FilterFile(ftrace, ops, "filter", { ftrace, probes, event });
  const listed = (is: (record: DynRecord) => boolean): TraceFile => ({
    read: () =>
      ftrace.records
        .filter(is)
        .map((record) => enabledLine(tracer, recorder, record))
        .join(""),
  });
  return {
    available_tracers: { read: () => `${TRACERS.join(" ")}\n` },
    available_filter_functions: {
      read: () =>
        ftrace.records
          .filter((record) => !record.has(RECORD.DISABLED))
          .map((record) => `${record.listed}\n`)
          .join(""),
    },
    current_tracer: {
      read: () => `${tracer.tracer}\n`,
      write: (name) => {
        const wanted = TRACERS.find((each) => each === name.trim());
        if (wanted === undefined) return "-EINVAL";
        tracer.tracer = wanted;
        return ftrace.disabled ? "-ENODEV" : "ok";
      },
    },
    dyn_ftrace_total_info: {
      read: () => {
        const pages = Math.ceil(ftrace.records.length / Math.floor(PAGE_BYTES / RECORD_BYTES));
        return `${ftrace.records.length} pages:${2 ** Math.ceil(Math.log2(pages))} groups: 1\n`;
      },
    },
    enabled_functions: listed(({ count }) => count > 0),
    touched_functions: listed((record) => record.has(RECORD.TOUCHED)),
    set_ftrace_filter: { read: () => filter.read(), write: (words, append) => filter.write(words, append) },
    set_ftrace_notrace: asFile(new FilterFile(ftrace, ops, "notrace")),
    set_ftrace_pid: pidFile(tracer, "only"),
    set_ftrace_notrace_pid: pidFile(tracer, "not"),
    set_graph_function: graphFile(tracer, tracer.graphFunctions, "#### all functions enabled ####\n"),
    set_graph_notrace: graphFile(tracer, tracer.graphNotrace, "#### no functions disabled ####\n"),
    patching: {
      read: () =>
        `${(["linux", "live"] as const).map((way) => (way === tracer.patching ? `[${way}]` : way)).join(" ")}\n`,
      write: (text) => {
        const wanted = (["linux", "live"] as const).find((way) => way === text.trim());
        return wanted === undefined ? "-EINVAL" : tracer.setPatching(wanted);
      },
    },
    patching_cost: { read: () => `${costLine(tracer.patchingCost)}\n` },
    ...profileFiles(tracer),
    ...stackFiles(tracer, recorder),
    ...bufferFiles(tracer, recorder),
    ...recorder.options.files,
  };
}

function asFile(file: FilterFile): TraceFile {
  return { read: () => file.read(), write: (words, append) => file.write(words, append) };
}

function pidFile({ pids }: MachineTracer, list: PidList): TraceFile {
  return { read: () => pids.read(list) || "no pid\n", write: (text, append) => pids.write(list, text, append) };
}

function bufferFiles(tracer: MachineTracer, recorder: Recorder): Record<string, TraceFile> {
  const now = () => recorder.recording(tracer.tracer);
  return {
    trace: {
      read: () => textOf(recorder, now(), true),
      // Opening it for writing empties the buffer; what is written does not matter.
      write: (_, append) => {
        if (!append) recorder.clear();
        return "ok";
      },
    },
    trace_pipe: {
      read: () => {
        const lines = textOf(recorder, now(), false);
        recorder.clear();
        return lines;
      },
    },
    tracing_on: flagFile(
      () => recorder.on,
      (on) => {
        recorder.on = on;
      },
    ),
    tracing_cpumask: {
      read: () => `${maskText(recorder.cores, tracer.cores)}\n`,
      write: (text) => {
        const cores = maskOf(text, tracer.cores);
        if (cores === undefined) return "-EINVAL";
        recorder.cores = cores;
        return "ok";
      },
    },
    snapshot: {
      read: () => {
        const kept = recorder.snapshotRecording(tracer.tracer);
        return kept === undefined ? NO_SNAPSHOT : textOf(recorder, kept, true);
      },
      write: (text) => {
        if (!/^\s*[0-9]+\s*$/.test(text)) return "-EINVAL";
        const value = Number(text);
        if (value === 0) recorder.setSpare(false);
        else if (value === 1) recorder.snapshot();
        else if (recorder.snapshotRecording("nop") !== undefined) recorder.setSpare(true);
        return "ok";
      },
    },
  };
}

const NO_SNAPSHOT = `#
# * Snapshot is freed *
#
# Snapshot commands:
# echo 0 > snapshot : Clears and frees snapshot buffer
# echo 1 > snapshot : Allocates snapshot buffer, if not already allocated.
#                      Takes a snapshot of the main buffer.
# echo 2 > snapshot : Clears snapshot buffer (but does not allocate or free)
#                      (Doesn't have to be '2' works with any number that
#                       is not a '0' or '1')
`;

function profileFiles(tracer: MachineTracer): Record<string, TraceFile> {
  const stats = Array.from({ length: tracer.cores }, (_, core): [string, TraceFile] => [
    `trace_stat/function${core}`,
    { read: () => tracer.profiler.text(core) },
  ]);
  return {
    function_profile_enabled: flagFile(
      () => tracer.profiling,
      (on) => {
        tracer.profiling = on;
      },
    ),
    ...Object.fromEntries(stats),
  };
}

function stackFiles(tracer: MachineTracer, recorder: Recorder): Record<string, TraceFile> {
  const { stackTracer, ftrace, stackOps } = tracer;
  return {
    "/proc/sys/kernel/stack_tracer_enabled": flagFile(
      () => tracer.tracingStack,
      (on) => {
        tracer.tracingStack = on;
      },
    ),
    stack_trace: { read: () => stackTracer.text((address) => recorder.placeWithSize(address)) },
    stack_max_size: {
      read: () => `${stackTracer.most}\n`,
      write: (text) => {
        if (!/^\s*[0-9]+\s*$/.test(text)) return "-EINVAL";
        stackTracer.most = Number(text);
        return "ok";
      },
    },
    stack_trace_filter: asFile(new FilterFile(ftrace, stackOps, "filter")),
  };
}

/** A file that holds 0 or 1. */
function flagFile(read: () => boolean, write: (on: boolean) => void): TraceFile {
  return {
    read: () => `${read() ? 1 : 0}\n`,
    write: (text): WriteAnswer => {
      if (!/^\s*[0-9]+\s*$/.test(text)) return "-EINVAL";
      write(Number(text) !== 0);
      return "ok";
    },
  };
}

function textOf(recorder: Recorder, recording: Recording, header: boolean): string {
  const lines = [...recorder.text(recording)];
  return (header ? lines : lines.slice(1)).join("");
}

const FLAGS = [
  [RECORD.REGS, " R"],
  [RECORD.IPMODIFY, " I"],
  [RECORD.DIRECT, " D"],
  [RECORD.CALL_OPS, " O"],
] as const;

/** As the kernel's: each flag that is absent is as many blanks. */
function enabledLine(tracer: MachineTracer, recorder: Recorder, record: DynRecord): string {
  const flags = FLAGS.map(([bit, text]) => (record.has(bit) ? text : "  ")).join("");
  const modified = record.has(RECORD.MODIFIED) ? " M " : "   ";
  const only = tracer.ftrace.ops.find((each) => each.traces(record));
  const entry = record.has(RECORD.TRAMP_EN) && only !== undefined ? record.target : undefined;
  const tramp = entry === undefined ? "" : `\ttramp: 0x${entry.toString(16)} (${only?.name})`;
  const ops = record.has(RECORD.CALL_OPS_EN) ? `\tops: ${only?.name}` : "";
  const direct = tracer.ftrace.directOf(record);
  const behind = direct === undefined ? "" : `\n\tdirect-->${recorder.placeWithSize(direct)}`;
  return `${record.listed} (${record.count})${flags}${modified}${tramp}${ops}${behind}\n`;
}

function graphFile({ ftrace }: MachineTracer, set: Set<number>, empty: string): TraceFile {
  return {
    read: () => {
      if (set.size === 0) return empty;
      return ftrace.records
        .filter(({ ip }) => set.has(ip))
        .map(({ listed }) => `${listed}\n`)
        .join("");
    },
    write: (text, append) => {
      const words = text.split(/\s+/).filter((word) => word !== "");
      if (!append) set.clear();
      for (const word of words) {
        const pattern = parsePattern(word);
        const chosen = ftrace.select(pattern);
        if (chosen.length === 0) return "-EINVAL";
        for (const { ip } of chosen) {
          if (pattern.negated) set.delete(ip);
          else set.add(ip);
        }
      }
      return "ok";
    },
  };
}
