import type { EventDefinition } from "./event-definition.js";
import type { EventValues } from "./event-record.js";
import { type Filter, type FilterContext, type FilterError, parseFilter } from "./filter.js";

/** What a trigger does when its event happens. */
export type TriggerCommand =
  | { readonly does: "traceon" | "traceoff" | "snapshot" | "stacktrace" }
  | { readonly does: "enable_event" | "disable_event"; readonly system: string; readonly event: string };

/** What triggers act on: the tracer's own switches. */
export interface TraceControl {
  tracing: boolean;
  snapshot(): void;
  stacktrace(): void;
  /** False where there is no such event. */
  setEvent(system: string, event: string, enabled: boolean): boolean;
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
  | { readonly ok: false; readonly error: "-EINVAL" | "-EEXIST" | "-ENOENT"; readonly filter?: FilterError };

const COMMAND = /^(traceon|traceoff|snapshot|stacktrace)(?::([0-9]+))?$/;
const EVENT_COMMAND = /^(enable_event|disable_event):([^:\s]+):([^:\s]+)(?::([0-9]+))?$/;

/**
 * The triggers of an event, as its `trigger` file has them.
 *
 * @see linux Documentation/trace/events.rst section 6
 */
export class Triggers {
  readonly #definition: EventDefinition;
  readonly #control: TraceControl;
  readonly #known: (system: string, event: string) => boolean;
  #armed: { readonly trigger: Trigger; left: number | undefined }[] = [];

  /** @param known - whether there is such an event: `enable_event` of another is refused */
  constructor(definition: EventDefinition, control: TraceControl, known: (system: string, event: string) => boolean) {
    this.#definition = definition;
    this.#control = control;
    this.#known = known;
  }

  /** `command[:count] [if filter]` adds a trigger, with `!` in front takes it away. */
  write(text: string): TriggerAnswer {
    const [, remove, body = "", condition] = /^\s*(!?)\s*(\S+)(?:\s+if\s+(.*?))?\s*$/s.exec(text) ?? [];
    const parsed = parseCommand(body);
    if (parsed === undefined) return { ok: false, error: "-EINVAL" };
    const at = this.#armed.findIndex(({ trigger }) => sameCommand(trigger.command, parsed.command));
    if (remove === "!") {
      if (at < 0) return { ok: false, error: "-ENOENT" };
      this.#armed.splice(at, 1);
      return { ok: true };
    }
    const { command } = parsed;
    if ("event" in command && !this.#known(command.system, command.event)) return { ok: false, error: "-EINVAL" };
    if (at >= 0) return { ok: false, error: "-EEXIST" };
    const filter = condition === undefined ? undefined : parseFilter(condition, this.#definition);
    if (filter?.ok === false) return { ok: false, error: "-EINVAL", filter: filter.error };
    this.#armed.push({ trigger: { ...parsed, filter: filter?.filter }, left: parsed.count });
    return { ok: true };
  }

  /** The file's text: a line a trigger, or the list of commands where there is none. */
  read(): string {
    if (this.#armed.length === 0) {
      return "# Available triggers:\n# traceon traceoff snapshot stacktrace enable_event disable_event\n";
    }
    return this.#armed.map(({ trigger, left }) => `${line(trigger, left)}\n`).join("");
  }

  /** What takes all of them away again. */
  removals(): string[] {
    return this.#armed.map(({ trigger: { command } }) => `!${commandText(command)}`);
  }

  /** Whether the event must be watched though nobody traces it. */
  get armed(): boolean {
    return this.#armed.length > 0;
  }

  /** The event happened. */
  fire(values: EventValues, context: FilterContext): void {
    for (const armed of this.#armed) {
      const { command, filter } = armed.trigger;
      if (filter !== undefined && !filter.matches(values, context)) continue;
      if (armed.left === 0) continue;
      if (armed.left !== undefined) armed.left--;
      this.#act(command);
    }
  }

  #act(command: TriggerCommand): void {
    const control = this.#control;
    if ("event" in command) control.setEvent(command.system, command.event, command.does === "enable_event");
    else if (command.does === "snapshot") control.snapshot();
    else if (command.does === "stacktrace") control.stacktrace();
    else control.tracing = command.does === "traceon";
  }
}

function parseCommand(body: string): { command: TriggerCommand; count: number | undefined } | undefined {
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const simple = COMMAND.exec(body);
  if (simple !== null) {
    const count = number(simple[2]);
    return count === 0 ? undefined : { command: { does: simple[1] as "traceon" }, count };
  }
  const found = EVENT_COMMAND.exec(body);
  if (found === null) return undefined;
  const [, does, system = "", event = "", times] = found;
  return { command: { does: does as "enable_event", system, event }, count: number(times) };
}

/** One trigger of a kind for an event; of those that switch events, one for each event. */
function sameCommand(a: TriggerCommand, b: TriggerCommand): boolean {
  if ("event" in a && "event" in b) return a.system === b.system && a.event === b.event;
  return a.does === b.does;
}

function commandText(command: TriggerCommand): string {
  return `${command.does}${"event" in command ? `:${command.system}:${command.event}` : ""}`;
}

function line({ command, filter }: Trigger, left: number | undefined): string {
  const often = left === undefined ? "unlimited" : `count=${left}`;
  return `${commandText(command)}:${often}${filter === undefined ? "" : ` if ${filter.text}`}`;
}
