import type { RunCore } from "@cmodx/machine/run";
import { type FrameShape, frameShape } from "./frame-shape.js";
import type { DynRecord } from "./record.js";
import type { TracedProgram } from "./traced-program.js";

/** An address in a call chain, and where on the stack it is kept. */
export interface ChainLink {
  readonly pc: number;
  readonly slot: number;
}

/** What an address that was found on the stack at a slot really is. */
export type RealAddress = (pc: number, slot: number) => number;

const DEEPEST = 128;

/**
 * Walks a traced program's stack: each of its functions has the frame that its prologue makes, and says in it where it returns to. A
 * function that was not built with `-pg` ends the walk.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
 * import { Machine } from "@cmodx/machine/run";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const machine = new Machine();
 * LinuxUser.start(machine, programOf(image), { args: ["sites"], output: () => undefined });
 * const program = tracedProgram(image);
 * const record = new DynRecord(program.records[0]!);
 * const { size, slot } = new Unwinder(program, [record]).shapeOf(record);
 * [size, slot]; // [0, undefined]
 * ```
 */
export class Unwinder {
  readonly #program: TracedProgram;
  readonly #byStart = new Map<number, DynRecord>();
  readonly #shapes = new Map<DynRecord, FrameShape>();

  /**
   * Reads functions' prologues when it is asked.
   *
   * @param program - its code and its functions
   * @param records - of its call sites
   */
  constructor(program: TracedProgram, records: Iterable<DynRecord>) {
    this.#program = program;
    for (const record of records) this.#byStart.set(this.#startOf(record.ip), record);
  }

  /**
   * The frame of a function at its call site.
   *
   * @param record - of the site
   */
  shapeOf(record: DynRecord): FrameShape {
    let shape = this.#shapes.get(record);
    if (shape === undefined) {
      shape = frameShape(this.#program, record.isa, this.#startOf(record.ip), record.ip);
      this.#shapes.set(record, shape);
    }
    return shape;
  }

  /**
   * Where a function that is calling the tracer keeps its return address. @param site - address of the word that the site pushed
   *
   * @param record - of the function
   */
  slotOf(record: DynRecord, site: number): number {
    const { slot } = this.shapeOf(record);
    return (slot === undefined ? site : site + 4 + slot) >>> 0;
  }

  /**
   * The callers of a function that is calling the tracer, the nearest first.
   *
   * @param core - that calls
   * @param record - of the function
   * @param site - address of the word that the site pushed
   * @param real - what stands for an address that the graph tracer has replaced on the stack
   */
  *callers(core: RunCore, record: DynRecord, site: number, real: RealAddress): Generator<ChainLink> {
    yield* this.#walk(core, this.slotOf(record, site), site + 4 + this.shapeOf(record).size, real);
  }

  /**
   * The callers of whatever a core executes behind a function's prologue.
   *
   * @param core - whose stack is walked
   * @param pc - address of the instruction it executes
   * @param real - what stands for an address that the graph tracer has replaced
   */
  *callersNow(core: RunCore, pc: number, real: RealAddress): Generator<ChainLink> {
    const sp = core.cells[13]! >>> 0;
    const shape = this.#frameAt(pc);
    if (shape?.slot !== undefined) yield* this.#walk(core, (sp + shape.slot) >>> 0, sp + shape.size, real);
  }

  *#walk(core: RunCore, from: number, above: number, real: RealAddress): Generator<ChainLink> {
    let [slot, sp] = [from, above];
    for (let i = 0; i < DEEPEST; i++) {
      const kept = wordAt(core, slot);
      if (kept === undefined) return;
      const pc = (real(kept, slot) & ~1) >>> 0;
      yield { pc, slot };
      const shape = this.#frameAt(pc);
      if (shape?.slot === undefined) return;
      slot = (sp + shape.slot) >>> 0;
      sp += shape.size;
    }
  }

  /** The frame of the function that an address is in, where the address is behind its prologue. */
  #frameAt(pc: number): FrameShape | undefined {
    const record = this.#byStart.get(this.#startOf(pc));
    return record === undefined || pc <= record.ip ? undefined : this.shapeOf(record);
  }

  #startOf(address: number): number {
    return address - (this.#program.functionAt(address)?.offset ?? 0);
  }
}

function wordAt(core: RunCore, address: number): number | undefined {
  try {
    return core.load(address, 4, false) >>> 0;
  } catch {
    return undefined;
  }
}
