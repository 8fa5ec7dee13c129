import type { Isa } from "@cmodx/codec";
import type { Machine } from "@cmodx/machine/run";
import { assembleShim, type LiveRoom, SHIM_BYTES, STUB_BYTES } from "./live-form.js";
import type { DynRecord } from "./record.js";
import type { TracedProgram } from "./traced-program.js";
import { assembleTrampolines, type Patching, type Trampolines } from "./trampolines.js";

const PAGE = 0x1000;
const CODE_ROOM = 0x200;
/** A page of trampolines, then one of what is made on the way. */
const PAGES = 2;
/** Pages right below the program that others use: probes' landing place for returns and their detours are there. */
const OTHERS = 4;

/** The tracer's pages in the guest's memory: near the program, and out of the heap's and the stack's way. */
export class TracerRoom implements LiveRoom {
  readonly #machine: Machine;
  readonly #base: number;
  readonly #stubs: number;
  readonly #stubIndex: ReadonlyMap<DynRecord, number>;
  readonly #shims = new Map<number, number>();
  #nextCode: number;
  #next: number;

  constructor(machine: Machine, { bounds }: TracedProgram, records: readonly DynRecord[]) {
    this.#machine = machine;
    const sites = records.filter(({ isa }) => isa === "a32");
    this.#stubIndex = new Map(sites.map((record, i) => [record, i]));
    const stubPages = Math.ceil((sites.length * STUB_BYTES) / PAGE);
    const lowest = bounds.lowest & ~(PAGE - 1);
    const below = lowest - (OTHERS + PAGES + stubPages) * PAGE >= PAGE;
    const above = ((bounds.highest + 0x10_0000) & ~(PAGE - 1)) >>> 0;
    this.#base = below ? lowest - (OTHERS + PAGES) * PAGE : above;
    this.#stubs = below ? this.#base - stubPages * PAGE : above + PAGES * PAGE;
    this.#nextCode = this.#base;
    this.#next = this.#base + PAGE;
    machine.memory.map(this.#base, PAGES * PAGE, { read: true, execute: true });
    if (stubPages > 0) machine.memory.map(this.#stubs, stubPages * PAGE, { read: true, execute: true });
  }

  trampolines(isa: Isa, patching: Patching): Trampolines {
    const at = this.#nextCode;
    this.#nextCode += CODE_ROOM;
    const made = assembleTrampolines(isa, at, patching);
    this.#machine.memory.write(at, made.bytes);
    return made;
  }

  /** Puts code where nobody executes yet; where, or undefined where there is no more room. @param assemble - for an address */
  add(bytes: number, assemble: (at: number) => Uint8Array): number | undefined {
    const at = this.#next;
    if (at + bytes > this.#base + PAGES * PAGE) return undefined;
    this.#next += (bytes + 3) & ~3;
    this.write(at, assemble(at));
    return at;
  }

  /** Puts code at a place that was given out before, and that nobody executes any more. */
  write(at: number, code: Uint8Array): void {
    this.#machine.memory.write(at, code);
    this.#machine.codeChanged(at, code.length);
    for (const { index } of this.#machine.cores) {
      this.#machine.caches?.invalidate(index, undefined, "local");
      this.#machine.caches?.barrier(index, "isb");
    }
  }

  stubOf(record: DynRecord): number {
    return this.#stubs + STUB_BYTES * (this.#stubIndex.get(record) ?? 0);
  }

  shimOf(target: number): number {
    let shim = this.#shims.get(target);
    if (shim === undefined) {
      shim = this.add(SHIM_BYTES, (at) => assembleShim(at, target)) ?? target;
      this.#shims.set(target, shim);
    }
    return shim;
  }
}
