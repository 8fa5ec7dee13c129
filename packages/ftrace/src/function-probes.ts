import type { SoftEvent } from "@cmodx/trace";
import type { Ftrace, FtraceAnswer } from "./ftrace.js";
import { type CallContext, FtraceOps } from "./ops.js";

/** What functions' triggers act on. */
export interface ProbeControl {
  /** `tracing_on`. */
  on: boolean;
  snapshot(): void;
  stacktrace(context: CallContext): void;
  /** The recording as text, to the console: of all cores, or of the one that asks. */
  dump(context: CallContext, cores: "all" | "own"): void;
}

/** What a trigger does when its function is called. */
export type ProbeAction =
  | "traceon"
  | "traceoff"
  | "snapshot"
  | "stacktrace"
  | "dump"
  | "cpudump"
  | "enable_event"
  | "disable_event";

/** A kind of trigger: those with a count are kept apart from those without, and taken away apart. */
export interface ProbeKind {
  readonly does: ProbeAction;
  readonly counted: boolean;
}

/** What a trigger has of its own; all that one line made of `enable_event` share it. */
export interface ProbeData {
  /** How often it acts yet, as a signed word; -1 is for ever where an event is switched. */
  left: number;
  readonly event?: SoftEvent;
}

interface Group {
  readonly kind: ProbeKind;
  readonly ops: FtraceOps;
  readonly data: Map<number, ProbeData>;
}

/**
 * Triggers of functions: `function:command:count` in `set_ftrace_filter`. All of a kind are one ops with a filter of its own, so a
 * function with a trigger is traced whatever the filter of the tracer says.
 *
 * @example
 * ```ts
 * import { applyEdits, bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x8000, new Uint8Array(0x2000));
 * const { bytes, code } = assembleTrampolines("a32", 0x9000);
 * memory.write(0x9000, bytes);
 * memory.write(0x8000, Uint8Array.of(0x04, 0xd0, 0x8d, 0xe2));
 * const records = [new DynRecord({ isa: "a32", ip: 0x8000, name: "vfs_read" })];
 * const patcher = { memory, patch: (edits: Parameters<typeof applyEdits>[0]) => applyEdits(edits, memory) };
 * const ftrace = new Ftrace({ records, code: { a32: code }, patcher });
 * const control = { on: true, snapshot: () => undefined, stacktrace: () => undefined, dump: () => undefined };
 * const probes = new FunctionProbes(ftrace, control);
 * probes.add({ does: "traceoff", counted: true }, [0x8000], () => ({ left: 1 })); // "ok"
 * [...probes.lines()]; // ["vfs_read:traceoff:count=1"]
 * ```
 *
 * @see linux kernel/trace/ftrace.c register_ftrace_function_probe, trace_functions.c
 */
export class FunctionProbes {
  readonly #ftrace: Ftrace;
  readonly #control: ProbeControl;
  readonly #groups: Group[] = [];

  /**
   * Makes the triggers of functions: none at first.
   *
   * @param ftrace - whose functions they are of
   * @param control - what they act on
   */
  constructor(ftrace: Ftrace, control: ProbeControl) {
    this.#ftrace = ftrace;
    this.#control = control;
  }

  /**
   * Adds a trigger to functions that have none of its kind.
   *
   * @param kind - what the trigger does
   * @param ips - addresses of their records
   * @param data - what the trigger of one function begins with
   * @returns `-EINVAL` where every one of the functions has one already, or there are none
   */
  add(kind: ProbeKind, ips: readonly number[], data: () => ProbeData): FtraceAnswer {
    const found = this.#group(kind);
    const group = found ?? this.#newGroup(kind);
    const added = ips.filter((ip) => !group.data.has(ip));
    if (added.length === 0) return "-EINVAL";
    const answer = this.#ftrace.refilter(group.ops, ({ filter }) => {
      for (const ip of added) filter.add(ip);
    });
    if (answer !== "ok") return answer;
    for (const ip of added) {
      const made = data();
      made.event?.hold();
      group.data.set(ip, made);
    }
    if (found !== undefined) return "ok";
    this.#groups.push(group);
    return this.#ftrace.register(group.ops);
  }

  /**
   * Takes a kind of trigger away from functions that have it; `-EINVAL` where none of them has.
   *
   * @param kind - what the trigger does
   * @param isChosen - asked of each address that has one
   */
  remove(kind: ProbeKind, isChosen: (ip: number) => boolean): FtraceAnswer {
    const group = this.#group(kind);
    const gone = [...(group?.data.keys() ?? [])].filter(isChosen);
    if (group === undefined || gone.length === 0) return "-EINVAL";
    for (const ip of gone) {
      group.data.get(ip)?.event?.release();
      group.data.delete(ip);
    }
    if (group.data.size > 0) {
      return this.#ftrace.refilter(group.ops, ({ filter }) => {
        for (const ip of gone) filter.delete(ip);
      });
    }
    // An empty filter would mean every function: nobody is left to be told.
    this.#groups.splice(this.#groups.indexOf(group), 1);
    return this.#ftrace.unregister(group.ops);
  }

  /** As `set_ftrace_filter` lists them. */
  *lines(): Generator<string> {
    for (const { kind, data } of this.#groups) {
      for (const { ip, name } of this.#ftrace.records) {
        const probe = data.get(ip);
        if (probe !== undefined) yield `${name}:${probeText(kind, probe)}`;
      }
    }
  }

  #group({ does, counted }: ProbeKind): Group | undefined {
    return this.#groups.find(({ kind }) => kind.does === does && kind.counted === counted);
  }

  #newGroup(kind: ProbeKind): Group {
    const data = new Map<number, ProbeData>();
    const ops = new FtraceOps(`probe:${kind.does}`, (context) => {
      const probe = data.get(context.ip);
      if (probe !== undefined) this.#act(kind, probe, context);
    });
    return { kind, ops, data };
  }

  #act(kind: ProbeKind, probe: ProbeData, context: CallContext): void {
    const control = this.#control;
    switch (kind.does) {
      case "traceon":
      case "traceoff": {
        // A count is of changes: where tracing is so already nothing is used up.
        const on = kind.does === "traceon";
        if (control.on !== on && spend(kind, probe)) control.on = on;
        break;
      }
      case "snapshot":
        if (spend(kind, probe)) control.snapshot();
        break;
      case "stacktrace":
        if (!control.on || (kind.counted && probe.left === 0)) break;
        if (kind.counted) probe.left--;
        control.stacktrace(context);
        break;
      case "dump":
      case "cpudump":
        if (spend(kind, probe)) control.dump(context, kind.does === "dump" ? "all" : "own");
        break;
      case "enable_event":
      case "disable_event":
        if (probe.event !== undefined) switchEvent(kind, probe, probe.event);
    }
  }
}

/** Whether the trigger may act; if it counts, once less from now on. */
function spend({ counted }: ProbeKind, probe: ProbeData): boolean {
  if (!counted) return true;
  if (probe.left <= 0) return false;
  probe.left--;
  return true;
}

function switchEvent({ does, counted }: ProbeKind, probe: ProbeData, event: SoftEvent): void {
  const disable = does === "disable_event";
  if (counted) {
    if (probe.left === 0 || event.softDisabled === disable) return;
    if (probe.left !== -1) probe.left--;
  }
  event.softDisabled = disable;
}

function probeText({ does, counted }: ProbeKind, { left, event }: ProbeData): string {
  const unlimited = event === undefined ? !counted : left === -1;
  return `${does}${event === undefined ? "" : `:${event.name}`}:${unlimited ? "unlimited" : `count=${left}`}`;
}
