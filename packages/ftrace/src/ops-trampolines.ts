import type { Isa } from "@cmodx/codec";
import type { Machine, RunCore } from "@cmodx/machine/run";
import type { FtraceOps } from "./ops.js";
import type { TracerRoom } from "./tracer-room.js";
import { assembleOpsTrampoline, OPS_TRAMPOLINE_BYTES, type OpsTrampoline } from "./trampolines.js";

interface Made {
  readonly at: number;
  readonly trampoline: OpsTrampoline;
  readonly hit: (core: RunCore) => void;
}

/**
 * Trampolines of single ops. One whose ops is gone is used again when no core is in it any more: what Linux waits for with
 * `synchronize_rcu_tasks`.
 */
export class OpsTrampolines {
  readonly #machine: Machine;
  readonly #room: TracerRoom;
  readonly #called: (ops: FtraceOps, core: RunCore, savesRegisters: boolean) => void;
  readonly #made = new Map<FtraceOps, Map<Isa, Made>>();
  #retired: number[] = [];

  constructor(
    machine: Machine,
    room: TracerRoom,
    called: (ops: FtraceOps, core: RunCore, savesRegisters: boolean) => void,
  ) {
    this.#machine = machine;
    this.#room = room;
    this.#called = called;
  }

  /** What the sites call that only this ops traces; undefined where it wants none, or there is no room for another. */
  of(ops: FtraceOps, isa: Isa): number | undefined {
    if (ops.options.trampoline !== true) return undefined;
    const made = this.#made.get(ops) ?? new Map<Isa, Made>();
    this.#made.set(ops, made);
    let one = made.get(isa);
    if (one === undefined) {
      one = this.#make(ops, isa);
      if (one === undefined) return undefined;
      made.set(isa, one);
    }
    return one.trampoline.entry;
  }

  /** The ops is gone, and no site calls its trampolines. */
  retire(ops: FtraceOps): void {
    for (const { at, trampoline, hit } of this.#made.get(ops)?.values() ?? []) {
      this.#machine.clearBreakpoint(trampoline.hook, hit);
      this.#retired.push(at);
    }
    this.#made.delete(ops);
  }

  #make(ops: FtraceOps, isa: Isa): Made | undefined {
    const { saveRegs, ipModify } = ops.options;
    const saves = saveRegs === true || ipModify === true;
    const at = this.#place(isa, saves);
    if (at === undefined) return undefined;
    const trampoline = assembleOpsTrampoline(isa, at, saves);
    const hit = (core: RunCore): void => this.#called(ops, core, saves);
    this.#machine.setBreakpoint(trampoline.hook, hit);
    return { at, trampoline, hit };
  }

  #place(isa: Isa, saves: boolean): number | undefined {
    const assemble = (at: number): Uint8Array => assembleOpsTrampoline(isa, at, saves).bytes;
    const free = this.#retired.find((at) =>
      this.#machine.cores.every(({ cells }) => cells[15]! >>> 0 < at || cells[15]! >>> 0 >= at + OPS_TRAMPOLINE_BYTES),
    );
    if (free === undefined) return this.#room.add(OPS_TRAMPOLINE_BYTES, assemble);
    this.#retired = this.#retired.filter((at) => at !== free);
    this.#room.write(free, assemble(free));
    return free;
  }
}
