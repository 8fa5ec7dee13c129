import type { EventDefinition, EventValues } from "./event-definition.js";
import { type Filter, type FilterContext, type FilterError, type FunctionOf, parseFilter } from "./event-filter.js";
import type { SoftEvent } from "./event-switch.js";

/** What a trigger does when its event happens. */
export type TriggerCommand =
  | { readonly does: "traceon" | "traceoff" | "snapshot" | "stacktrace" }
  | { readonly does: "enable_event" | "disable_event"; readonly system: string; readonly event: string };

/** What triggers act on: the tracer's own switches. */
export interface TraceControl {
  tracing: boolean;
  snapshot(): void;
  stacktrace(): void;
  /** An event that a trigger may switch; undefined where there is none of the name. */
  event(system: string, event: string): SoftEvent | undefined;
}

/** A trigger of one event. */
export interface Trigger {
  readonly command: TriggerCommand;
  /** How often it acts; undefined for ever. */
  readonly count: number | undefined;
  readonly filter: Filter | undefined;
}

/** What writing to a trigger file gives: done, or the kernel's error. */
export type TriggerAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: "-EINVAL" | "-EEXIST"; readonly filter?: FilterError };

interface Armed {
  readonly trigger: Trigger;
  /** What it switches, held as long as the trigger is there. */
  readonly event: SoftEvent | undefined;
  left: number | undefined;
}

