import {
  COMMON_FIELDS,
  type EventDefinition,
  type EventField,
  formatFile,
  type SoftEvent,
  type TraceFile,
  Triggers,
} from "@cmodx/trace";
import type { Recorder } from "./recorder.js";

const field = (declaration: string, name: string, offset: number, size: 0 | 4, text: boolean): EventField => ({
  name,
  declaration,
  kind: text ? "array" : "field",
  element: { size: text ? 1 : 4, signed: false },
  text,
  offset,
  size,
  signed: false,
});

/** What a line of `trace_marker` is in the buffer. @see linux kernel/trace/trace_entries.h print */
const PRINT: EventDefinition = {
  system: "ftrace",
  name: "print",
  id: 5,
  common: COMMON_FIELDS,
  fields: [field("unsigned long ip", "ip", 8, 4, false), field("char buf[]", "buf", 12, 0, true)],
  size: 12,
  print: '"%ps: %s", (void *)REC->ip, REC->buf',
};

/**
 * `trace_marker`, and the event that its lines are: it is always on, and has triggers. Nobody's stack is behind what the host writes:
 * `stacktrace` records nothing there.
 *
 * @see linux kernel/trace/trace.c tracing_mark_write
 */
export function markerFiles(
  recorder: Recorder,
  event: (system: string, name: string) => SoftEvent | undefined,
): Record<string, TraceFile> {
  const control = {
    get tracing() {
      return recorder.on;
    },
    set tracing(on: boolean) {
      recorder.on = on;
    },
    snapshot: () => recorder.snapshot(),
    stacktrace: () => undefined,
    event,
  };
  const triggers = new Triggers(PRINT, control);
  return {
    trace_marker: {
      write: (written) => {
        if (!recorder.options.has("markers")) return "-EINVAL";
        // As if it were not open for writing.
        if (!recorder.on) return "-EBADF";
        const text = written.replace(/\n$/, "");
        const { comm, pid } = recorder.mark(text);
        triggers.fire({ buf: text, common_pid: pid }, { cpu: 0, comm })?.();
        return "ok";
      },
    },
    "events/ftrace/print/format": { read: () => formatFile(PRINT) },
    "events/ftrace/print/id": { read: () => `${PRINT.id}\n` },
    "events/ftrace/print/trigger": {
      read: () => triggers.read(),
      write: (text) => {
        const answer = triggers.write(text);
        return answer.ok ? "ok" : answer.error;
      },
    },
  };
}
