import type { EventValues } from "@cmodx/trace";
import type { Kprobes } from "../life/kprobes.js";
import { ReturnProbe, type ReturnProbes } from "../life/kretprobe.js";
import { Probe } from "../life/probe.js";
import type { Outcome } from "../life/refusal.js";
import type { Registers } from "../life/registers.js";
import { type EventCommand, parseCommand } from "./command.js";
import { argumentText, type FetchWorld, fetchArgument, fieldValue, symbolText } from "./evaluate.js";
import { type EventErrno, type EventErrorName, type EventFault, EventRefusal, eventErrors } from "./event-error.js";

/** One probe of an event; an event may have several. */
interface EventProbe {
  readonly command: EventCommand;
  readonly probe: Probe | ReturnProbe;
  /** Times that its handler was called. */
  hits: number;
}

/** An event that was hit. */
export interface HitEvent {
  readonly group: string;
  readonly event: string;
  /** The number that its records have. */
  readonly id: number;
}

/** A line of the error log. */
export interface LoggedError {
  readonly error: EventErrorName;
  /** The command, its words with single spaces between. */
  readonly command: string;
  /** The character of the command that is pointed at. */
  readonly position: number;
}

/** What a write to the file answers. */
export type WriteResult = { readonly ok: true } | { readonly ok: false; readonly errno: EventErrno };

/** Where events are defined and what is seen of them. */
export interface KprobeEventsOptions extends Omit<FetchWorld, "text"> {
  /** Told of each hit of an enabled event: the line of the trace from the event's name on, and what the record holds. */
  readonly hit?: (line: string, event: HitEvent, values: EventValues) => void;
}

const loggedErrors = 8;
/** Where the kernel's own events end, so that probes' numbers are nobody else's. */
const FIRST_ID = 2000;

/**
 * The file `kprobe_events`: probes by text.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x80100000, Uint8Array.of(0x10, 0x40, 0x2d, 0xe9, 0x00, 0x40, 0xa0, 0xe1));
 * const kprobes = new Kprobes(listedText({ isa: "a32", memory, functions: [{ name: "work", start: 0x80100000, size: 8 }] }));
 * const events = new KprobeEvents(kprobes, new ReturnProbes(kprobes, 0x80300000, 4), { read: memory.read, comm: () => "sh" });
 * events.write("p:ev work+4 %r0"); // { ok: true }
 * events.read(); // "p:kprobes/ev work+4 arg1=%r0\n"
 * events.write("p:ev nowhere"); // { ok: false, errno: "ENOENT" }
 * ```
 *
 * @see linux kernel/trace/trace_kprobe.c, Documentation/trace/kprobetrace.rst
 */
export class KprobeEvents {
  readonly #kprobes: Kprobes;
  readonly #returns: ReturnProbes;
  readonly #options: KprobeEventsOptions;
  #probes: EventProbe[] = [];
  readonly #enabled = new Set<string>();
  readonly #ids = new Map<string, number>();
  #nextId = FIRST_ID;
  #errors: LoggedError[] = [];

  /**
   * Makes `kprobe_events`: none at first.
   *
   * @param kprobes - where its probes are registered
   * @param returns - where those on returns are
   * @param options - symbols, types, and where records go
   */
  constructor(kprobes: Kprobes, returns: ReturnProbes, options: KprobeEventsOptions) {
    this.#kprobes = kprobes;
    this.#returns = returns;
    this.#options = options;
  }

