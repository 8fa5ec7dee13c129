import type { ElfImage } from "@cmodx/elf";
import type { Machine, RunCore } from "@cmodx/machine/run";
import { type Recording, RingBuffer, type Task, type TraceEntry, TraceOptions, traceText } from "@cmodx/trace";
import { type FunctionNames, type FunctionPlace, functionNames } from "./traced-program.js";

/** Where and when something was recorded. */
export type Moment = Pick<TraceEntry, "core" | "time" | "task">;

/** How many entries of each core are kept, and which task a core executes. */
export interface RecorderOptions {
  /** Entries that each core keeps; 65,536 by default. */
  readonly bufferSize?: number;
  /** Who runs on a core; a task for each core, named after the program, by default. */
  readonly taskOf?: (core: RunCore) => Task;
}

/**
 * The recording of one machine's run, which all tracers of it share. Its clock has one nanosecond for each instruction that any core
 * executed: the same seed gives the same times.
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
 * const recorder = new Recorder(machine, image, "sites");
 * recorder.mark("begins");
 * machine.run({ instructions: 100 });
 * recorder.clock(); // 100
 * [...recorder.recording("nop").entries].map(({ kind }) => kind); // ["mark"]
 * ```
 */
export class Recorder {
  /** `tracing_on`. */
  on = true;
  /** `tracing_cpumask`: cores that are recorded; all where it is undefined. */
  cores: ReadonlySet<number> | undefined;
  /** `trace_options`. */
  readonly options: TraceOptions = new TraceOptions(() => {
    const overwrite = this.options.has("overwrite");
    this.#ring.overwrite = overwrite;
    if (this.#spare !== undefined) this.#spare.overwrite = overwrite;
  });
  /** What was dumped to the console, the oldest first. */
  readonly console: string[] = [];
  readonly #machine: Machine;
  readonly #names: FunctionNames;
  readonly #size: number;
  readonly #taskOf: (core: RunCore) => Task;
  readonly #last: number[];
  readonly #hits = new Map<number, FunctionPlace>();
  #ring: RingBuffer;
  #spare: RingBuffer | undefined;

  /**
   * @param machine - whose clock and cores are told
   * @param names - of functions: the program's file
   * @param program - what the tasks are called
   * @param options - entries a core keeps, and what lines show
   */
  constructor(machine: Machine, names: ElfImage | FunctionNames, program: string, options: RecorderOptions = {}) {
    this.#machine = machine;
    this.#names = "functionAt" in names ? names : functionNames(names);
    this.#size = options.bufferSize ?? 1 << 16;
    this.#ring = new RingBuffer(machine.cores.length, this.#size);
    const comm = program.replace(/\.[^.]*$/, "").slice(0, 15);
    this.#taskOf = options.taskOf ?? (({ index }) => ({ pid: index + 1, comm }));
    this.#last = machine.cores.map(() => -1);
  }

  /** Nanoseconds since the machine was made. */
  clock(): number {
    return this.#machine.cores.reduce((sum, { instructions }) => sum + instructions, 0);
  }

  /**
   * Now, for one core: its time never stands still, so that its entries keep their order.
   *
   * @param core - of the machine
   */
  now(core: RunCore): number {
    const time = Math.max(this.clock(), this.#last[core.index]! + 1);
    this.#last[core.index] = time;
    return time;
  }

  /**
   * Who runs on a core.
   *
   * @param core - of the machine
   */
  task(core: RunCore): Task {
    return this.#taskOf(core);
  }

  /**
   * Takes an entry, unless recording is off.
   *
   * @param core - on which it happened
   * @param make - makes the entry, given when and on which core
   */
  add(core: RunCore, make: (at: Moment) => TraceEntry): void {
    if (!this.on || this.cores?.has(core.index) === false) return;
    this.#ring.add(make({ core: core.index, time: this.now(core), task: this.#taskOf(core) }));
  }

  /**
   * `trace_marker`: a line of the host's own, on the first core, in whose task's name it is.
   *
   * @param text - without the end of its line
   */
  mark(text: string): Task {
    const [core] = this.#machine.cores;
    this.add(core!, (at) => ({ ...at, kind: "mark", text }));
    return this.#taskOf(core!);
  }

  /**
   * What is kept now.
   *
   * @param tracer - the tracer's name, for its head
   */
  recording(tracer: string): Recording {
    return this.#ring.recording(tracer);
  }

  clear(): void {
    this.#ring.clear();
  }

  /** Makes the recording the snapshot, and what was the snapshot the recording: the buffers change places. */
  snapshot(): void {
    [this.#ring, this.#spare] = [this.#spare ?? this.#newRing(), this.#ring];
  }

  /**
   * What the last {@link snapshot} kept; undefined where no buffer is set aside for one.
   *
   * @param tracer - the tracer's name, for its head
   */
  snapshotRecording(tracer: string): Recording | undefined {
    return this.#spare?.recording(tracer);
  }

  /**
   * Sets a buffer aside for snapshots, empty, or gives it back.
   *
   * @param wanted - whether there is to be one
   */
  setSpare(wanted: boolean): void {
    this.#spare = wanted ? this.#newRing() : undefined;
  }

  #newRing(): RingBuffer {
    const ring = new RingBuffer(this.#machine.cores.length, this.#size);
    ring.overwrite = this.options.has("overwrite");
    return ring;
  }

  /**
   * A recording as `trace` shows it, by {@link options}.
   *
   * @param recording - of {@link recording} or {@link snapshotRecording}
   */
  text(recording: Recording): Generator<string> {
    return traceText(recording, { options: this.options, placeWithSize: (address) => this.placeWithSize(address) });
  }

  /**
   * Writes the recording of all cores, or of one, to {@link console}, and stops: as the kernel does when it is in trouble.
   *
   * @param core - from 0; all where it is left out
   */
  dump(core?: number): void {
    const all = this.#ring.recording("nop");
    const entries = [...all.entries].filter((entry) => core === undefined || entry.core === core);
    const lines = entries.length === 0 ? ["   (ftrace buffer empty)\n"] : [...bodyOf({ ...all, entries }), RULE];
    this.console.push(["Dumping ftrace buffer:\n", RULE, ...lines].join(""));
    this.on = false;
  }

  /**
   * The function that an address is in.
   *
   * @param address - of any byte of the program
   */
  symbol(address: number): string {
    return this.#hit(address).name;
  }

  /**
   * As `function+0x10`.
   *
   * @param address - of any byte of the program
   */
  place(address: number): string {
    const { name, offset } = this.#hit(address);
    return `${name}+0x${offset.toString(16)}`;
  }

  /**
   * As `function+0x10/0x20`.
   *
   * @param address - of any byte of the program
   */
  placeWithSize(address: number): string {
    return `${this.place(address)}/0x${this.#hit(address).size.toString(16)}`;
  }

  #hit(address: number): FunctionPlace {
    const at = (address & ~1) >>> 0;
    let hit = this.#hits.get(at);
    if (hit === undefined) {
      hit = this.#names.functionAt(at) ?? { name: `0x${at.toString(16)}`, offset: 0, size: 0 };
      this.#hits.set(at, hit);
    }
    return hit;
  }
}

const RULE = "---------------------------------\n";

/** The lines without the header. */
function bodyOf(recording: Recording): string[] {
  return [...traceText(recording)].slice(1);
}
