import { bytesOf } from "@cmodx/codec";
import { generator, type Machine, type RunCore } from "@cmodx/machine/run";
import type { Plan } from "../protocols/plan.js";
import type { StepOperation } from "../protocols/step.js";
import { type Mismatch, numberOf } from "./apply.js";

/** Which core patches, how many instructions the others execute between two of its steps, the seed of their order, and the most instructions in all. */
export interface SimulateOptions {
  /** Index of the core that makes the change, 0 by default. Its program stands still meanwhile, as that of a core in the kernel does. */
  readonly patcher?: number;
  /** Most instructions that another core executes between two steps of anybody; 20 by default. */
  readonly pace?: number;
  /** Of who goes on next, and for how long; 0 by default. */
  readonly seed?: number;
  /** Instructions of all cores after which it is given up; a million by default. */
  readonly instructions?: number;
}

/** What came of a plan on a machine that runs. */
export interface Simulation {
  /**
   * `made`; `given-up`: the plan validates and found something else; `stopped`: something stopped a core, whether the program ended or
   * the change broke it; `budget`: the bound was met, so a core may wait for what never comes.
   */
  readonly outcome: "made" | "given-up" | "stopped" | "budget";
  readonly mismatch?: Mismatch;
  /** The core that stopped, and why. */
  readonly stopped?: { readonly core: number; readonly reason: string };
  /** Instructions that the other cores executed until the change was complete. */
  readonly latency: number;
  /** Instructions that they would have executed had they not been held. */
  readonly stalled: number;
  /** Interrupts that other cores took. */
  readonly interrupts: number;
  /** How often a core ran into the breakpoint that stood for the site, and waited. */
  readonly breakpoints: number;
}

/** A core of the machine that is not the patching one. */
class Other {
  readonly core: RunCore;
  /** An interrupt was sent to it and not taken yet. */
  called = false;
  /** The next of its steps, while it handles an interrupt. */
  at: number | undefined;
  #idle = false;

  constructor(core: RunCore) {
    this.core = core;
  }

  /** Leaves its program: taking an exception is context synchronisation. */
  enter(machine: Machine): void {
    this.called = false;
    this.at = 0;
    // An interrupt ends the waiting for an event or an interrupt; a core without a program goes on having none.
    this.#idle = this.core.waiting && this.core.waitsFor === undefined;
    this.core.waiting = true;
    this.core.waitsFor = undefined;
    machine.caches?.barrier(this.core.index, "isb");
  }

  /** Goes on with its program; a return by a branch, as in code that was never left by an exception, synchronises nothing. */
  leave(machine: Machine, resume: Plan["resume"]): void {
    this.at = undefined;
    this.core.waiting = this.#idle;
    if (resume === "exception-return") machine.caches?.barrier(this.core.index, "isb");
  }
}

/**
 * Carries out a plan on a machine that runs, step by step, while its other cores execute their program: which core goes on next is random,
 * and the same for the same seed. Stores wait in the patching core's buffer and maintenance is what the plan says, so a machine with caches
 * shows what the plan's faults do. It shows one execution at a time: to know that none goes wrong, use `prove`.
 *
 * @param plan - of any protocol
 * @param machine - inspectable when this returns, and able to run on
 * @param options - which core patches, at what pace the others go on, the seed, and a bound
 * @throws {MemoryFault} where nothing is mapped at an address of the plan
 *
 * @example
 * ```ts
 * import { Machine } from "@cmodx/machine/run";
 *
 * const machine = new Machine({ cores: 2 });
 * machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
 * machine.memory.write(0x8000, Uint8Array.of(0x00, 0xf0, 0x20, 0xe3, 0xfd, 0xff, 0xff, 0xea)); // nop; b 0x8000
 * for (const core of machine.cores) core.cells[15] = 0x8000;
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x8004" });
 * simulate(plan(edit, "stop-machine"), machine).outcome; // "made"
 * ```
 */
export function simulate(plan: Plan, machine: Machine, options: SimulateOptions = {}): Simulation {
  return new Simulator(plan, machine, options).run();
}

class Simulator {
  readonly #plan: Plan;
  readonly #machine: Machine;
  readonly #patcher: RunCore;
  readonly #others: readonly Other[];
  readonly #random: () => number;
  readonly #pace: number;
  readonly #budget: number;
  /** Addresses at which a breakpoint may stand for the site. */
  readonly #held: ReadonlySet<number>;
  readonly #arrived = new Map<string, Set<number>>();
  readonly #released = new Set<string>();
  #executed = 0;
  #stalled = 0;
  #interrupts = 0;
  #breakpoints = 0;

  constructor(plan: Plan, machine: Machine, { patcher = 0, pace = 20, seed = 0, instructions = 1e6 }: SimulateOptions) {
    this.#plan = plan;
    this.#machine = machine;
    this.#patcher = machine.cores[patcher]!;
    this.#others = machine.cores.filter((core) => core !== this.#patcher).map((core) => new Other(core));
    this.#random = generator(seed);
    this.#pace = pace;
    this.#budget = instructions;
    // What is changed once is changed back, and the machine need not compile it again for that.
    for (const { edit } of plan.changes)
      machine.declareSite({ address: edit.address, forms: [edit.from, edit.to].map(bytesOf) });
    const held = plan.changes.filter(({ placeholder }) => placeholder !== undefined);
    this.#held = new Set(held.map(({ edit }) => edit.address));
  }

