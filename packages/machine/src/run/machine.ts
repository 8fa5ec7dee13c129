import { advanceIt, format } from "@cmodx/codec";
import { type BreakpointHit, Breakpoints } from "./breakpoints.js";
import { Caches, littleEndian } from "./caches.js";
import { checkMachine, checkRun } from "./checks.js";
import { Compiler, startsCode } from "./compiler.js";
import { type CoreHost, Interruption, RunCore } from "./core.js";
import { exitReason } from "./emit-state.js";
import { ExtensionRoutines } from "./extension-routines.js";
import { describeFault, GuestMemory, MemoryFault } from "./guest-memory.js";
import { Constants, type Interpretable } from "./interpret.js";
import { InterruptController, mostInterruptible } from "./interrupt-controller.js";
import { type Known, KnownCode } from "./known-code.js";
import { cell } from "./layout.js";
import type { InterruptFault, MachineOptions, RunOptions, RunReport } from "./machine-options.js";
import {
  Banks,
  type ExceptionKind,
  mode,
  modeOf,
  returnFromException,
  takeException,
  taken,
  writeControl,
} from "./modes.js";
import { closeMonitors, guardMonitors, openMonitors } from "./monitors.js";
import { decodeAt } from "./record.js";
import { turns } from "./schedule.js";
import type { PatchSite } from "./sites.js";
import { identification, systemCells, unmodelled, unprivileged, writableBits } from "./system-state.js";

/** Instructions that compiled code may execute beyond its budget: those of one function without a loop. */
const overrun = 1000;

/** CPSR.I. */
const interruptMask = 0x80;

/** DFSR and IFSR as the short-descriptor format has them: alignment fault, debug event (BKPT), translation and permission fault of a page. */
const faultStatus = { alignment: 0b00001, debug: 0b00010, unmapped: 0b00111, permission: 0b01111 } as const;

/** Flags that are unknown are set before so many instructions, all of one function and no loop. */
const settling = overrun;

/** Handles an SVC instead of the exception vector: a user-mode program's operating system. */
export type SupervisorCall = (core: RunCore, immediate: number) => void;

/**
 * A multi-core machine that runs: guest memory with page permissions, cores, and a scheduler. It stays inspectable after a run, however
 * that ended, and can go on.
 *
 * @example
 * ```ts
 * const machine = new Machine();
 * machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
 * machine.memory.write(0x8000, new Uint8Array([0x2a, 0x00, 0xa0, 0xe3])); // mov r0, #42
 * const core = machine.cores[0]!;
 * core.cells[15] = 0x8000;
 * machine.run({ instructions: 1 });
 * core.cells[0]; // 42
 * ```
 */
export class Machine implements CoreHost {
  readonly memory: GuestMemory;
  readonly cores: readonly RunCore[];
  /** When set, SVC goes there. */
  supervisorCall: SupervisorCall | undefined;
  /** What lies between cores and memory, with its counters; undefined when nothing does. */
  readonly caches: Caches | undefined;
  /** Open exclusive monitors. */
  monitors = 0;
  /** What compiled code has others do. @internal */
  readonly routines: ExtensionRoutines;
  readonly #known: KnownCode;
  readonly #listeners = new Breakpoints();
  readonly #breakpoints: ReadonlyMap<number, BreakpointHit> = this.#listeners.hits;
  readonly #compiler: Compiler | undefined;
  readonly #vectors: boolean;
  readonly #banks: readonly Banks[];
  readonly #controller: InterruptController | undefined;
  readonly #interruptFaults: readonly InterruptFault[];
  #interrupts = 0;
  /** Interrupts that come later. */
  readonly #late: { turns: number; readonly arrive: () => void }[] = [];

