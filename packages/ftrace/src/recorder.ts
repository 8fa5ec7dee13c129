import type { ElfImage } from "@cmodx/elf";
import type { Machine, RunCore } from "@cmodx/machine/run";
import { type Recording, RingBuffer, type Task, type TraceEntry } from "@cmodx/trace";

/** Where and when something was recorded. */
export type Moment = Pick<TraceEntry, "core" | "time" | "task">;

export interface RecorderOptions {
  /** Entries that each core keeps; 65,536 by default. */
  readonly bufferSize?: number;
  /** Who runs on a core; a task for each core, named after the program, by default. */
  readonly taskOf?: (core: RunCore) => Task;
}

/**
 * The recording of one machine's run, which all tracers of it share. Its clock has one nanosecond for each instruction that any core
 * executed: the same seed gives the same times.
 */
export class Recorder {
  /** `tracing_on`. */
  on = true;
  readonly #machine: Machine;
  readonly #image: ElfImage;
  readonly #ring: RingBuffer;
  readonly #taskOf: (core: RunCore) => Task;
  readonly #last: number[];
  readonly #hits = new Map<number, { name: string; offset: number }>();

  /** @param program - what the tasks are called */
  constructor(machine: Machine, image: ElfImage, program: string, options: RecorderOptions = {}) {
    this.#machine = machine;
    this.#image = image;
    this.#ring = new RingBuffer(machine.cores.length, options.bufferSize ?? 1 << 16);
    const comm = program.replace(/\.[^.]*$/, "").slice(0, 15);
    this.#taskOf = options.taskOf ?? (({ index }) => ({ pid: index + 1, comm }));
    this.#last = machine.cores.map(() => -1);
  }

  /** Nanoseconds since the machine was made. */
  clock(): number {
    return this.#machine.cores.reduce((sum, { instructions }) => sum + instructions, 0);
  }

  /** Now, for one core: its time never stands still, so that its entries keep their order. */
  now(core: RunCore): number {
    const time = Math.max(this.clock(), this.#last[core.index]! + 1);
    this.#last[core.index] = time;
    return time;
  }

  add(core: RunCore, make: (at: Moment) => TraceEntry): void {
    if (!this.on) return;
    this.#ring.add(make({ core: core.index, time: this.now(core), task: this.#taskOf(core) }));
  }

  /** `trace_marker`: a line of the host's own, on the first core. */
  mark(text: string): void {
    this.add(this.#machine.cores[0]!, (at) => ({ ...at, kind: "mark", text }));
  }

  recording(tracer: string): Recording {
    return this.#ring.recording(tracer);
  }

  clear(): void {
    this.#ring.clear();
  }

  /** The function that an address is in. */
  symbol(address: number): string {
    return this.#hit(address).name;
  }

  /** As `function+0x10`. */
  place(address: number): string {
    const { name, offset } = this.#hit(address);
    return `${name}+0x${offset.toString(16)}`;
  }

  #hit(address: number): { name: string; offset: number } {
    const at = (address & ~1) >>> 0;
    let hit = this.#hits.get(at);
    if (hit === undefined) {
      const { name, offset } = this.#image.symbolAt(this.#image.locate(at)) ?? {
        name: `0x${at.toString(16)}`,
        offset: 0,
      };
      hit = { name, offset };
      this.#hits.set(at, hit);
    }
    return hit;
  }
}
