import { type EventDefinition, formatFile } from "@cmodx/trace";
import { probeDefinition } from "./event-format.js";
import { errorText, type KprobeEvents, type LoggedError } from "./kprobe-events.js";

/** A file of the tracing file system. */
export interface ProbeFile {
  read(): string;
  /** @param append - what is there stays */
  write(text: string, append: boolean): "ok" | `-E${string}`;
}

/** An event that a line of `kprobe_events` has defined. */
export interface ProbeEvent {
  readonly system: string;
  readonly name: string;
  /** The number that its records have. */
  readonly id: number;
  readonly definition: EventDefinition;
  /** Its `format` file. */
  format(): string;
}

/** Errors that the log keeps. */
const LOGGED = 8;

/**
 * The files of probes by text, for whoever has a tracing file system, and the events that there are now.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x80100000, Uint8Array.of(0x10, 0x40, 0x2d, 0xe9, 0x00, 0x40, 0xa0, 0xe1));
 * const kprobes = new Kprobes(listedText({ isa: "a32", memory, functions: [{ name: "work", start: 0x80100000, size: 8 }] }));
 * const events = new KprobeEvents(kprobes, new ReturnProbes(kprobes, 0x80300000, 4), { read: memory.read, comm: () => "sh" });
 * const { files } = new ProbeFiles(events);
 * files.kprobe_events.write?.("p:ev work", false); // "ok"
 * files.kprobe_profile.read?.(); // "  ev                                                         0               0\n"
 * ```
 */
export class ProbeFiles {
  readonly files: Readonly<Record<"kprobe_events" | "dynamic_events" | "error_log", ProbeFile>> & {
    readonly kprobe_profile: Pick<ProbeFile, "read">;
  };
  readonly #events: KprobeEvents;
  readonly #seconds: () => number;
  #log: string[] = [];
  #logged: LoggedError | undefined;

  /**
   * @param events - whose files these are
   * @param seconds - since the machine started, for the error log
   */
  constructor(events: KprobeEvents, seconds: () => number = () => 0) {
    this.#events = events;
    this.#seconds = seconds;
    const definitions: ProbeFile = {
      read: () => events.read(),
      write: (text, append) => this.#define(text, append),
    };
    this.files = {
      kprobe_events: definitions,
      dynamic_events: definitions,
      kprobe_profile: { read: () => events.profile() },
      error_log: {
        read: () => this.#log.join(""),
        write: (_, append) => {
          if (!append) this.#log = [];
          return "ok";
        },
      },
    };
  }

  get events(): readonly ProbeEvent[] {
    return this.#events.defined.map((command) => {
      const definition = probeDefinition(command, this.#events.idOf(command));
      const { system, name, id } = definition;
      return { system, name, id, definition, format: () => formatFile(definition) };
    });
  }

  #define(text: string, append: boolean): "ok" | `-E${string}` {
    const cleared = append ? undefined : this.#events.clear();
    const result = cleared?.ok === false ? cleared : this.#events.write(text);
    const last = this.#events.errors.at(-1);
    if (!result.ok && last !== undefined && last !== this.#logged) {
      this.#log = [...this.#log, errorText(last, this.#seconds())].slice(-LOGGED);
      this.#logged = last;
    }
    return result.ok ? "ok" : `-${result.errno}`;
  }
}
