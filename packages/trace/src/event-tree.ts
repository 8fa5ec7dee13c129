import type { EventSwitch } from "./event-switch.js";
import { PidFilter, type PidList } from "./pid-filter.js";
import type { TraceFile, WriteAnswer } from "./trace-file.js";

/** An event with its directory below `events/`. */
export interface EventNode {
  readonly system: string;
  readonly name: string;
  readonly id: number;
  /** Its `format` file. */
  format(): string;
  readonly state: EventSwitch;
  /** The module that has it. */
  readonly module?: string;
  /** What else is in its directory: `filter`, `trigger`. */
  readonly files?: Readonly<Record<string, TraceFile>>;
}

/** What `set_event` asks of a module that is not there yet. */
interface Waiting {
  /** As it was written before `:mod:`. */
  readonly match: string;
  readonly module: string;
}

/**
 * `events/…`, `available_events`, `set_event` and `set_event_pid` of events that come and go: whoever has some adds a source of them.
 *
 * @example
 * ```ts
 * const state = new EventSwitch("sched:sched_switch", () => undefined);
 * const tree = new EventTree();
 * tree.add(() => [{ system: "sched", name: "sched_switch", id: 314, format: () => "name: sched_switch\n", state }]);
 * tree.file("set_event")?.write?.("sched:*", true); // "ok"
 * tree.file("events/sched/sched_switch/enable")?.read?.(); // "1\n"
 * ```
 *
 * @see linux Documentation/trace/events.rst
 */
export class EventTree {
  /** Whose events are recorded, for the sources of events. */
  readonly pids: PidFilter = new PidFilter();
  readonly #sources: (() => Iterable<EventNode>)[] = [];
  #waiting: readonly Waiting[] = [];

  /** @param source - the events that there are now */
  add(source: () => Iterable<EventNode>): void {
    this.#sources.push(source);
  }

  /** Every event, as `available_events` lists them. */
  get events(): readonly EventNode[] {
    return this.#sources.flatMap((source) => [...source()]);
  }

  /**
   * The switch of one event, for triggers of functions and of other events.
   *
   * @param system - the folder below `events`
   * @param name - the event's folder in it
   */
  event(system: string, name: string): EventSwitch | undefined {
    return this.events.find((node) => node.system === system && node.name === name)?.state;
  }

  /**
   * A module's events have come: those that `set_event` waits for are switched on.
   *
   * @param name - of the module
   */
  moduleCame(name: string): void {
    const module = moduleName(name);
    const mine = this.#waiting.filter((each) => each.module === module);
    this.#waiting = this.#waiting.filter((each) => each.module !== module);
    for (const { match } of mine) for (const { state } of this.#named(match, module)) state.set(true);
  }

  get paths(): readonly string[] {
    const { events } = this;
    const systems = new Set(events.map(({ system }) => system));
    return [
      "available_events",
      "set_event",
      "set_event_notrace_pid",
      "set_event_pid",
      "events/enable",
      ...[...systems].map((system) => `events/${system}/enable`),
      ...events.flatMap((node) =>
        ["enable", "format", "id", ...Object.keys(node.files ?? {})].map(
          (file) => `events/${node.system}/${node.name}/${file}`,
        ),
      ),
    ];
  }

  /**
   * A file below `events`, to be read and written; undefined where there is none.
   *
   * @param path - from the tracing folder on: `events/sched/enable`
   */
  file(path: string): TraceFile | undefined {
    if (path === "available_events") return { read: () => this.events.map(lineOf).join("") };
    if (path === "set_event") return this.#setEvent();
    if (path === "set_event_pid") return pidFile(this.pids, "only");
    if (path === "set_event_notrace_pid") return pidFile(this.pids, "not");
    const [root, ...rest] = path.split("/");
    const file = rest.pop();
    if (root !== "events" || file === undefined || rest.length > 2) return undefined;
    const [system, name] = rest;
    const nodes = this.events.filter(
      (node) => (system === undefined || node.system === system) && (name === undefined || node.name === name),
    );
    const [first] = nodes;
    if (first === undefined) return undefined;
    if (file === "enable") return name === undefined ? allOf(nodes) : switchFile(first);
    return name === undefined ? undefined : ofEvent(first, file);
  }

  #setEvent(): TraceFile {
    return {
      read: () => {
        const on = this.events.filter(({ state }) => state.registered).map(lineOf);
        return [...on, ...this.#waiting.map(({ match, module }) => `${match || "*:*"}:mod:${module}\n`)].join("");
      },
      write: (text, append) => {
        if (!append) {
          this.#waiting = [];
          for (const { state } of this.events) state.set(false);
        }
        for (const word of text.split(/\s+/).filter((each) => each !== "")) {
          const answer = this.#set(word.replace(/^!/, ""), !word.startsWith("!"));
          if (answer !== "ok") return answer;
        }
        return "ok";
      },
    };
  }

  #set(word: string, on: boolean): WriteAnswer {
    const [, match = word, name] = /^(.*?):?mod:(.*)$/.exec(word) ?? [];
    const module = name === undefined ? undefined : moduleName(name);
    const chosen = this.#named(match, module);
    for (const { state } of chosen) state.set(on);
    if (chosen.length > 0) return "ok";
    if (module === undefined || this.events.some((node) => node.module === module)) return "-EINVAL";
    const others = this.#waiting.filter((each) => each.module !== module || (match !== "" && each.match !== match));
    if (!on && others.length === this.#waiting.length) return "-EINVAL";
    this.#waiting = on ? [...others, { match, module }] : others;
    return "ok";
  }

  /** `system:event`, either of them `*` or nothing for any; without a colon a system or an event of that name. */
  #named(word: string, module?: string): EventNode[] {
    const [system = "", event] = word.split(":");
    const any = (wanted: string) => wanted === "" || wanted === "*";
    return this.events.filter(
      (node) =>
        (module === undefined || node.module === module) &&
        (event === undefined
          ? (module !== undefined && any(system)) || node.system === system || node.name === system
          : (any(system) || node.system === system) && (any(event) || node.name === event)),
    );
  }
}

/** Modules are known with underscores, however they are written. */
function moduleName(name: string): string {
  return name.replaceAll("-", "_");
}

function pidFile(pids: PidFilter, list: PidList): TraceFile {
  return { read: () => pids.read(list), write: (text, append) => pids.write(list, text, append) };
}

function lineOf({ system, name }: EventNode): string {
  return `${system}:${name}\n`;
}

function ofEvent(node: EventNode, file: string): TraceFile | undefined {
  if (file === "id") return { read: () => `${node.id}\n` };
  if (file === "format") return { read: () => node.format() };
  return node.files?.[file];
}

function switchFile({ state }: EventNode): TraceFile {
  return { read: () => `${state.text}\n`, write: (text) => flag(text, (on) => state.set(on)) };
}

/** `X` where some are on and some are off. */
function allOf(nodes: readonly EventNode[]): TraceFile {
  return {
    read: () => {
      const on = nodes.filter(({ state }) => state.registered).length;
      return `${on === 0 ? "0" : on === nodes.length ? "1" : "X"}\n`;
    },
    write: (text) =>
      flag(text, (on) => {
        for (const { state } of nodes) state.set(on);
      }),
  };
}

function flag(text: string, set: (on: boolean) => void): WriteAnswer {
  if (!/^\s*[01]\s*$/.test(text)) return "-EINVAL";
  set(text.trim() === "1");
  return "ok";
}