/** Command with what stands at its colons, and what stands behind a blank. */
const LINE = /^(!?)([a-z_]+)(?::\s*(\S+))?(?:\s+(.*))?$/s;
const COUNT = /^(?:0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i;

/**
 * The triggers of an event, as its `trigger` file has them.
 *
 * @example
 * ```ts
 * const definition = { system: "sched", name: "wake", id: 300, common: COMMON_FIELDS, fields: [], size: 8, print: '""' };
 * const control = { tracing: true, snapshot: () => undefined, stacktrace: () => undefined, event: () => undefined };
 * const triggers = new Triggers(definition, control);
 * triggers.write("traceoff:1 if common_pid == 80"); // { ok: true }
 * triggers.fire({ common_pid: 80 }, { cpu: 0, comm: "sh" });
 * control.tracing; // true
 * ```
 *
 * @see linux kernel/trace/trace_events_trigger.c, Documentation/trace/events.rst section 6
 */
export class Triggers {
  readonly #definition: EventDefinition;
  readonly #control: TraceControl;
  readonly #functionOf: FunctionOf | undefined;
  #armed: Armed[] = [];

  /**
   * Makes the triggers of an event: none at first.
   *
   * @param definition - the event, for filters
   * @param control - what triggers act on: tracing itself, snapshots, stacks, other events
   * @param functionOf - names of addresses, for filters by function
   */
  constructor(definition: EventDefinition, control: TraceControl, functionOf?: FunctionOf) {
    this.#definition = definition;
    this.#control = control;
    this.#functionOf = functionOf;
  }

  /**
   * `command[:count] [if filter]` adds a trigger, with `!` in front takes it away: whatever stands behind the command then does not
   * matter, nor whether there is one.
   *
   * @param text - one line, without its end
   */
  write(text: string): TriggerAnswer {
    const [, remove, name = "", parameter, rest] = LINE.exec(text.trim()) ?? [];
    const parsed = parseCommand(name, parameter);
    if (parsed === undefined) return REFUSED;
    const { command, count } = parsed;
    const event = "event" in command ? this.#control.event(command.system, command.event) : undefined;
    if ("event" in command && event === undefined) return REFUSED;
    if (remove === "!") {
      this.#remove(command);
      return { ok: true };
    }
    if (count !== undefined && !COUNT.test(count)) return REFUSED;
    const condition = rest === undefined ? undefined : /^if\s+(.*)$/s.exec(rest)?.[1];
    if (rest !== undefined && condition === undefined) return REFUSED;
    const filter = condition === undefined ? undefined : parseFilter(condition, this.#definition, this.#functionOf);
    if (filter?.ok === false) return { ok: false, error: "-EINVAL", filter: filter.error };
    if (this.#armed.some(({ trigger }) => sameType(trigger.command, command))) return { ok: false, error: "-EEXIST" };
    const left = count === undefined ? undefined : numberOf(count);
    event?.hold();
    this.#armed.push({ trigger: { command, count: left, filter: filter?.filter }, event, left });
    return { ok: true };
  }

  /** The file's text: a line a trigger, or the list of commands where there is none. */
  read(): string {
    if (this.#armed.length === 0) {
      return "# Available triggers:\n# traceon traceoff snapshot stacktrace enable_event disable_event\n";
    }
    return this.#armed.map(({ trigger, left }) => `${line(trigger, left)}\n`).join("");
  }

  /** Whether the event must be watched though nobody traces it. */
  get armed(): boolean {
    return this.#armed.length > 0;
  }

  /**
   * Whether what happens is put into the buffer before triggers see it: so it is where one of them has a filter, or acts behind the
   * record. Otherwise all act first, and a snapshot does not have the event that took it.
   */
  get seeRecord(): boolean {
    return this.#armed.some(({ trigger }) => trigger.filter !== undefined || isPost(trigger.command));
  }

  /**
   * The event happens: all triggers act whose filters let it pass, but for those that act behind the record. Those are given back.
   *
   * @param values - of the event's fields, by name
   * @param context - what a filter may ask besides: the core
   */
  fire(values: EventValues, context: FilterContext): (() => void) | undefined {
    const post: Armed[] = [];
    for (const armed of this.#armed) {
      const { command, filter } = armed.trigger;
      if (filter !== undefined && !filter.matches(values, context)) continue;
      if (isPost(command)) post.push(armed);
      else this.#act(armed);
    }
    if (post.length === 0) return undefined;
    return () => {
      for (const armed of post) this.#act(armed);
    };
  }

  /** Of a kind, whoever wrote it: `!traceon` takes `traceoff` away, which is of the same. */
  #remove(command: TriggerCommand): void {
    const at = this.#armed.findIndex(({ trigger }) => sameType(trigger.command, command));
    if (at < 0) return;
    this.#armed.splice(at, 1)[0]?.event?.release();
  }

  #act(armed: Armed): void {
    const { command } = armed.trigger;
    const control = this.#control;
    if (armed.left === 0) return;
    // A count is of changes: where all is as wanted nothing is used up.
    switch (command.does) {
      case "traceon":
      case "traceoff": {
        const on = command.does === "traceon";
        if (control.tracing === on) return;
        control.tracing = on;
        break;
      }
      case "enable_event":
      case "disable_event": {
        const disabled = command.does === "disable_event";
        if (armed.event === undefined || armed.event.softDisabled === disabled) return;
        armed.event.softDisabled = disabled;
        break;
      }
      case "snapshot":
        control.snapshot();
        break;
      case "stacktrace":
        control.stacktrace();
    }
    if (armed.left !== undefined) armed.left--;
  }
}

const REFUSED: TriggerAnswer = { ok: false, error: "-EINVAL" };

/** The event that switches tracing off is the last in the trace, and a stack stands behind its event. */
function isPost({ does }: TriggerCommand): boolean {
  return does === "traceoff" || does === "stacktrace";
}

function parseCommand(
  name: string,
  parameter: string | undefined,
): { command: TriggerCommand; count: string | undefined } | undefined {
  switch (name) {
    case "traceon":
    case "traceoff":
    case "snapshot":
    case "stacktrace":
      return { command: { does: name }, count: parameter };
    case "enable_event":
    case "disable_event": {
      const [system = "", event, count] = parameter?.split(":") ?? [];
      return event === undefined ? undefined : { command: { does: name, system, event }, count };
    }
    default:
      return undefined;
  }
}

function numberOf(count: string): number {
  return /^0[0-7]+$/.test(count) ? Number.parseInt(count, 8) : Number(count);
}

/** One trigger of a type for an event; of those that switch events, one for each event. */
function sameType(a: TriggerCommand, b: TriggerCommand): boolean {
  if ("event" in a || "event" in b) return "event" in a && "event" in b && a.system === b.system && a.event === b.event;
  return typeOf(a.does) === typeOf(b.does);
}

function typeOf(does: string): string {
  return does === "traceoff" ? "traceon" : does;
}

function line({ command, filter }: Trigger, left: number | undefined): string {
  const target = "event" in command ? `:${command.system}:${command.event}` : "";
  const often = left === undefined ? "unlimited" : `count=${left}`;
  return `${command.does}${target}:${often}${filter === undefined ? "" : ` if ${filter.text}`}`;
}