  /**
   * Makes a machine whose memory is empty and whose cores stand still.
   *
   * @param options - how many cores and how much memory, how instructions are executed, caches and what goes wrong with them
   * @throws {MachineError} `E_SCENARIO` for a number of cores, or memory, that cannot be
   */
  constructor(options: MachineOptions = {}) {
    checkMachine(options);
    const { cores = 1, memoryBytes, memoryBase, execution = "compiled", exceptions = "stop" } = options;
    const { caches, faults = [], interruptController, seed = 0 } = options;
    this.memory = new GuestMemory(cores, memoryBytes, memoryBase);
    this.cores = Array.from({ length: cores }, (_, i) => new RunCore(i, this.memory, this));
    this.#interruptFaults = faults.filter((fault) => fault.kind === "interrupt");
    if (interruptController !== undefined && cores <= mostInterruptible) {
      this.#controller = new InterruptController(
        interruptController,
        this.cores,
        (arrive) => this.#send(arrive),
        (core) => this.#interruptNow(core),
      );
      for (const core of this.cores) core.device = this.#controller;
    }
    if (caches !== undefined) {
      const maintenance = faults.filter((fault) => fault.kind !== "interrupt");
      this.caches = new Caches(this.memory, cores, caches, maintenance, seed, (core, address, size) =>
        this.stored(this.cores[core]!, address, size),
      );
      for (const core of this.cores) core.port = this.caches.port(core.index);
    }
    this.#vectors = exceptions === "vectors";
    this.#banks = this.cores.map(() => new Banks());
    const constants = new Constants(this.cores.map((core) => core.cells));
    this.#known = new KnownCode(constants);
    this.routines = new ExtensionRoutines(this.cores, constants);
    // Caches are asked line by line, which is not worth it for an instruction.
    if (caches === undefined ? execution !== "reference" : execution === "compiled" && this.caches!.suitsCompiledCode)
      this.#compiler = new Compiler(this.memory, this.routines, this.caches, {
        single: execution === "interpreted",
        handlers: this.#vectors,
        stops: (address) => this.#breakpoints.has(address),
        accessed: (key) => this.#known.accessedBy(key),
      });
  }

  /**
   * Calls back whenever a core is about to execute the instruction at the address. The callback may read and change registers and memory;
   * where it moves the core on, stops it or makes it wait, or returns true, the instruction is not executed, and no callback behind it is
   * called. Several may listen at one address: they are called in the order in which they came, each once.
   *
   * @param address - of the instruction
   * @param hit - is called with the core
   * @param place - `instead`: the callback does what the instruction would have done, so all who only look are called before it
   */
  setBreakpoint(address: number, hit: BreakpointHit, place: "before" | "instead" = "before"): void {
    this.#listeners.add(address >>> 0, hit, place === "instead");
    this.#compiler?.reconsider(address >>> 0);
  }

  /**
   * @param address - of the instruction
   * @param hit - who is not to be called any more; everybody at the address where it is left out
   */
  clearBreakpoint(address: number, hit?: BreakpointHit): void {
    this.#listeners.remove(address >>> 0, hit);
    this.#compiler?.reconsider(address >>> 0);
  }

  /**
   * Says that an instruction is going to be changed, and what it may become: code is then compiled so that a change from one form to
   * another, once an invalidation of its line has told the cores of it, compiles nothing again. Any other change works as for all code.
   * Which forms an instruction has changes nothing about what is executed; with caches, or where there is no compiled code, nothing at all.
   *
   * @param site - where it is, and its forms
   * @returns false where the declaration has no effect: the forms are not of one length of 2 or 4, overlap another site's, or 65536 sites
   * are declared
   * @example
   * ```ts
   * const machine = new Machine();
   * machine.declareSite({ address: 0x8000, forms: [new Uint8Array([0x00, 0xf0, 0x20, 0xe3]), new Uint8Array([0x3e, 0x00, 0x00, 0xea])] }); // nop, b 0x8100
   * ```
   */
  declareSite(site: PatchSite): boolean {
    return this.#compiler?.declare(site) ?? false;
  }

  /**
   * Runs until the program ends, something stops a core, or a bound is met.
   *
   * @param options - the bounds, and in which order cores take turns
   * @throws {MachineError} `E_SCENARIO` for bounds that are no numbers, and turns that are none
   */
  run(options: RunOptions = {}): RunReport {
    checkRun(options);
    const { instructions = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = options;
    const until = Date.now() + seconds * 1000;
    let executed = 0;
    for (const turn of turns(options.schedule, this.cores.length, options.seed ?? 0)) {
      const core = this.cores[turn.core % this.cores.length]!;
      // A turn may take a little longer than planned, unless it was given or is the last.
      const planned = Math.min(turn.instructions, instructions - executed);
      const exact = options.schedule?.kind === "given" || instructions - executed < turn.instructions + overrun;
      const done = core.stopped === undefined && !core.waiting ? this.#turn(core, planned, exact) : 0;
      executed += done;
      this.caches?.turn(core.index);
      if (this.#late.length > 0) this.#arrive();
      if (core.stopped !== undefined) return this.#report(core.stopped.kind, core, executed);
      const asleep = done === 0 && this.#late.length === 0 && this.cores.every(({ waiting }) => waiting);
      if (asleep) {
        // WFE may end at any time, and here nothing else will end it.
        const sleeper = this.cores.find(({ waitsFor }) => waitsFor === "event");
        if (sleeper !== undefined && executed < instructions) {
          this.#wake(sleeper);
          continue;
        }
      }
      if (asleep) return this.#report("waiting", core, executed);
      if (executed >= instructions || Date.now() > until) return this.#report("budget", core, executed);
    }
    throw new RangeError("a schedule has no end");
  }

  /** Functions that are compiled now. */
  get compiledFunctions(): number {
    return this.#compiler?.functions ?? 0;
  }

  /** Functions compiled since the machine was made. */
  get compilations(): number {
    return this.#compiler?.compilations ?? 0;
  }

  /** Runs one core for so many instructions, or a few more when that need not be exact; how many it executed. */
  #turn(core: RunCore, instructions: number, exact: boolean): number {
    const { cells } = core;
    const compiler = this.#compiler;
    let done = 0;
    while (done < instructions && core.stopped === undefined && !core.waiting) {
      if (core.interrupted && (cells[cell.cpsr]! & interruptMask) === 0) {
        // A controller's line stays up until the interrupt is acknowledged.
        core.interrupted = this.#controller?.asserts(core) ?? false;
        this.#take(core, "irq", cells[15]! + 4);
        done++;
        if (core.stopped !== undefined) break;
      }
      // Compiled code may overrun its budget by what lies between two looks at it.
      const budget = instructions - done - (exact ? overrun : 0);
      if (compiler !== undefined && budget > 0 && cells[cell.it] === 0) {
        const executed = this.#enter(compiler, core, budget);
        core.instructions += executed;
        done += executed;
        if (cells[cell.stale] !== 0) done += this.#settle(core);
        if (core.stopped !== undefined || core.waiting || (done >= instructions && !exact)) break;
        // Left at an address and not for the interpreter's sake: compiled code could start there.
        if (executed > 0 && cells[cell.exit] === exitReason.jump) {
          if (compiler.branched(core)) continue;
        }
      }
      const before = core.instructions;
      if (this.#breakpoints.size > 0) this.step(core);
      else this.#interpret(core, instructions - done, compiler !== undefined);
      if (compiler !== undefined && startsCode(core)) compiler.branched(core);
      done += core.instructions - before;
    }
    return done;
  }

  /** Runs compiled code, which opens and closes the core's own monitor, and leaves stores that another's may be for to the interpreter. */
  #enter(compiler: Compiler, core: RunCore, budget: number): number {
    const guards = this.monitors > 0;
    if (guards) guardMonitors(this.cores, core, this.memory);
    const executed = compiler.enter(core, budget);
    if (guards) this.memory.release();
    this.monitors = openMonitors(this.cores);
    return executed;
  }

  /**
   * Goes on until the flags that compiled code left unknown are set, so that the core's state is whole; how many instructions it took. Where it
   * cannot go on they stay unknown, and the report says which.
   */
  #settle(core: RunCore): number {
    const { cells } = core;
    const before = core.instructions;
    for (let i = 0; i < settling && cells[cell.stale] !== 0 && core.stopped === undefined && !core.waiting; i++) {
      const sets = this.#known.flagsSetNext(core);
      this.step(core);
      cells[cell.stale] = cells[cell.stale]! & ~sets;
    }
    return core.instructions - before;
  }

  /**
   * Executes one instruction of a core.
   *
   * @param core - one of {@link cores}
   */
  step(core: RunCore): void {
    const { cells } = core;
    const pc = cells[15]! >>> 0;
    core.pc = pc;
    try {
      if ((pc & 3) === 2 && cells[cell.thumb] === 0)
        throw new Interruption({ kind: "unpredictable", reason: "branch to A32 code that is not aligned" });
      if (this.#breakpoints.size > 0) {
        const handled = this.#breakpoints.get(pc)?.(core) === true;
        if (handled || core.waiting || core.stopped !== undefined || cells[15]! >>> 0 !== pc) return;
      }
      this.#perform(core, this.#known.at(core, pc).code);
    } catch (thrown) {
      this.#interrupted(core, thrown);
    }
  }

  /**
   * Executes one instruction of a core as if these bytes were at its PC: the instruction that a breakpoint has taken the place of. False
   * where it faulted, which is undone if nothing else handles it: {@link RunCore.stopped} says why.
   *
   * @param core - one of {@link cores}
   * @param bytes - of the instruction, in memory order
   */
  stepAs(core: RunCore, bytes: Uint8Array): boolean {
    const pc = core.cells[15]! >>> 0;
    core.pc = pc;
    try {
      this.#perform(core, this.#known.of(core, pc, bytes).code);
      return core.stopped === undefined;
    } catch (thrown) {
      this.#interrupted(core, thrown);
      return false;
    }
  }

  #perform(core: RunCore, { program, actions }: Interpretable): void {
    const { cells } = core;
    core.next = (core.pc + program.size) >>> 0;
    for (let i = 0; i < actions.length; i++) actions[i]!(cells, core);
    if (program.it !== 0) cells[cell.it] = program.nextIt;
    cells[15] = core.next;
    core.instructions++;
  }

  /** Interprets up to so many instructions, until one does not go on behind itself, if `straight`. */
  #interpret(core: RunCore, instructions: number, straight: boolean): void {
    const { cells } = core;
    let last: Known | undefined;
    try {
      for (let i = 0; i < instructions; i++) {
        const pc = cells[15]! >>> 0;
        core.pc = pc;
        const known: Known = this.#known.at(core, pc, last?.behind);
        if (last !== undefined) last.behind = known;
        last = known;
        const { program } = known.code;
        this.#perform(core, known.code);
        if (core.accessed !== -1) {
          known.accessed = core.accessed;
          core.accessed = -1;
        }
        if (core.waiting || core.stopped !== undefined) return;
        if (core.interrupted && (cells[cell.cpsr]! & interruptMask) === 0) return;
        if (straight && core.next - pc !== program.size) return;
      }
    } catch (thrown) {
      this.#interrupted(core, thrown);
    }
  }

  #interrupted(core: RunCore, thrown: unknown): void {
    if (thrown === taken) return;
    if (thrown instanceof Interruption) core.stopped = thrown.stop;
    else if (thrown instanceof MemoryFault && this.#vectors) this.#abort(core, thrown);
    else if (thrown instanceof MemoryFault)
      core.stopped = { kind: "fault", reason: describeFault(thrown), address: thrown.address };
    else throw thrown;
  }

  #abort(core: RunCore, { kind, address, cause }: MemoryFault): void {
    const { cells } = core;
    const status = faultStatus[cause];
    if (kind === "fetch") {
      cells[cell.ifsr] = status;
      cells[cell.ifar] = address;
      this.#take(core, "prefetch abort", core.pc + 4);
      return;
    }
    cells[cell.dfsr] = status | (kind === "write" ? 0x800 : 0);
    cells[cell.dfar] = address;
    this.#take(core, "data abort", core.pc + 8);
  }

  #report(end: RunReport["end"], core: RunCore, instructions: number): RunReport {
    // Whoever looks at memory now sees all that was stored.
    for (const { index } of this.cores) this.caches?.drain(index);
    // What stopped a core is the instruction it was at; else it is what comes next.
    const pc = core.stopped === undefined ? core.cells[15]! >>> 0 : core.pc;
    const instruction = this.disassemble(core, pc);
    const cause =
      core.stopped?.reason ??
      (end === "waiting" ? "every core waits for an event that none can send" : "the budget was used up");
    const unknown = [..."NZCV"].filter((_, i) => (core.cells[cell.stale]! & (8 >> i)) !== 0).join("");
    return {
      end,
      reason: `core ${core.index} at 0x${pc.toString(16)} (${instruction}): ${cause}`,
      core: core.index,
      pc,
      instruction,
      ...(core.stopped?.address === undefined ? {} : { address: core.stopped.address }),
      ...(unknown === "" ? {} : { unknownFlags: unknown }),
      instructions,
    };
  }

  /**
   * The instruction at an address as text, as a core would decode it now.
   *
   * @param core - one of {@link cores}
   * @param pc - address of the instruction
   */
  disassemble(core: RunCore, pc: number): string {
    try {
      const bytes = this.memory.read(pc, 2);
      const half = (at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
      const second = (): number => {
        const more = this.memory.read(pc + 2, 2);
        return more[0]! | (more[1]! << 8);
      };
      if (core.isa === "t32") return format(decodeAt("t32", pc, half(0), second, core.cells[cell.it]!));
      return format(decodeAt("a32", pc, half(0) + second() * 0x10000, second, 0));
    } catch {
      return "unreadable";
    }
  }

  trap(core: RunCore, kind: "undefined" | "svc" | "bkpt", returnTo: number, immediate: number): void {
    if (kind === "svc" && this.supervisorCall !== undefined) {
      core.next = returnTo;
      // The operating system runs on this core: it sees what the program stored.
      this.caches?.drain(core.index);
      this.supervisorCall(core, immediate);
      return;
    }
    const thumb = core.cells[cell.thumb] === 1;
    if (this.#vectors) {
      // An SVC is done when its exception is taken: the IT block goes on behind it.
      if (kind === "svc") core.cells[cell.it] = advanceIt(core.cells[cell.it]!);
      const link = { undefined: core.pc + (thumb ? 2 : 4), svc: returnTo, bkpt: core.pc + 4 }[kind];
      if (kind === "bkpt") core.cells[cell.ifsr] = faultStatus.debug;
      this.#take(core, kind === "bkpt" ? "prefetch abort" : kind, link);
      throw taken;
    }
    const name = { undefined: "UNDEFINED instruction", svc: "SVC", bkpt: "BKPT" }[kind];
    throw new Interruption({ kind: "exception", reason: `${name} with no handler` });
  }

  #take(core: RunCore, kind: ExceptionKind, link: number): void {
    // Entry is context synchronisation, and so is the return.
    this.caches?.barrier(core.index, "isb");
    takeException(core, this.#banks[core.index]!, this.memory, kind, link);
  }

  exceptionReturn(core: RunCore, target: number, status: number | undefined): void {
    returnFromException(core, this.#banks[core.index]!, target, status);
    this.caches?.barrier(core.index, "isb");
    throw taken;
  }

  /**
   * Raises an interrupt for a core, which takes it at an instruction boundary once its CPSR lets it.
   *
   * @param core - one of {@link cores}
   */
  interrupt(core: RunCore): void {
    this.#send(() => this.#interruptNow(core));
  }

  #interruptNow(core: RunCore): void {
    core.interrupted = true;
    if (core.waitsFor !== undefined) this.#wake(core);
  }

  /** Lets an interrupt arrive, or does what a fault says. */
  #send(arrive: () => void): void {
    const number = this.#interrupts++;
    const fault = this.#interruptFaults.find(({ nth }) => nth === undefined || nth === number);
    if (fault === undefined) arrive();
    else if (fault.what !== "drop") this.#late.push({ turns: fault.what.delay, arrive });
  }

  #arrive(): void {
    for (const one of [...this.#late]) {
      if (--one.turns > 0) continue;
      this.#late.splice(this.#late.indexOf(one), 1);
      one.arrive();
    }
  }

  /**
   * Changes the mode a core is in, as before it starts: a number of {@link mode}.
   *
   * @param core - one of {@link cores}
   * @param to - the mode's number
   */
  setMode(core: RunCore, to: number): void {
    this.#banks[core.index]!.enter(core, to);
  }

  #wake(core: RunCore): void {
    core.waiting = false;
    core.waitsFor = undefined;
  }

  hint(core: RunCore, hint: string): void {
    const { cells } = core;
    if (hint === "sev") {
      for (const other of this.cores) {
        if (other.waitsFor === "event") this.#wake(other);
        else other.cells[cell.event] = 1;
      }
    } else if (hint === "sevl") cells[cell.event] = 1;
    else if (hint === "wfe" && cells[cell.event] !== 0) cells[cell.event] = 0;
    else if ((hint === "wfe" || hint === "wfi") && !core.interrupted) {
      core.waiting = true;
      core.waitsFor = hint === "wfe" ? "event" : "interrupt";
    }
  }

  barrier(core: RunCore, kind: "dmb" | "dsb" | "isb"): void {
    this.caches?.barrier(core.index, kind);
  }

  cleanDcache(core: RunCore, address: number): void {
    this.#needsPrivilege(core);
    this.caches?.clean(core.index, address);
  }

  invalidateIcache(core: RunCore, address: number | undefined, scope: string): void {
    this.#needsPrivilege(core);
    this.caches?.invalidate(core.index, address, scope);
    this.codeChanged(address === undefined ? undefined : address & ~63, 64);
  }

  /**
   * Makes a core store to code, whatever the permissions, as a kernel does through another mapping of its text. Other cores see it as late as
   * any store, and fetch it when they fetch: what they owe the core is up to whoever calls.
   *
   * @param core - one of {@link cores}
   * @param address - of the first byte
   * @param value - of which the low bytes are stored
   * @param size - 2 or 4; the address is a multiple of it
   */
  storeCode(core: RunCore, address: number, value: number, size: 2 | 4): void {
    if (this.caches !== undefined) this.caches.storeCode(core.index, address, value, size);
    else {
      this.memory.write(address, littleEndian(value, size));
      if (this.monitors > 0) this.stored(core, address, size);
    }
    this.codeChanged(address, size);
  }

  /**
   * Code in a range, or anywhere, may have changed: no compiled function may be older.
   *
   * @param address - of the first byte; anywhere where it is left out
   * @param size - in bytes
   */
  codeChanged(address?: number, size = 1): void {
    // Under caches a core goes on with what its own has.
    if (this.caches === undefined) this.#compiler?.invalidate(address, size);
  }

  /** At PL0 the instruction is UNDEFINED. */
  #needsPrivilege(core: RunCore): void {
    if (modeOf(core) === mode.usr) this.trap(core, "undefined", core.pc, 0);
  }

  /** System mode has none. In user mode the instruction is UNDEFINED. */
  #needsSpsr(core: RunCore): void {
    if (modeOf(core) === mode.sys)
      throw new Interruption({ kind: "unpredictable", reason: "the SPSR of a mode that has none" });
  }

  system(core: RunCore, state: string): number {
    if (state === "spsr") this.#needsSpsr(core);
    if (!unprivileged.has(state)) this.#needsPrivilege(core);
    const constant = identification[state];
    if (constant !== undefined) return constant + (state === "mpidr" ? core.index : 0);
    const at = systemCells[state];
    if (at === undefined) throw new Interruption({ kind: "unimplemented", reason: `reading ${state}` });
    return core.cells[at]!;
  }

  setSystem(core: RunCore, state: string, value: number): void {
    if (state !== "cpsr" && (!unprivileged.has(state) || state === "tpidruro")) this.#needsPrivilege(core);
    if (state === "spsr") this.#needsSpsr(core);
    const reason = unmodelled(state, value);
    if (reason !== undefined) throw new Interruption({ kind: "unimplemented", reason });
    // At PL0 only the flags can be written.
    if (identification[state] !== undefined) return;
    if (state !== "cpsr") core.cells[systemCells[state]!] = value & (writableBits[state] ?? -1);
    else if (modeOf(core) !== mode.usr) writeControl(core, this.#banks[core.index]!, value);
  }

  banked(core: RunCore, of: number, n: number): number {
    this.#needsPrivilege(core);
    return this.#banks[core.index]!.read(core, of, n);
  }

  setBanked(core: RunCore, of: number, n: number, value: number): void {
    this.#needsPrivilege(core);
    this.#banks[core.index]!.write(core, of, n, value);
  }

  stored(core: RunCore, address: number, size: number): void {
    closeMonitors(this.cores, core, this.memory, address, size);
  }
}