  /**
   * What writing these lines comes to; the first that is refused ends it, and those before it hold.
   *
   * @param lines - as they are written to the file
   */
  write(lines: string): WriteResult {
    for (const line of lines.replace(/\n$/, "").split("\n")) {
      const words = line
        .replace(/#.*/s, "")
        .split(/\s+/)
        .filter((word) => word !== "");
      if (words.length === 0) continue;
      const fault = this.#run(words);
      if (fault === undefined) continue;
      this.#log(words, fault);
      return { ok: false, errno: fault.errno };
    }
    return { ok: true };
  }

  /** The lines that would define what is there. */
  read(): string {
    return this.#probes.map(({ command }) => `${commandText(command)}\n`).join("");
  }

  /** The command of each event's first probe. */
  get defined(): readonly EventCommand[] {
    const first = new Map<string, EventCommand>();
    for (const { command } of this.#probes) {
      const key = `${command.group}/${command.event}`;
      if (!first.has(key)) first.set(key, command);
    }
    return [...first.values()];
  }

  /**
   * The number of an event's records: one that was taken away and defined anew has another.
   *
   * @param event - its group and name
   */
  idOf({ group, event }: Pick<EventCommand, "group" | "event">): number {
    return this.#ids.get(`${group}/${event}`) ?? 0;
  }

  /** `kprobe_profile`: each probe with its hits, and those that it missed. */
  profile(): string {
    return this.#probes
      .map(({ command, probe, hits }) => {
        const missed = probe.nmissed + (probe instanceof ReturnProbe ? probe.probe.nmissed : 0);
        return `  ${command.event.padEnd(44)} ${String(hits).padStart(15)} ${String(missed).padStart(15)}\n`;
      })
      .join("");
  }

  /** Takes all events away; none where one of them is on. */
  clear(): WriteResult {
    if (this.#enabled.size > 0) return { ok: false, errno: "EBUSY" };
    for (const { group, event } of this.defined) this.write(`-:${group}/${event}`);
    return { ok: true };
  }

  /** The last errors, the oldest first. */
  get errors(): readonly LoggedError[] {
    return this.#errors;
  }

  /**
   * Switches an event; false where there is none.
   *
   * @param group - of the event
   * @param event - its name
   * @param on - whether it is to be recorded
   */
  enable(group: string, event: string, on: boolean): boolean {
    const found = this.#of(group, event);
    if (found.length === 0) return false;
    if (on) this.#enabled.add(`${group}/${event}`);
    else this.#enabled.delete(`${group}/${event}`);
    for (const { probe } of found) {
      const inner = probe instanceof ReturnProbe ? probe.probe : probe;
      if (on) this.#kprobes.enable(inner);
      else this.#kprobes.disable(inner);
    }
    return true;
  }

  #of(group: string, event: string): EventProbe[] {
    return this.#probes.filter(({ command }) => command.group === group && command.event === event);
  }

  #run(words: readonly string[]): EventFault | undefined {
    try {
      if (words[0]!.startsWith("-")) return this.#remove(words);
      return this.#add(parseCommand(words, this.#kprobes.text));
    } catch (error) {
      if (error instanceof EventRefusal) return error.fault;
      throw error;
    }
  }

  #add(command: EventCommand): EventFault | undefined {
    const others = this.#of(command.group, command.event);
    const conflict = conflictOf(command, others);
    if (conflict !== undefined) return conflict;
    const isOn = this.#enabled.has(`${command.group}/${command.event}`);
    const made: EventProbe = { command, probe: this.#make(command, !isOn, () => made.hits++), hits: 0 };
    const { probe } = made;
    const outcome = probe instanceof ReturnProbe ? this.#returns.register(probe) : this.#kprobes.register(probe);
    if (!outcome.ok && !this.#waitsForModule(command, outcome)) return faultOf(outcome);
    this.#probes.push(made);
    if (others.length === 0) this.#ids.set(`${command.group}/${command.event}`, this.#nextId++);
    return undefined;
  }

  /** A probe in a module that is not there yet is registered when it comes. */
  #waitsForModule({ symbol }: EventCommand, outcome: Outcome): boolean {
    const colon = symbol?.indexOf(":") ?? -1;
    if (outcome.ok || outcome.errno !== "ENOENT" || colon < 0) return false;
    return this.#kprobes.text.hasModule?.(symbol!.slice(0, colon)) !== true;
  }

  #make(command: EventCommand, disabled: boolean, count: () => void): Probe | ReturnProbe {
    const { symbol, address, offset, maxActive } = command;
    const place = symbol === undefined ? { address: address! } : { symbol, offset };
    if (command.isReturn) {
      const handler = ({ returnAddress }: { returnAddress: number }, registers: Registers) => {
        count();
        this.#hit(command, probe.probe.address!, registers, returnAddress);
      };
      const probe: ReturnProbe = new ReturnProbe({ ...place, disabled, maxActive, handler });
      return probe;
    }
    const probe: Probe = new Probe({
      ...place,
      disabled,
      pre: (_, registers) => {
        count();
        this.#hit(command, probe.address!, registers, undefined);
        return undefined;
      },
    });
    return probe;
  }

  #hit(command: EventCommand, address: number, registers: Registers, returnAddress: number | undefined): void {
    if (!this.#enabled.has(`${command.group}/${command.event}`)) return;
    const { text } = this.#kprobes;
    const world: FetchWorld = { ...this.#options, text };
    const where =
      returnAddress === undefined
        ? symbolText(text, address)
        : `${symbolText(text, returnAddress)} <- ${text.functionAt(address)?.name ?? address.toString(16)}`;
    const fetched = command.arguments.map((argument) => ({
      argument,
      value: fetchArgument(argument, registers, world),
    }));
    const shown = fetched.map(({ argument, value }) => argumentText(argument, value, text)).join("");
    const { group, event } = command;
    this.#options.hit?.(
      `${event}: (${where})${shown}`,
      { group, event, id: this.idOf(command) },
      {
        ...(returnAddress === undefined
          ? { __probe_ip: address }
          : { __probe_func: address, __probe_ret_ip: returnAddress }),
        ...Object.fromEntries(fetched.map(({ argument, value }) => [argument.name, fieldValue(argument, value)])),
      },
    );
  }

  /** `-:group/event`; a place and arguments behind it choose among the event's probes. */
  #remove([head, ...rest]: readonly string[]): EventFault | undefined {
    const name = /^-:(?:([^/]*)\/)?(.*)$/s.exec(head!);
    const [, group, event] = name ?? [];
    if (name === null || (group === undefined && event === "")) return { errno: "EINVAL" };
    const chosen = this.#probes.filter(
      ({ command }) =>
        (event === "" || command.event === event) &&
        (group === undefined || command.group === group) &&
        matches(command, rest),
    );
    if (chosen.length === 0) return { errno: "ENOENT" };
    for (const one of chosen) {
      const { command, probe } = one;
      const isLast = this.#of(command.group, command.event).length === 1;
      if (isLast && this.#enabled.has(`${command.group}/${command.event}`)) return { errno: "EBUSY" };
      if (probe instanceof ReturnProbe) this.#returns.unregister(probe);
      else this.#kprobes.unregister(probe);
      this.#probes = this.#probes.filter((other) => other !== one);
      if (isLast) this.#ids.delete(`${command.group}/${command.event}`);
    }
    return undefined;
  }

  #log(words: readonly string[], { error, word = 0, offset = 0 }: EventFault): void {
    if (error === undefined) return;
    const starts = words.map((_, i) => words.slice(0, i).reduce((sum, one) => sum + one.length + 1, 0));
    const command = words.join(" ");
    const position = word < words.length ? starts[word]! + offset : command.length + 1;
    this.#errors = [...this.#errors, { error, command, position }].slice(-loggedErrors);
  }
}

