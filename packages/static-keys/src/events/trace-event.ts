import { type EventHit, EventSource, type EventSourceOptions, type EventValues } from "@cmodx/trace";
import type { Tracepoint } from "../tracepoints/tracepoint.js";
import type { Tracepoints } from "../tracepoints/tracepoints.js";
import { encodeRecord } from "./event-record.js";

/** An event that was recorded. */
export interface RecordedEvent extends EventHit {
  /** As in the ring buffer. */
  readonly bytes: Uint8Array;
}

/** What a trace event needs of its surroundings. */
export interface TraceEventOptions<Args extends readonly unknown[]>
  extends Omit<EventSourceOptions, "register" | "record"> {
  readonly record: (event: RecordedEvent) => void;
  readonly point: Tracepoint<Args>;
  readonly points: Tracepoints;
  /** `TP_fast_assign`: the fields from what the call site passes. */
  readonly assign: (...args: Args) => EventValues;
}

/**
 * An event of a tracepoint, which costs one instruction while nobody wants it.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const labels = new StaticKeys({ patcher: memoryPatcher(bytesMemory(0, new Uint8Array(0))) });
 * const wake = tracepoint<[pid: number]>("wake", staticKey("__tracepoint_wake", { address: 0xa000 }));
 * labels.init([], [wake.key]);
 * const fields = [{ kind: "field", type: "pid_t", name: "pid" }] as const;
 * const pids: unknown[] = [];
 * const event = new TraceEvent(eventDefinition({ system: "demo", name: "wake", id: 500, fields, print: '"pid=%d", REC->pid' }), {
 *   point: wake,
 *   points: new Tracepoints({ labels }),
 *   assign: (pid) => ({ pid }),
 *   control: { tracing: true, snapshot: () => undefined, stacktrace: () => undefined, event: () => undefined },
 *   context: () => ({ cpu: 0, comm: "sh", pid: 80, time: 0 }),
 *   record: ({ values }) => pids.push(values["pid"]),
 * });
 * wake.call(1);
 * event.enabled = true;
 * wake.call(42);
 * pids; // [42]
 * ```
 */
export class TraceEvent<Args extends readonly unknown[]> extends EventSource {
  /**
   * Makes an event of a tracepoint; nobody listens at first.
   *
   * @param definition - its name, its fields and how it is printed
   * @param options - the tracepoint, what is recorded of a call, and where
   */
  constructor(definition: EventHit["definition"], options: TraceEventOptions<Args>) {
    const { point, points, assign, record } = options;
    const probe = (_: unknown, ...args: Args): void => this.happened(assign(...args));
    const register = (on: boolean): void => {
      if (on) points.register(point, probe);
      else points.unregister(point, probe);
    };
    super(definition, { ...options, register, record: (hit) => record(recorded(hit)) });
  }
}

/** With the bytes that the ring buffer has. */
export function recorded(hit: EventHit): RecordedEvent {
  const { definition, values, context } = hit;
  return { ...hit, bytes: encodeRecord(definition, { ...values, common_pid: context.pid }) };
}
