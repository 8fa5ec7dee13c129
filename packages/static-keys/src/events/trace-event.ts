import type { Tracepoint } from "../tracepoints/tracepoint.js";
import type { Tracepoints } from "../tracepoints/tracepoints.js";
import type { EventDefinition } from "./event-definition.js";
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

/** What a trace event needs of its surroundings. */
export interface TraceEventOptions<Args extends readonly unknown[]> {
  readonly point: Tracepoint<Args>;
  readonly points: Tracepoints;
  /** `TP_fast_assign`: the fields from what the call site passes. */
  readonly assign: (...args: Args) => EventValues;
  readonly control: TraceControl;
  readonly context: () => EventContext;
  readonly record: (event: RecordedEvent) => void;
  /** For triggers that switch other events. */
  readonly known?: (system: string, event: string) => boolean;
}

/**
 * An event of a tracepoint, with the files that tracefs has for it: `enable`, `filter`, `trigger`. It registers with its tracepoint
 * while somebody wants it, so that a tracepoint that nobody wants costs one instruction.
 */
export class TraceEvent<Args extends readonly unknown[]> {
  readonly definition: EventDefinition;
  readonly triggers: Triggers;
  readonly #options: TraceEventOptions<Args>;
  readonly #probe: (data: unknown, ...args: Args) => void;
  #enabled = false;
  #registered = false;
  #filter: Filter | undefined;
  #refused: { readonly text: string; readonly error: FilterError } | undefined;

  constructor(definition: EventDefinition, options: TraceEventOptions<Args>) {
    this.definition = definition;
    this.#options = options;
    this.triggers = new Triggers(definition, options.control, options.known ?? (() => false));
    this.#probe = (_, ...args) => this.#happened(options.assign(...args));
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  set enabled(on: boolean) {
    this.#enabled = on;
    this.#follow();
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

  /** Writes the `trigger` file. */
  setTrigger(text: string): TriggerAnswer {
    const answer = this.triggers.write(text);
    this.#follow();
    return answer;
  }

  #follow(): void {
    const wanted = this.#enabled || this.triggers.armed;
    if (wanted === this.#registered) return;
    const { point, points } = this.#options;
    if (wanted) points.register(point, this.#probe);
    else points.unregister(point, this.#probe);
    this.#registered = wanted;
  }

  #happened(values: EventValues): void {
    const { context: now, control, record } = this.#options;
    const context = now();
    const wanted = this.#filter === undefined || this.#filter.matches(values, context);
    if (this.#enabled && control.tracing && wanted) {
      const bytes = encodeRecord(this.definition, { ...values, common_pid: context.pid });
      record({ definition: this.definition, context, values, bytes });
    }
    // Behind the record: the event that switches tracing off is the last one in the trace.
    this.triggers.fire(values, context);
  }
}
