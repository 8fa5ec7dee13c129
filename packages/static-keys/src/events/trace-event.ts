import { type EventNode, EventSwitch, type TraceFile, type WriteAnswer } from "@cmodx/trace";
import type { Tracepoint } from "../tracepoints/tracepoint.js";
import type { Tracepoints } from "../tracepoints/tracepoints.js";
import { type EventDefinition, formatFile } from "./event-definition.js";
import { type EventValues, encodeRecord } from "./event-record.js";
import { type Filter, type FilterContext, type FilterError, filterErrorText, parseFilter } from "./filter.js";
import { type TraceControl, type TriggerAnswer, Triggers } from "./trigger.js";

/** Where and by whom an event happened. */
export interface EventContext extends FilterContext {
  readonly pid: number;
  /** Nanoseconds. */
  readonly time: number;
}

/** An event that was recorded. */
export interface RecordedEvent {
  readonly definition: EventDefinition;
  readonly context: EventContext;
  readonly values: EventValues;
  /** As in the ring buffer. */
  readonly bytes: Uint8Array;
}

/** What an event needs of its surroundings. */
export interface EventSourceOptions {
  readonly control: TraceControl;
  readonly context: () => EventContext;
  readonly record: (event: RecordedEvent) => void;
  /** For triggers that switch other events. */
  readonly known?: (system: string, event: string) => boolean;
  /** Begins to listen for what the event is about, or ends it. */
  readonly register: (on: boolean) => void;
}

/** What a trace event needs of its surroundings. */
export interface TraceEventOptions<Args extends readonly unknown[]> extends Omit<EventSourceOptions, "register"> {
  readonly point: Tracepoint<Args>;
  readonly points: Tracepoints;
  /** `TP_fast_assign`: the fields from what the call site passes. */
  readonly assign: (...args: Args) => EventValues;
}

/** An event with the files that tracefs has for it: `enable`, `filter`, `trigger`, `format`. It listens while somebody wants it. */
export class EventSource implements EventNode {
  readonly definition: EventDefinition;
  readonly triggers: Triggers;
  readonly state: EventSwitch;
  readonly files: Readonly<Record<string, TraceFile>>;
  readonly #options: EventSourceOptions;
  #armed = false;
  #filter: Filter | undefined;
  #refused: { readonly text: string; readonly error: FilterError } | undefined;

  constructor(definition: EventDefinition, options: EventSourceOptions) {
    this.definition = definition;
    this.#options = options;
    this.state = new EventSwitch(`${definition.system}:${definition.name}`, options.register);
    this.triggers = new Triggers(definition, options.control, options.known ?? (() => false));
    this.files = {
      filter: { read: () => this.filterText, write: (text) => (this.setFilter(text).ok ? "ok" : "-EINVAL") },
      trigger: { read: () => this.triggers.read(), write: (text, append) => this.#writeTriggers(text, append) },
    };
  }

  get system(): string {
    return this.definition.system;
  }

  get name(): string {
    return this.definition.name;
  }

  get id(): number {
    return this.definition.id;
  }

  format(): string {
    return formatFile(this.definition);
  }

  get enabled(): boolean {
    return this.state.recording;
  }

  set enabled(on: boolean) {
    this.state.set(on);
  }

  /** Writes the `filter` file; `0` clears it. A refused filter is kept for reading back with its caret, and filters nothing. */
  setFilter(text: string): { readonly ok: true } | { readonly ok: false; readonly error: FilterError } {
    this.#refused = undefined;
    this.#filter = undefined;
    if (text.trim() === "0" || text.trim() === "") return { ok: true };
    const parsed = parseFilter(text, this.definition);
    if (parsed.ok) {
      this.#filter = parsed.filter;
      return { ok: true };
    }
    this.#refused = { text, error: parsed.error };
    return parsed;
  }

  /** Reads the `filter` file. */
  get filterText(): string {
    if (this.#refused !== undefined) return filterErrorText(this.#refused.text, this.#refused.error);
    return `${this.#filter?.text ?? "none"}\n`;
  }

  /** Writes the `trigger` file. While it has a trigger the event is watched, though nobody traces it. */
  setTrigger(text: string): TriggerAnswer {
    const answer = this.triggers.write(text);
    if (this.triggers.armed === this.#armed) return answer;
    this.#armed = this.triggers.armed;
    if (this.#armed) this.state.hold();
    else this.state.release();
    return answer;
  }

  /** It happened. */
  happened(values: EventValues): void {
    const { context: now, control, record } = this.#options;
    const context = now();
    const wanted = this.#filter === undefined || this.#filter.matches(values, context);
    if (this.state.recording && control.tracing && wanted) {
      const bytes = encodeRecord(this.definition, { ...values, common_pid: context.pid });
      record({ definition: this.definition, context, values, bytes });
    }
    // Behind the record: the event that switches tracing off is the last one in the trace.
    this.triggers.fire(values, context);
  }

  /** What is written replaces the triggers that are there, unless it is appended. */
  #writeTriggers(text: string, append: boolean): WriteAnswer {
    if (!append) for (const line of this.triggers.removals()) this.setTrigger(line);
    for (const line of text.split("\n").filter((each) => each.trim() !== "")) {
      const answer = this.setTrigger(line);
      if (!answer.ok) return answer.error;
    }
    return "ok";
  }
}

/** An event of a tracepoint, which costs one instruction while nobody wants it. */
export class TraceEvent<Args extends readonly unknown[]> extends EventSource {
  constructor(definition: EventDefinition, options: TraceEventOptions<Args>) {
    const { point, points, assign } = options;
    const probe = (_: unknown, ...args: Args): void => this.happened(assign(...args));
    const register = (on: boolean): void => {
      if (on) points.register(point, probe);
      else points.unregister(point, probe);
    };
    super(definition, { ...options, register });
  }
}