/**
 * What `error_log` prints of an error. @param seconds - since the kernel started
 *
 * @example
 * ```ts
 * const text = errorText({ error: "BAD_REG_NAME", command: "p:ev work %rx", position: 10 }, 3.5);
 * text.split("\n")[0]; // "[    3.500000] trace_kprobe: error: Invalid register name"
 * ```
 */
export function errorText({ error, command, position }: LoggedError, seconds: number): string {
  const time = seconds.toFixed(6).padStart(12);
  const prefix = "  Command: ";
  return `[${time}] trace_kprobe: error: ${eventErrors[error]}\n${prefix}${command}\n${" ".repeat(prefix.length + position)}^\n`;
}

/** Whether probes of one event go together. */
function conflictOf(command: EventCommand, others: readonly EventProbe[]): EventFault | undefined {
  const first = others[0]?.command;
  if (first === undefined) return undefined;
  const exists = (error: EventErrorName, word: number): EventFault => ({ errno: "EEXIST", error, word });
  if (first.isReturn !== command.isReturn) return exists("DIFF_PROBE_TYPE", 0);
  const [mine, theirs] = [command.arguments, first.arguments];
  const at =
    mine.length !== theirs.length
      ? Math.min(mine.length, theirs.length)
      : mine.findIndex((one, i) => {
          const other = theirs[i]!;
          return one.type !== other.type || one.count !== other.count || one.name !== other.name;
        });
  if (mine.length !== theirs.length || at >= 0) return exists("DIFF_ARG_TYPE", at + 2);
  const same = others.some(
    ({ command: other }) =>
      placeText(other) === placeText(command) && other.arguments.every((one, i) => one.text === mine[i]!.text),
  );
  return same ? exists("SAME_PROBE", 0) : undefined;
}

function faultOf(outcome: Outcome & { ok: false }): EventFault {
  const { errno } = outcome;
  const error = errno === "EILSEQ" ? "BAD_INSN_BNDRY" : errno === "ENOENT" ? "BAD_PROBE_ADDR" : "FAIL_REG_PROBE";
  if (errno === "ENOMEM") return { errno };
  return { errno: errno === "ERANGE" ? "EINVAL" : errno, error, word: 1 };
}

function placeText({ symbol, address, offset }: EventCommand): string {
  if (symbol === undefined) return `0x${(address ?? 0).toString(16).padStart(8, "0")}`;
  return offset === 0 ? symbol : `${symbol}+${offset}`;
}

function argumentWords({ arguments: args }: EventCommand): string[] {
  return args.map(({ name, text }) => `${name}=${text}`);
}

function commandText(command: EventCommand): string {
  const { isReturn, maxActive, group, event } = command;
  const head = `${isReturn ? "r" : "p"}${isReturn && maxActive > 0 ? maxActive : ""}:${group}/${event}`;
  return [head, placeText(command), ...argumentWords(command)].join(" ");
}

/** Whether what stands behind `-:event` is this probe. @see linux kernel/trace/trace_probe.c, trace_probe_match_command_args */
function matches(command: EventCommand, [place, ...args]: readonly string[]): boolean {
  if (place === undefined) return true;
  const words = argumentWords(command);
  return place === placeText(command) && args.length <= words.length && args.every((arg, i) => arg === words[i]);
}
