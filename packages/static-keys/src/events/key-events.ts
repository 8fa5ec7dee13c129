import type { RunCore } from "@cmodx/machine/run";
import {
  type EventContext,
  type EventDefinition,
  EventSource,
  type EventSourceOptions,
  type TraceControl,
} from "@cmodx/trace";
import type { JumpEntry } from "../jump-entry.js";
import type { MachineKeys } from "../machine-keys.js";
import type { StaticKey } from "../static-key.js";
import { eventDefinition } from "./event-definition.js";
import { type RecordedEvent, recorded } from "./trace-event.js";

/** What events of a running program's keys need. */
export interface KeyEventsOptions extends Pick<EventSourceOptions, "pids" | "functionOf"> {
  readonly keys: readonly StaticKey[];
  readonly switches: MachineKeys;
  readonly control: TraceControl;
  readonly context: (core: RunCore) => EventContext;
  /** A branch of a key was taken while its event was on. */
  readonly record: (core: RunCore, event: RecordedEvent) => void;
}

/** The system that these events are in. */
const SYSTEM = "keys";
/** Numbers that the kernel's own events do not reach. */
const FIRST_ID = 3000;
const REGISTERS = ["r0", "r1", "r2", "r3"] as const;

/**
 * Events of a running program's static keys: each is a key, and happens where one of the key's branches is taken. To switch one on
 * switches the key on; its fields are the place and the registers in which arguments are passed.
 *
 * @param options - the program's machine, its jump labels and which of its keys are events
 *
 * @example
 * ```ts
 * import { Machine } from "@cmodx/machine/run";
 *
 * const made = assembleStaticBranches(
 *   "f: static_branch_unlikely k, slow\nback: b f\nslow: adds r1, #1\n b back\n .balign 4\nk: .word 0",
 *   { isa: "a32", address: 0x8000 },
 * );
 * if (!made.ok) throw new Error(made.issues[0].message);
 * const machine = new Machine();
 * machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
 * machine.memory.write(0x8000, made.code);
 * machine.cores[0]!.cells[15] = 0x8000;
 * const seen: unknown[] = [];
 * const [event] = keyEvents({
 *   keys: [staticKey("k", { address: made.labels.get("k")! })],
 *   switches: new MachineKeys(machine, made.entries),
 *   control: { tracing: true, snapshot: () => undefined, stacktrace: () => undefined, event: () => undefined },
 *   context: () => ({ cpu: 0, comm: "demo", pid: 1, time: 0 }),
 *   record: (_, { definition }) => seen.push(definition.name),
 * });
 * event!.enabled = true;
 * machine.run({ instructions: 5 });
 * seen[0]; // "k"
 * ```
 */
export function keyEvents(options: KeyEventsOptions): EventSource[] {
  return options.keys.map((key, i) => new KeyEvent(key, FIRST_ID + i, options));
}

class KeyEvent extends EventSource {
  constructor(key: StaticKey, id: number, options: KeyEventsOptions) {
    const { switches, context, record } = options;
    let current: RunCore | undefined;
    let listening = false;
    const taken = (core: RunCore, { code }: JumpEntry): void => {
      // The key may be on for somebody else's sake.
      if (!this.state.registered) return;
      current = core;
      const registers = REGISTERS.map((name, n) => [name, core.cells[n]! >>> 0]);
      this.happened({ ip: code, ...Object.fromEntries(registers) });
    };
    super(definitionOf(key.name, id), {
      ...options,
      context: () => context(current!),
      record: (event) => record(current!, recorded(event)),
      register: (on) => {
        switches.switch(key, on);
        if (!on || listening) return;
        listening = true;
        switches.listen(key, taken);
      },
    });
  }
}

/** A key's name has characters that an event's has not. */
function definitionOf(key: string, id: number): EventDefinition {
  return eventDefinition({
    system: SYSTEM,
    name: key.replaceAll(/\W/g, "_"),
    id,
    fields: ["ip", ...REGISTERS].map((name) => ({ kind: "field", type: "u32", name })),
    print: `"(%pS) ${REGISTERS.map((name) => `${name}=0x%x`).join(" ")}", (void *)REC->ip, ${REGISTERS.map((name) => `REC->${name}`).join(", ")}`,
  });
}
