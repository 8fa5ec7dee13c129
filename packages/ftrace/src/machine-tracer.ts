import type { Isa } from "@cmodx/codec";
import type { ElfImage } from "@cmodx/elf";
import type { Machine, RunCore } from "@cmodx/machine/run";
import { applyEdits, type CodeMemory, machineMemory } from "@cmodx/patching";
import { Ftrace, type FtracePatcher } from "./ftrace.js";
import { FtraceError } from "./ftrace-error.js";
import { tableRecords } from "./image-calls.js";
import { FtraceOps } from "./ops.js";
import { DynRecord } from "./record.js";
import type { Recorder } from "./recorder.js";
import { returnSlot } from "./return-slot.js";
import { scanRecords } from "./scan-calls.js";
import { assembleTrampolines, type Trampolines } from "./trampolines.js";

/** What traces a machine. */
export interface MachineTracerOptions {
  readonly machine: Machine;
  /** The program that the machine runs, for its call sites and symbols. */
  readonly image: ElfImage;
  /** Where entries go. */
  readonly recorder: Recorder;
}

interface Frame {
  readonly name: string;
  readonly parent: number;
  readonly entered: number;
}

const PAGE = 0x1000;
const DEEPEST = 50;

/**
 * The function tracers on a machine that runs: call sites are patched to call trampolines in the guest's memory, whose hooks the host
 * listens at. Tracing can be started, stopped and filtered anew between any two runs of the machine.
 */
export class MachineTracer {
  readonly ftrace: Ftrace;
  /** `set_graph_function`: addresses of records; a graph begins at one of these, or anywhere where there are none. */
  readonly graphFunctions: Set<number> = new Set();
  #tracer: "nop" | "function" | "function_graph" = "nop";
  readonly #options: MachineTracerOptions;
  readonly #records: ReadonlyMap<number, DynRecord>;
  readonly #trampolines: readonly Trampolines[];
  readonly #function: FtraceOps;
  readonly #stacks: Frame[][];
  readonly #saved = new Map<DynRecord, number | undefined>();