  run(): Simulation {
    const core = this.#patcher;
    const { waiting, waitsFor } = core;
    core.waiting = true;
    core.waitsFor = undefined;
    try {
      return this.#carryOut();
    } finally {
      core.waiting = waiting;
      core.waitsFor = waitsFor;
      for (const other of this.#others) if (other.at !== undefined) other.leave(this.#machine, this.#plan.resume);
    }
  }

  #carryOut(): Simulation {
    const { patcher: steps } = this.#plan.steps;
    let at = 0;
    let latency: number | undefined;
    for (;;) {
      const complete = at === steps.length;
      if (complete) latency ??= this.#executed;
      if (complete && this.#others.every(({ called, at }) => !called && at === undefined)) {
        return this.#end("made", { latency: latency! });
      }
      if (this.#executed + this.#stalled >= this.#budget) return this.#end("budget", {});
      const who = Math.floor(this.#random() * (this.#others.length + 1));
      const other = this.#others[who];
      if (other !== undefined) {
        const stopped = this.#goOn(other);
        if (stopped !== undefined) return this.#end("stopped", { stopped });
      } else if (!complete) {
        const { operation } = steps[at]!;
        const mismatch = operation.op === "expect" ? this.#expected(operation) : undefined;
        if (mismatch !== undefined) return this.#end("given-up", { mismatch });
        if (this.#take(operation, this.#patcher)) at++;
        // A core that waits for others waits as long as they take for one of theirs.
        else if (this.#others.length === 0) return this.#end("budget", {});
      }
    }
  }

  #end(outcome: Simulation["outcome"], facts: Partial<Simulation>): Simulation {
    const [stalled, interrupts, breakpoints] = [this.#stalled, this.#interrupts, this.#breakpoints];
    return { outcome, latency: this.#executed, stalled, interrupts, breakpoints, ...facts };
  }

  /** Lets another core go on: with its program, or with what it does when it is interrupted. */
  #goOn(other: Other): Simulation["stopped"] {
    const { core } = other;
    const instructions = 1 + Math.floor(this.#random() * this.#pace);
    if (other.called) {
      this.#interrupts++;
      other.enter(this.#machine);
    }
    if (other.at !== undefined) {
      this.#stalled += instructions;
      const step = this.#plan.steps.others[other.at];
      if (step === undefined) other.leave(this.#machine, this.#plan.resume);
      else if (this.#take(step.operation, core)) other.at++;
      return undefined;
    }
    if (core.waiting && core.waitsFor === undefined) {
      // It has no program, and time passes all the same.
      this.#executed++;
      return undefined;
    }
    const report = this.#machine.run({
      schedule: { kind: "given", turns: [{ core: core.index, instructions }] },
      instructions,
    });
    this.#executed += Math.max(report.instructions, 1);
    // Where a core goes to sleep in its turn, the rest of it is another's.
    const stopped = this.#machine.cores[report.core]!;
    if (stopped.stopped === undefined) return undefined;
    if (stopped.stopped.kind !== "exception" || !this.#held.has(stopped.pc)) {
      return { core: stopped.index, reason: report.reason };
    }
    // The handler of the breakpoint returns to it until the new instruction is there.
    this.#breakpoints++;
    stopped.stopped = undefined;
    stopped.cells[15] = stopped.pc;
    this.#machine.caches?.barrier(stopped.index, "isb");
    return undefined;
  }

  #expected({ address, size, value }: Extract<StepOperation, { op: "expect" }>): Mismatch | undefined {
    const actual = numberOf(this.#machine.memory.read(address, size));
    return actual === value ? undefined : { address, expected: value, actual };
  }

  /** Takes a step; false where it has to wait. */
  #take(operation: StepOperation, core: RunCore): boolean {
    const machine = this.#machine;
    const { caches } = machine;
    switch (operation.op) {
      case "store":
        machine.storeCode(core, operation.address, operation.value, operation.size);
        return true;
      case "clean-dcache":
        caches?.clean(core.index, operation.address);
        return true;
      case "invalidate-icache": {
        const { address, scope } = operation;
        caches?.invalidate(core.index, address === "all" ? undefined : address, scope);
        return true;
      }
      case "dsb":
      case "dmb":
      case "isb":
        caches?.barrier(core.index, operation.op);
        return true;
      // What a predictor says changes no result here.
      case "invalidate-predictor":
      case "expect":
        return true;
      case "interrupt-others":
        for (const other of this.#others) other.called = true;
        return true;
      case "arrive":
        this.#at(operation.point).add(core.index);
        return true;
      case "forget-arrivals":
        this.#at(operation.point).clear();
        return true;
      case "await-others":
        return this.#at(operation.point).size >= this.#others.length;
      case "release":
        this.#released.add(operation.point);
        return true;
      case "await-release":
        return this.#released.has(operation.point);
    }
  }

  #at(point: string): Set<number> {
    let cores = this.#arrived.get(point);
    if (cores === undefined) {
      cores = new Set();
      this.#arrived.set(point, cores);
    }
    return cores;
  }
}
