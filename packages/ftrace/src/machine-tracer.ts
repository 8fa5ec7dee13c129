import type { Isa } from "@cmodx/codec";
import type { ElfImage } from "@cmodx/elf";
import type { Machine, RunCore } from "@cmodx/machine/run";
import { PidFilter } from "@cmodx/trace";
import { Ftrace, type FtraceAnswer, type FtraceOptions } from "./ftrace.js";
import { FtraceError } from "./ftrace-error.js";
import { FunctionProbes } from "./function-probes.js";
import { GraphStack } from "./graph-stack.js";
import { LiveForm } from "./live-form.js";
import { MachinePatcher } from "./machine-patcher.js";
import { type CallContext, FtraceOps } from "./ops.js";
import { OpsEntries } from "./ops-entries.js";
import { OpsTrampolines } from "./ops-trampolines.js";
import type { PatchingCost } from "./patching-cost.js";
import { FunctionProfiler } from "./profiler.js";
import { DynRecord, RECORD } from "./record.js";
import type { Recorder } from "./recorder.js";
import { readRegisters, writeRegisters } from "./saved-registers.js";
import { linuxForm } from "./site-form.js";
import { StackTracer } from "./stack-tracer.js";
import { type TracedProgram, tracedProgram } from "./traced-program.js";
import type { TracerCodes } from "./tracer-code.js";
import { TracerRoom } from "./tracer-room.js";
import { type Patching, SITE_WORD, type Trampolines } from "./trampolines.js";
import { type ChainLink, type RealAddress, Unwinder } from "./unwinder.js";

/** What traces a machine. */
export interface MachineTracerOptions {
  readonly machine: Machine;
  /** The program that the machine runs, for its call sites and symbols. */
  readonly image: ElfImage | TracedProgram;
  /** Where entries go. */
  readonly recorder: Recorder;
  /** How code changes that cores execute: `linux` by default, which stops them all. */
  readonly patching?: Patching;
}

/** What {@link MachineTracer.tracer} may be. */
export type TracerName = "nop" | "function" | "function_graph";

/** Whoever needs the graph: its tracer, or the profiler. */
type GraphUser = "tracer" | "profiler";

/** What there is for one way of patching. */
interface Way extends Required<Pick<FtraceOptions, "code" | "form">> {
  readonly patcher: MachinePatcher;
  readonly trampolines: readonly Trampolines[];
}

/**
 * The function tracers on a machine that runs: call sites are patched to call trampolines in the guest's memory, whose hooks the host
 * listens at. Tracing can be started, stopped and filtered anew between any two runs of the machine.
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
 * const tracer = new MachineTracer({ machine, image, recorder });
 * tracer.tracer = "function";
 * machine.run();
 * const entries = [...recorder.recording("function").entries];
 * entries.map((entry) => entry.kind === "function" && entry.name).slice(0, 4); // ["work", "setup", "square", "triangle"]
 * ```
 */
export class MachineTracer {
  readonly ftrace: Ftrace;
  /** `set_graph_function`: addresses of records; a graph begins at one of these, or anywhere where there are none. */
  readonly graphFunctions: Set<number> = new Set();
  /** `set_graph_notrace`: nothing of these is in a graph, nor of what they call. */
  readonly graphNotrace: Set<number> = new Set();
  /** `set_ftrace_pid` and `set_ftrace_notrace_pid`. */
  readonly pids: PidFilter = new PidFilter();
  /** Triggers of functions. */
  readonly probes: FunctionProbes;
  readonly profiler: FunctionProfiler;
  readonly stackTracer: StackTracer = new StackTracer();
  /** The stack tracer's ops, whose filter is `stack_trace_filter`. */
  readonly stackOps: FtraceOps;
  #tracer: TracerName = "nop";
  readonly #options: MachineTracerOptions;
  readonly #records: ReadonlyMap<number, DynRecord>;
  readonly #function: FtraceOps;
  readonly #graphs: Readonly<Record<GraphUser, FtraceOps>>;
  readonly #graphing = new Set<GraphUser>();
  readonly #stacks: readonly GraphStack[];
  readonly #unwinder: Unwinder;
  readonly #handlers: ReadonlySet<number>;
  readonly #program: TracedProgram;
  readonly #room: TracerRoom;
  readonly #ways: Readonly<Record<Patching, Way>>;
  #patching: Patching;

