import { assemble, type Isa } from "@cmodx/codec";
import type { Machine, RunCore } from "@cmodx/machine/run";
import type { FtraceOps } from "./ops.js";
import type { DynRecord } from "./record.js";
import type { TracerRoom } from "./tracer-room.js";
import { assembleOpsCaller } from "./trampolines.js";

/** `ldr ip`, `b`, and the word that is loaded. */
const ENTRY_BYTES = 12;
const WORD_AT = 8;

/**
 * Call ops: an entry for each function, with a word that names its only tracer. Sites call it, and the code behind it calls that tracer and
 * asks no list. To change the tracer is one store of data; no code is patched.
 *
 * @see linux Documentation/trace/ftrace.rst, `CONFIG_DYNAMIC_FTRACE_WITH_CALL_OPS`, which has the word before the function itself
 */
export class OpsEntries {
  readonly #machine: Machine;
  readonly #room: TracerRoom;
  readonly #called: (ops: FtraceOps, core: RunCore) => void;
  readonly #callers = new Map<Isa, number | undefined>();
  readonly #entries = new Map<DynRecord, number>();
  /** By the number that a word holds. */
  readonly #ops = new Map<number, FtraceOps>();
  readonly #numbers = new Map<FtraceOps, number>();
  #next = 1;

  constructor(machine: Machine, room: TracerRoom, called: (ops: FtraceOps, core: RunCore) => void) {
    this.#machine = machine;
    this.#room = room;
    this.#called = called;
  }

  /** The entry of a function whose only tracer this is, with its word; undefined where there is no more room. */
  of(record: DynRecord, ops: FtraceOps): number | undefined {
    const { callOps, saveRegs, ipModify } = ops.options;
    if (callOps !== true || saveRegs === true || ipModify === true) return undefined;
    const entry = this.#entries.get(record) ?? this.#make(record);
    if (entry === undefined) return undefined;
    this.#entries.set(record, entry);
    const word = new Uint8Array(4);
    new DataView(word.buffer).setUint32(0, this.#number(ops), true);
    this.#machine.memory.write(entry + WORD_AT, word);
    return entry;
  }

  /** The ops is gone: whoever is still on the way to it finds nobody. */
  retire(ops: FtraceOps): void {
    const number = this.#numbers.get(ops);
    if (number !== undefined) this.#ops.delete(number);
    this.#numbers.delete(ops);
  }

  #number(ops: FtraceOps): number {
    let number = this.#numbers.get(ops);
    if (number === undefined) {
      number = this.#next++;
      this.#numbers.set(ops, number);
      this.#ops.set(number, ops);
    }
    return number;
  }

  #make({ isa }: DynRecord): number | undefined {
    const caller = this.#callers.get(isa) ?? this.#makeCaller(isa);
    this.#callers.set(isa, caller);
    return caller === undefined ? undefined : this.#room.add(ENTRY_BYTES, (at) => assembleEntry(isa, at, caller));
  }

  #makeCaller(isa: Isa): number | undefined {
    const { length } = assembleOpsCaller(isa, 0).bytes;
    let hook = 0;
    const at = this.#room.add(length, (address) => {
      const made = assembleOpsCaller(isa, address);
      hook = made.hook;
      return made.bytes;
    });
    if (at === undefined) return undefined;
    this.#machine.setBreakpoint(hook, (core) => {
      const ops = this.#ops.get(core.cells[2]! >>> 0);
      if (ops !== undefined) this.#called(ops, core);
    });
    return at;
  }
}

function assembleEntry(isa: Isa, at: number, caller: number): Uint8Array {
  const text =
    isa === "a32" ? `ldr ip, [pc]\nb 0x${caller.toString(16)}` : `ldr.w ip, [pc, #4]\nb.w 0x${caller.toString(16)}`;
  const made = assemble(`${text}\n.word 0`, { isa, address: at });
  if (!made.ok) throw new Error(`an entry lies beside the tracer's code: ${made.issues[0]?.message}`);
  return made.code;
}
