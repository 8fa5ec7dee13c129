import { type EventDefinition, type EventValues, formatFile } from "./event-definition.js";
import {
  type Filter,
  type FilterContext,
  type FilterError,
  type FunctionOf,
  filterErrorText,
  parseFilter,
} from "./event-filter.js";
import { EventSwitch } from "./event-switch.js";
import type { EventNode } from "./event-tree.js";
import { type TraceControl, type TriggerAnswer, Triggers } from "./event-triggers.js";
import type { PidFilter } from "./pid-filter.js";
import type { TraceFile } from "./trace-file.js";

/** Where and by whom an event happened. */
export interface EventContext extends FilterContext {
  readonly pid: number;
  /** Nanoseconds. */
  readonly time: number;
}

/** An event that happened and is to be recorded. */
export interface EventHit {
  readonly definition: EventDefinition;
  readonly context: EventContext;
  readonly values: EventValues;
}

/** What an event needs of its surroundings. */
export interface EventSourceOptions {
  readonly control: TraceControl;
  readonly context: () => EventContext;
  readonly record: (event: EventHit) => void;
  /** Begins to listen for what the event is about, or ends it. */
  readonly register: (on: boolean) => void;
  /** `set_event_pid`: whose events are recorded; everybody's by default. */
  readonly pids?: PidFilter;
  /** What `.function` in filters asks. */
  readonly functionOf?: FunctionOf;
  /** The module that has the event, for `:mod:` in `set_event`. */
  readonly module?: string;
}

/**
 * An event with the files that tracefs has for it: `enable`, `filter`, `trigger`, `format`, `id`. It listens while somebody wants it.
 *
 * @example
 * ```ts
 * const definition = { system: "sched", name: "wake", id: 300, common: COMMON_FIELDS, fields: [], size: 8, print: '"woken"' };
 * const hits: string[] = [];
 * const source = new EventSource(definition, {
 *   control: { tracing: true, snapshot: () => undefined, stacktrace: () => undefined, event: () => undefined },
 *   context: () => ({ cpu: 0, comm: "sh", pid: 80, time: 0 }),
 *   record: ({ context }) => hits.push(context.comm),
 *   register: () => undefined,
 * });
 * source.enabled = true;
 * source.happened({ common_pid: 80 });
 * source.setFilter("common_pid == 1");
 * source.happened({ common_pid: 80 });
 * hits; // ["sh"]
 * ```
 *
 * @see linux kernel/trace/trace_events.c, include/linux/trace_events.h trace_trigger_soft_disabled
 */
export class EventSource implements EventNode {
  readonly definition: EventDefinition;
  readonly triggers: Triggers;
  readonly state: EventSwitch;
  readonly files: Readonly<Record<string, TraceFile>>;
  readonly module?: string;
  readonly #options: EventSourceOptions;
  #armed = false;
  #filter: Filter | undefined;
  #refused: { readonly text: string; readonly error: FilterError } | undefined;

  /**
   * Makes an event that is off.
   *
   * @param definition - its name, its number and its fields
   * @param options - what happens when it is switched, and where its records go
   */
  constructor(definition: EventDefinition, options: EventSourceOptions) {
    this.definition = definition;
    this.#options = options;
    if (options.module !== undefined) this.module = options.module;
    this.state = new EventSwitch(`${definition.system}:${definition.name}`, options.register);
    this.triggers = new Triggers(definition, options.control, options.functionOf);
    this.files = {
      filter: { read: () => this.filterText, write: (text) => (this.setFilter(text).ok ? "ok" : "-EINVAL") },
      // One write is one command, and what is there stays, with > as with >>.
      trigger: {
        read: () => this.triggers.read(),
        write: (text) => {
          const answer = text.trim() === "" ? ({ ok: true } as const) : this.setTrigger(text);
          return answer.ok ? "ok" : answer.error;
        },
      },
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

  /**
   * Writes the `filter` file; `0` clears it. A refused filter is kept for reading back with its caret, and filters nothing.
   *
   * @param text - as {@link parseFilter} reads it
   */
  setFilter(text: string): { readonly ok: true } | { readonly ok: false; readonly error: FilterError } {
    this.#refused = undefined;
    this.#filter = undefined;
    if (text.trim() === "0" || text.trim() === "") return { ok: true };
    const parsed = parseFilter(text, this.definition, this.#options.functionOf);
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

  /**
   * Writes the `trigger` file. While it has a trigger the event is watched, though nobody traces it.
   *
   * @param text - as {@link Triggers.write} reads it
   */
  setTrigger(text: string): TriggerAnswer {
    const answer = this.triggers.write(text);
    if (this.triggers.armed === this.#armed) return answer;
    this.#armed = this.triggers.armed;
    if (this.#armed) this.state.hold();
    else this.state.release();
    return answer;
  }

  /**
   * It happened.
   *
   * @param values - of its fields, by name
   */
  happened(values: EventValues): void {
    const { context: now, control, pids } = this.#options;
    const context = now();
    const mine = pids?.allows(context.pid) ?? true;
    if (!this.triggers.armed) {
      if (mine) this.#record(values, context, control.tracing);
      return;
    }
    if (!this.triggers.seeRecord) {
      // They act for everybody, and before anything is recorded.
      this.triggers.fire(values, context);
      if (mine) this.#record(values, context, control.tracing);
      return;
    }
    if (!mine) return;
    // What was reserved in the buffer before they act is recorded there, and what they switch on comes too late for it.
    const reserved = control.tracing && this.state.recording;
    if (reserved) this.#record(values, context, true);
    const behind = this.triggers.fire(values, context);
    behind?.();
  }

  #record(values: EventValues, context: EventContext, tracing: boolean): void {
    if (!tracing || !this.state.recording) return;
    if (this.#filter !== undefined && !this.#filter.matches(values, context)) return;
    this.#options.record({ definition: this.definition, context, values });
  }
}