  /**
   * Finds the program's call sites and switches them off.
   *
   * @param options - the machine, the program, the way of patching
   * @throws {FtraceError} `E_RECORDS` where the program has none: it was not built with `-pg`
   */
  constructor(options: MachineTracerOptions) {
    const { machine, image, recorder } = options;
    this.#options = options;
    const program = "functionAt" in image ? image : tracedProgram(image);
    const records = program.records.map((at) => new DynRecord(at));
    if (records.length === 0) throw noRecords();
    this.#program = program;
    const isas = [...new Set(records.map(({ isa }) => isa))];
    this.#room = new TracerRoom(machine, program, records);
    this.#ways = {
      linux: this.#way("linux", isas),
      live: this.#way("live", isas),
    };
    this.#patching = options.patching ?? "linux";
    const own = new OpsTrampolines(machine, this.#room, (ops, core, saved) =>
      this.#told(core, saved, (context) => this.ftrace.callOnly(ops, context)),
    );
    const entries = new OpsEntries(machine, this.#room, (ops, core) =>
      this.#told(core, false, (context) => this.ftrace.callOnly(ops, context)),
    );
    this.ftrace = new Ftrace({
      records,
      ...this.#ways[this.#patching],
      trampolineOf: (ops, isa) => own.of(ops, isa),
      entryOf: (record, ops) => entries.of(record, ops),
      gone: (ops) => {
        own.retire(ops);
        entries.retire(ops);
      },
    });
    const made = (["linux", "live"] as const).flatMap((patching) => this.#ways[patching].trampolines);
    this.#records = new Map(
      records.flatMap((record) => [
        [record.ip, record] as const,
        // A live A32 site's call is in its stub.
        ...(record.isa === "a32" ? [[this.#room.stubOf(record) + 4, record] as const] : []),
      ]),
    );
    this.#unwinder = new Unwinder(program, records);
    this.#handlers = new Set(made.map(({ returnToHandler }) => returnToHandler));
    this.#stacks = machine.cores.map(() => new GraphStack(this.#handlers));
    this.#function = new FtraceOps("function", (context) => this.#record(context));
    const stub = () => undefined;
    this.#graphs = {
      tracer: new FtraceOps("function_graph", stub, { stub: true }, this.#function),
      profiler: new FtraceOps("profiler", stub, { stub: true }, this.#function),
    };
    this.profiler = new FunctionProfiler(machine.cores.length);
    this.stackOps = new FtraceOps("stack", (context) => this.stackTracer.saw(this.#chain(context)));
    this.probes = new FunctionProbes(this.ftrace, {
      get on() {
        return recorder.on;
      },
      set on(on) {
        recorder.on = on;
      },
      snapshot: () => recorder.snapshot(),
      stacktrace: (context) => this.#recordStack(context),
      dump: ({ core }, cores) => recorder.dump(cores === "all" ? undefined : core),
    });
    for (const each of made) this.#listen(each);
    this.ftrace.initialise();
  }

  /** The ops of the current tracer, whose filter is `set_ftrace_filter`. */
  get ops(): FtraceOps {
    return this.#function;
  }

  /** `current_tracer`. */
  get tracer(): TracerName {
    return this.#tracer;
  }

  set tracer(name: TracerName) {
    if (name === this.#tracer) return;
    if (this.#tracer === "function") this.ftrace.unregister(this.#function);
    if (this.#tracer === "function_graph") this.#useGraph("tracer", false);
    this.#tracer = name;
    if (name === "function") this.ftrace.register(this.#function);
    if (name === "function_graph") this.#useGraph("tracer", true);
  }

  /** `function_profile_enabled`. What was counted is kept when it is switched off, and gone when it is switched on again. */
  get profiling(): boolean {
    return this.#graphing.has("profiler");
  }

  set profiling(on: boolean) {
    if (on === this.profiling) return;
    if (on) this.profiler.clear();
    this.#useGraph("profiler", on);
  }

  /** `kernel.stack_tracer_enabled`. */
  get tracingStack(): boolean {
    return this.stackTracer.enabled;
  }

  set tracingStack(on: boolean) {
    if (on === this.stackTracer.enabled) return;
    this.stackTracer.enabled = on;
    if (on) this.ftrace.register(this.stackOps);
    else this.ftrace.unregister(this.stackOps);
  }

  /** How code changes that cores execute. */
  get patching(): Patching {
    return this.#patching;
  }

  /**
   * Changes that; the sites are brought to the other form at once, by the host.
   *
   * @param patching - as Linux does, or live
   * @returns `-EBUSY` while somebody traces, or a core is in the middle of a site: let it go on a little then
   */
  setPatching(patching: Patching): FtraceAnswer {
    if (patching === this.#patching) return "ok";
    const { machine } = this.#options;
    const sites = this.ftrace.records.map(({ ip, isa }) => ({ start: ip - (isa === "a32" ? 4 : 2), end: ip + 4 }));
    const pcs = machine.cores.filter(({ stopped }) => stopped === undefined).map(({ cells }) => cells[15]! >>> 0);
    const inside = sites.some(({ start, end }) => pcs.some((pc) => start < pc && pc < end));
    if (this.ftrace.ops.length > 0 || inside) return "-EBUSY";
    const { memory } = this.#ways[patching].patcher;
    for (const { start, end } of sites) {
      const built = this.#program.read(start, end - start);
      if (built !== undefined) memory.write(start, built);
    }
    this.#patching = patching;
    const answer = this.ftrace.reshape(this.#ways[patching]);
    // Nobody executes while the host writes, and nobody may go on with what was fetched before.
    for (const { index } of machine.cores) {
      machine.caches?.invalidate(index, undefined, "local");
      machine.caches?.barrier(index, "isb");
    }
    return answer;
  }

  /** Who makes the edits. */
  get patcher(): MachinePatcher {
    return this.#ways[this.#patching].patcher;
  }

  /** What the present way of patching has cost so far. */
  get patchingCost(): PatchingCost {
    return this.patcher.cost;
  }

  #way(patching: Patching, isas: readonly Isa[]): Way {
    const { machine } = this.#options;
    const room = this.#room;
    const made = isas.map((isa): [Isa, Trampolines] => [isa, room.trampolines(isa, patching)]);
    const code = Object.fromEntries(made.map(([isa, each]) => [isa, each.code])) as TracerCodes;
    return {
      code,
      trampolines: made.map(([, each]) => each),
      patcher: new MachinePatcher(machine, patching),
      form: patching === "linux" ? linuxForm : new LiveForm(room, ({ isa }) => code[isa]?.caller ?? 0),
    };
  }

  /** How many cores the machine has. */
  get cores(): number {
    return this.#options.machine.cores.length;
  }

  /** Names of the functions that can be traced. */
  get functions(): string[] {
    return this.ftrace.records.map(({ listed }) => listed);
  }

  /** Linux starts the sites first and the graph's branch last, and stops them in the same order. */
  #useGraph(user: GraphUser, on: boolean): void {
    if (on) {
      this.#graphing.add(user);
      this.ftrace.register(this.#graphs[user]);
    } else {
      this.#graphing.delete(user);
      this.ftrace.unregister(this.#graphs[user]);
    }
    this.ftrace.setGraph(this.#graphing.size > 0 ? "on" : "off");
  }

  #listen({ hooks, returnToHandler, regsReturn }: Trampolines): void {
    const { machine } = this.#options;
    machine.setBreakpoint(hooks.function, (core) =>
      this.#told(core, (core.cells[14]! & ~1) >>> 0 === regsReturn, (context) => this.ftrace.call(context)),
    );
    machine.setBreakpoint(hooks.graphEntry, (core) => this.#entered(core, returnToHandler));
    machine.setBreakpoint(hooks.graphReturn, (core) => this.#returned(core));
  }

  /** A traced function was entered: r0 is the call's address, r1 the LR that the site pushed. */
  #told(core: RunCore, saved: boolean, tell: (context: CallContext) => void): void {
    const { cells, index } = core;
    const record = this.#recordOf(cells[0]!);
    if (record === undefined) return;
    const site = ((cells[13]! >>> 0) + (saved ? SITE_WORD.regs : SITE_WORD.plain)) >>> 0;
    const registers = saved ? readRegisters(core, site) : undefined;
    tell({ ip: record.ip, record, parent: cells[1]! >>> 0, core: index, site, registers });
    if (registers === undefined) return;
    writeRegisters(core, site, registers, record.has(RECORD.IPMODIFY));
    const direct = this.ftrace.directOf(record);
    if (direct !== undefined) core.store(cells[13]! >>> 0, direct | (record.isa === "t32" ? 1 : 0), 4, false);
  }

  #record({ record, core, parent }: CallContext): void {
    const { machine, recorder } = this.#options;
    const on = machine.cores[core]!;
    if (!this.pids.allows(recorder.task(on).pid)) return;
    recorder.add(on, (at) => ({
      ...at,
      kind: "function",
      name: record.name,
      parent: recorder.symbol(parent),
      ip: record.ip,
      parentIp: parent,
    }));
  }

  #recordStack(context: CallContext): void {
    const { machine, recorder } = this.#options;
    const addresses = this.#chain(context).map(({ pc }) => pc);
    const frames = addresses.map((address) => recorder.symbol(address));
    recorder.add(machine.cores[context.core]!, (at) => ({ ...at, kind: "stack", frames, addresses }));
  }

  /** The traced function and its callers. The word below the site's is where the trampoline kept the address behind the call. */
  #chain({ record, site, core }: CallContext): ChainLink[] {
    const on = this.#options.machine.cores[core]!;
    const own = { pc: record.ip + 4, slot: site - 4 };
    return [own, ...this.#unwinder.callers(on, record, site, this.#real(core))];
  }

  /**
   * Records who called whom on a core that executes `pc`, for a trigger of an event there.
   *
   * @param core - of the machine
   * @param pc - address of the instruction it executes
   */
  recordStackAt(core: RunCore, pc: number): void {
    const { recorder } = this.#options;
    const callers = [...this.#unwinder.callersNow(core, pc, this.#real(core.index))];
    const addresses = [pc, ...callers.map((link) => link.pc)];
    const frames = addresses.map((address) => recorder.symbol(address));
    recorder.add(core, (at) => ({ ...at, kind: "stack", frames, addresses }));
  }

  #real(core: number): RealAddress {
    const stack = this.#stacks[core]!;
    return (pc, slot) => (this.#handlers.has(pc) ? (stack.realAt(slot) ?? pc) : pc);
  }

  /** A function of the graph was entered: r0 points to the pushed LR, r1 is the address behind the call. */
  #entered(core: RunCore, handler: number): void {
    const { recorder } = this.#options;
    const record = this.#recordOf(core.cells[1]! - 4);
    const stack = this.#stacks[core.index]!;
    if (record === undefined || !this.#function.traces(record) || stack.isFull) return;
    const profiled = this.#graphing.has("profiler");
    const hidden = this.graphNotrace.has(record.ip) || stack.top?.hidden === true;
    const recorded = this.#graphing.has("tracer") && !hidden && this.#isInGraph(record, stack) && this.#allows(core);
    // A hidden call is followed as well: whoever it calls must know.
    if (!profiled && !recorded && !hidden) return;
    const slot = this.#unwinder.slotOf(record, core.cells[0]! >>> 0);
    const depth = stack.depth;
    stack.push({
      name: record.name,
      ip: record.ip,
      parent: core.load(slot, 4, false) >>> 0,
      slot,
      entered: recorder.now(core),
      recorded,
      profiled,
      hidden,
    });
    core.store(slot, handler | 0, 4, false);
    if (profiled) this.profiler.called(core.index, record.name);
    if (recorded) recorder.add(core, (at) => ({ ...at, kind: "entry", name: record.name, depth }));
  }

  #isInGraph({ ip }: DynRecord, stack: GraphStack): boolean {
    return this.graphFunctions.size === 0 || this.graphFunctions.has(ip) || stack.top?.recorded === true;
  }

  #allows(core: RunCore): boolean {
    return this.pids.allows(this.#options.recorder.task(core).pid);
  }

  /** A function of the graph returned: r0 is to be where its caller goes on. The handler has pushed four registers. */
  #returned(core: RunCore): void {
    const { recorder } = this.#options;
    const stack = this.#stacks[core.index]!;
    const frame = stack.returned((core.cells[13]! >>> 0) + 16);
    if (frame === undefined) return;
    core.cells[0] = frame.parent | 0;
    const { name, recorded, profiled, entered } = frame;
    if (profiled && this.profiling) this.profiler.took(core.index, name, Math.max(recorder.clock() - entered, 1));
    if (!recorded || this.#tracer !== "function_graph") return;
    const depth = stack.depth;
    recorder.add(core, (at) => ({ ...at, kind: "exit", name, depth, duration: at.time - entered }));
  }

  #recordOf(ip: number): DynRecord | undefined {
    return this.#records.get((ip & ~1) >>> 0);
  }
}

function noRecords(): FtraceError {
  return new FtraceError({
    code: "E_RECORDS",
    what: "the program has no calls of __gnu_mcount_nc to trace",
    remedy: "build it with -pg, and keep its symbols",
    facts: {},
  });
}
