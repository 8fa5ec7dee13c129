import type { EventSwitch } from "./event-switch.js";
import type { TraceFile, WriteAnswer } from "./trace-file.js";

/** An event with its directory below `events/`. */
export interface EventNode {
  readonly system: string;
  readonly name: string;
  readonly id: number;
  /** Its `format` file. */
  format(): string;
  readonly state: EventSwitch;
  /** What else is in its directory: `filter`, `trigger`. */
  readonly files?: Readonly<Record<string, TraceFile>>;
}

/**
 * `events/…`, `available_events` and `set_event` of events that come and go: whoever has some adds a source of them.
 *
 * @see linux Documentation/trace/events.rst
 */
export class EventTree {
  readonly #sources: (() => Iterable<EventNode>)[] = [];

  /** @param source - the events that there are now */
  add(source: () => Iterable<EventNode>): void {
    this.#sources.push(source);
  }

  /** Every event, as `available_events` lists them. */
  get events(): readonly EventNode[] {
    return this.#sources.flatMap((source) => [...source()]);
  }

  /** The switch of one event, for triggers of functions and of other events. */
  event(system: string, name: string): EventSwitch | undefined {
    return this.events.find((node) => node.system === system && node.name === name)?.state;
  }

  get paths(): readonly string[] {
    const { events } = this;
    const systems = new Set(events.map(({ system }) => system));
    return [
      "available_events",
      "set_event",
      "events/enable",
      ...[...systems].map((system) => `events/${system}/enable`),
      ...events.flatMap((node) =>
        ["enable", "format", "id", ...Object.keys(node.files ?? {})].map(
          (file) => `events/${node.system}/${node.name}/${file}`,
        ),
      ),
    ];
  }

  file(path: string): TraceFile | undefined {
    if (path === "available_events") return { read: () => this.events.map(lineOf).join("") };
    if (path === "set_event") return this.#setEvent();
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
      read: () =>
        this.events
          .filter(({ state }) => state.registered)
          .map(lineOf)
          .join(""),
      write: (text, append) => {
        if (!append) for (const { state } of this.events) state.set(false);
        for (const word of text.split(/\s+/).filter((each) => each !== "")) {
          const chosen = this.#named(word.replace(/^!/, ""));
          if (chosen.length === 0) return "-EINVAL";
          for (const { state } of chosen) state.set(!word.startsWith("!"));
        }
        return "ok";
      },
    };
  }

  /** `system:event`, either of them `*` or nothing for any; without a colon a system or an event of that name. */
  #named(word: string): EventNode[] {
    const [system = "", event] = word.split(":");
    const any = (wanted: string) => wanted === "" || wanted === "*";
    return this.events.filter((node) =>
      event === undefined
        ? node.system === system || node.name === system
        : (any(system) || node.system === system) && (any(event) || node.name === event),
    );
  }
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