  /**
   * Finds the program's call sites and switches them off.
   *
   * @throws {FtraceError} `E_RECORDS` where the program has none: it was not built with `-pg`
   */
  constructor(options: MachineTracerOptions) {
    const { machine, image, recorder } = options;
    this.#options = options;
    const found = tableRecords(image);
    const records = (found.length > 0 ? found : scanRecords(image)).map((at) => new DynRecord(at));
    if (records.length === 0) {
      throw new FtraceError({
        code: "E_RECORDS",
        what: "the program has no calls of __gnu_mcount_nc to trace",
        remedy: "build it with -pg, and keep its symbols",
        facts: {},
      });
    }
    const isas = [...new Set(records.map(({ isa }) => isa))];
    const base = freePage(image);
    const made = isas.map((isa, i): [Isa, Trampolines] => [isa, assembleTrampolines(isa, base + i * 0x400)]);
    machine.memory.map(base, PAGE, { read: true, execute: true });
    for (const [i, [, { bytes }]] of made.entries()) machine.memory.write(base + i * 0x400, bytes);
    this.#trampolines = made.map(([, each]) => each);
    for (const each of this.#trampolines) this.#listen(each);
    const memory = machineMemory(machine);
    const patcher: FtracePatcher = { memory, patch: (edits) => applyEdits(edits, memory) };
    this.ftrace = new Ftrace({
      records,
      code: Object.fromEntries(made.map(([isa, { code }]) => [isa, code])),
      patcher,
    });
    this.#records = new Map(records.map((record) => [record.ip, record]));
    this.#stacks = machine.cores.map(() => []);
    this.#function = new FtraceOps("function", (context) => {
      recorder.add(machine.cores[context.core]!, (at) => ({
        ...at,
        kind: "function",
        name: context.record.name,
        parent: recorder.symbol(context.parent),
      }));
    });
    this.ftrace.initialise();
  }

  /** The ops of the current tracer, whose filter is `set_ftrace_filter`. */
  get ops(): FtraceOps {
    return this.#function;
  }

  /** `current_tracer`. */
  get tracer(): "nop" | "function" | "function_graph" {
    return this.#tracer;
  }

  set tracer(name: "nop" | "function" | "function_graph") {
    if (name === this.#tracer) return;
    if (this.#tracer !== "nop") this.ftrace.unregister(this.#function);
    this.ftrace.setGraph(name === "function_graph" ? "on" : "off");
    this.#tracer = name;
    if (name !== "nop") this.ftrace.register(this.#function);
  }

  /** Names of the functions that can be traced. */
  get functions(): string[] {
    return this.ftrace.records.map(({ listed }) => listed);
  }

  #listen({ hooks, returnToHandler }: Trampolines): void {
    const { machine } = this.#options;
    machine.setBreakpoint(hooks.function, (core) => this.#called(core));
    machine.setBreakpoint(hooks.graphEntry, (core) => this.#entered(core, returnToHandler));
    machine.setBreakpoint(hooks.graphReturn, (core) => this.#returned(core));
  }

  /** A traced function was entered: r0 is the call's address, r1 the LR that the site pushed. */
  #called(core: RunCore): void {
    const record = this.#recordOf(core.cells[0]!);
    if (record === undefined || this.#tracer === "function_graph") return;
    const parent = core.cells[1]! >>> 0;
    for (const ops of this.ftrace.listeners(record, core.index)) {
      ops.handler({ ip: record.ip, record, parent, core: core.index, registers: undefined });
    }
  }

  /** As above for the graph: r0 points to the pushed LR, r1 is the address behind the call. */
  #entered(core: RunCore, handler: number): void {
    const record = this.#recordOf(core.cells[1]! - 4);
    const stack = this.#stacks[core.index]!;
    if (record === undefined || !this.#function.traces(record) || stack.length >= DEEPEST) return;
    const saved = this.#savedAt(record);
    // The word that the site pushed is below the stack pointer that the prologue left.
    if (stack.length === 0 && this.graphFunctions.size > 0 && !this.graphFunctions.has(record.ip)) return;
    const slot = ((core.cells[0]! >>> 0) + (saved === undefined ? 0 : 4 + saved)) >>> 0;
    const entered = this.#options.recorder.now(core);
    const depth = stack.length;
    stack.push({ name: record.name, parent: core.load(slot, 4, false) >>> 0, entered });
    core.store(slot, handler | 0, 4, false);
    this.#options.recorder.add(core, (at) => ({ ...at, kind: "entry", name: record.name, depth }));
  }

  /** A function of the graph returned: r0 is to be where its caller goes on. */
  #returned(core: RunCore): void {
    const frame = this.#stacks[core.index]!.pop();
    if (frame === undefined) return;
    core.cells[0] = frame.parent | 0;
    const depth = this.#stacks[core.index]!.length;
    this.#options.recorder.add(core, (at) => ({
      ...at,
      kind: "exit",
      name: frame.name,
      depth,
      duration: at.time - frame.entered,
    }));
  }

  /** One step of unwinding, remembered: see {@link returnSlot}. */
  #savedAt(record: DynRecord): number | undefined {
    if (this.#saved.has(record)) return this.#saved.get(record);
    const { image } = this.#options;
    const hit = image.symbolAt(image.locate(record.ip));
    const start = hit === undefined ? record.ip : record.ip - hit.offset;
    // As the program was built: somebody's breakpoint may be in the prologue now.
    const built: CodeMemory = {
      read: (address, size) => image.read(image.locate(address), size),
      write: () => undefined,
    };
    const saved = returnSlot(built, record.isa, start, record.ip);
    this.#saved.set(record, saved);
    return saved;
  }

  #recordOf(ip: number): DynRecord | undefined {
    return this.#records.get((ip & ~1) >>> 0);
  }
}

/** A page below the program where nothing is: in reach of its calls, and out of the heap's and the stack's way. */
function freePage(image: ElfImage): number {
  const lowest = Math.min(...image.segments.filter(({ memoryBytes }) => memoryBytes > 0).map(({ address }) => address));
  const base = (lowest & ~(PAGE - 1)) - 2 * PAGE;
  if (base >= PAGE) return base >>> 0;
  const highest = Math.max(...image.segments.map(({ address, memoryBytes }) => address + memoryBytes));
  return ((highest + 0x10_0000) & ~(PAGE - 1)) >>> 0;
}
