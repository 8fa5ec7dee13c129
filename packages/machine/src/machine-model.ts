import type { PortableModel, Row, Run, Twins } from "@cmodx/explore";
import { Builder, type Exception } from "./builder.js";
import { CoreState } from "./core-state.js";
import type { InstructionSet } from "./instruction-set.js";
import { MachineError } from "./machine-error.js";
import { type Message, messageIdentity, messageLikeness, overlaps, renamedMessage, sameStore } from "./message.js";
import { type Observation, Observations } from "./observation.js";
import type { ExceptionHandler, Operation } from "./operation.js";
import { perform } from "./perform.js";
import { contextSynchronisation } from "./rules/barrier.js";
import { fetch } from "./rules/fetch.js";
import { interruptFloor, pendingInterrupt, takeInterrupt } from "./rules/interrupt.js";
import { cleanFloor, invalidateFloor } from "./rules/maintenance.js";
import { storeFloor } from "./rules/store.js";
import { twinsOf } from "./twins.js";
import type { NoticedBytes, Step, World } from "./world.js";

/** What one core runs. */
export interface CoreProgram {
  readonly steps: readonly Operation[];
  /** Run at any instruction boundary once an interrupt was raised for this core. */
  readonly onIpi?: readonly Operation[];
  /**
   * How the core goes back to where it was: by an exception return, which synchronises its context (the default), or by a
   * branch, as from a thread that the interrupt only woke: the scheduler's way back need not be an exception return.
   */
  readonly afterIpi?: "exception-return" | "branch";
  /**
   * Code instead of `onIpi`: entered at `address` with the registers of what it interrupts, which it shares, and left by an exception return,
   * which restores the flags. It is not interrupted itself, nor is a handler of another exception.
   */
  readonly onInterrupt?: Extract<ExceptionHandler, { readonly kind: "code" }>;
  readonly onException?: Partial<Record<Exception, ExceptionHandler>>;
  /** Initial values by register number; the others are 0. */
  readonly registers?: Readonly<Record<number, number>>;
  /** Registers whose final values belong to the outcome. */
  readonly observe?: readonly number[];
}

/** A range of code whose executions are observed. */
export interface Site {
  readonly address: number;
  readonly size: number;
}

/** A core's outcome without numbers that only one model knows. */
export interface SentOutcome {
  readonly log: readonly Observation[];
  readonly registers: readonly number[];
}

/** A fetch unit at which a core could fetch one of several values. */
export interface FetchPoint {
  readonly isa: string;
  /** Of the fetch unit. */
  readonly address: number;
  readonly bytes: number;
  /** The units of the same instruction fetched before this one. */
  readonly before: readonly number[];
}

/** Where a return through the link register leads when code is executed as a step: no code is ever there. */
const returned = 0xfffffff0;
/** Where the exception return of an interrupt handler leads. */
const interruptReturned = 0xffffffe0;

/**
 * The multi-core machine under the memory and fetch model, as a model for the promise-first search.
 *
 * @example
 * ```ts
 * import { drain, promiseFirst } from "@cmodx/explore";
 *
 * const world = new World(new Map(), architecture, 1, 4);
 * const program = { steps: [{ op: "store", address: 0x100, size: 4, value: 1 }] } as const;
 * const model = new MachineModel(world, [program], [a32], []);
 * const stores: string[] = [];
 * drain(promiseFirst(model, ({ memory }) => stores.push(...memory.map((message) => model.identity(message)))));
 * stores; // ["W 0 256 4 1"]
 * ```
 */
export class MachineModel implements PortableModel<CoreState, Message> {
  readonly threads: number;
  readonly twins: readonly Twins[];
  readonly observations: Observations = new Observations();
  readonly fetchPoints: FetchPoint[] = [];
  readonly #world: World;
  readonly #programs: readonly CoreProgram[];
  readonly #isas: readonly InstructionSet[];
  readonly #sites: readonly Site[];
  /** By core, what runs when it is interrupted. */
  readonly #handlers: readonly (readonly Operation[])[];
  readonly #writersOf: readonly Map<Message, { readonly steps: number; readonly handler: number }>[];
  readonly #fetchPointNumbers = new Map<string, number>();

  /**
   * Makes the threads of a scenario for the search; {@link exploration} does.
   *
   * @param world - memory before, the knobs, who looks at what
   * @param programs - what each core executes
   * @param isas - how instructions are decoded
   * @param sites - code that may change
   */
  constructor(world: World, programs: readonly CoreProgram[], isas: readonly InstructionSet[], sites: readonly Site[]) {
    this.threads = programs.length;
    this.#world = world;
    this.#programs = programs;
    this.#isas = isas;
    this.#sites = sites;
    this.#handlers = programs.map(({ onIpi = [], onInterrupt }) =>
      onInterrupt === undefined
        ? onIpi
        : [{ op: "execute", isa: onInterrupt.isa, address: onInterrupt.address, until: [interruptReturned] }],
    );
    this.#writersOf = programs.map(() => new Map());
    this.twins = twinsOf(programs, world.interruptible);
    for (const { threads } of this.twins) world.share(threads);
  }

  initial(thread: number): CoreState {
    const { registers = {} } = this.#programs[thread]!;
    const count = Math.max(16, ...this.#isas.map((isa) => isa.linkRegister + 3));
    const values = Array.from({ length: count }, (_, i) => (registers[i] ?? 0) | 0);
    return new CoreState(
      values,
      values.map(() => 0),
    );
  }

  copy(state: CoreState): CoreState {
    return state.copy();
  }

  encode(state: CoreState, row: Row): void {
    state.encode(row);
  }

  author(message: Message): number {
    return message.core;
  }

  identity(message: Message): string {
    return messageIdentity(message);
  }

  relevant(thread: number, message: Message): boolean {
    return this.#world.relevant(thread, message);
  }

  renamed(message: Message, names: readonly number[]): Message {
    return renamedMessage(message, names);
  }

  likeness(message: Message): string | undefined {
    return messageLikeness(message);
  }

  ordered(one: Message, other: Message): boolean {
    // A core takes its interrupts in the order in which they were raised.
    if (one.kind === "IPI" && other.kind === "IPI") return one.to === other.to;
    if (one.kind !== "W" || other.kind !== "W") return false;
    return overlaps(one.address, one.size, other.address, other.size) && !sameStore(one, other);
  }

  relevance(thread: number): number {
    return this.#world.relevance(thread);
  }

  noticed(): readonly NoticedBytes[] {
    return this.#world.noticed();
  }

  notice(noticed: readonly NoticedBytes[]): void {
    this.#world.notice(noticed);
  }

  sent(outcome: string): SentOutcome {
    const [log, ...registers] = outcome.split(" ").map(Number);
    return { log: this.observations.list(log!), registers };
  }

  received({ log, registers }: SentOutcome): string {
    const number = log.reduce((before, event) => this.observations.append(before, event), 0);
    return [number, ...registers].join(" ");
  }

  sentKey(key: number): FetchPoint {
    return this.fetchPoints[key]!;
  }

  receivedKey({ isa, address, bytes, before }: FetchPoint): number {
    return this.#fetchPoint(isa, address, bytes, before);
  }

  promiseFloor(thread: number, state: CoreState, message: Message, run: Run<Message>): number {
    if (!this.#mayWrite(thread, state, message, run)) return Number.POSITIVE_INFINITY;
    switch (message.kind) {
      case "W":
        return storeFloor(state, this.#world.cells(message.address, message.size));
      case "D":
        return cleanFloor(state, this.#world.lineIndex(message.line));
      case "I":
        return invalidateFloor(state);
      case "IPI":
        return interruptFloor(state);
    }
  }

  /** Is there a step still to come that may write the message? Steps are taken in order, the handler's once for each interrupt. */
  #mayWrite(thread: number, state: CoreState, message: Message, run: Run<Message>): boolean {
    const { steps, handler } = this.#writers(thread, message);
    if ((state.interrupted?.step ?? state.step) <= steps) return true;
    if (handler < 0) return false;
    return (state.frame !== 0 && state.step <= handler) || pendingInterrupt(state, this.#at(thread, run)) !== 0;
  }

  /** The last of the core's own steps, and of its handler's, that may write the message; -1 when none does. */
  #writers(thread: number, message: Message): { readonly steps: number; readonly handler: number } {
    const known = this.#writersOf[thread]!;
    let found = known.get(message);
    if (found === undefined) {
      const { steps } = this.#programs[thread]!;
      const raises = message.kind !== "IPI" || this.#world.interruptible.includes(message.to);
      const code = raises && this.#isas.some(({ writes }) => writes !== false);
      const may = (step: Operation): boolean => (step.op === "execute" ? code : this.#writes(step, message));
      found = { steps: steps.findLastIndex(may), handler: this.#handlers[thread]!.findLastIndex(may) };
      known.set(message, found);
    }
    return found;
  }

  #writes(step: Operation, message: Message): boolean {
    switch (message.kind) {
      case "W":
        return (
          step.op === "store" &&
          this.#world.physical(step.address >>> 0) === message.address &&
          step.size === message.size
        );
      case "D":
        return (
          step.op === "clean-dcache" && this.#world.line(this.#world.physical(step.address >>> 0)) === message.line
        );
      case "I":
        return step.op === "invalidate-icache";
      case "IPI":
        return step.op === "send-ipi" && step.to.includes(message.to);
    }
  }

  finished(thread: number, state: CoreState, run: Run<Message>): boolean {
    if (state.stopped !== 0) return true;
    if (state.frame !== 0 || state.running || state.step < this.#programs[thread]!.steps.length) return false;
    return state.exceptionReturn.value !== 0 || pendingInterrupt(state, this.#at(thread, run)) === 0;
  }

  outcome(thread: number, state: CoreState): string {
    const { observe = [] } = this.#programs[thread]!;
    return [state.log, ...observe.map((register) => state.registers[register]!)].join(" ");
  }

  step(thread: number, state: CoreState, run: Run<Message>): void {
    const step = this.#at(thread, run);
    const program = this.#programs[thread]!;
    // An exception's entry masks interrupts, and its return lets them in again.
    if (state.frame === 0 && state.exceptionReturn.value === 0) {
      const t = pendingInterrupt(state, step);
      const idle = !state.running && state.step >= program.steps.length;
      if (t > 0 && (idle || run.choose(2) === 1)) {
        this.#interrupt(thread, state, step, t);
        this.#returnWhenDone(thread, state, run);
        return;
      }
    }
    if (state.running) this.#instruction(thread, state, step);
    else this.#operation(thread, state, step);
    this.#returnWhenDone(thread, state, run);
  }

  /**
   * Appends to the core's observations.
   *
   * @param state - of the core
   * @param event - what was seen
   */
  observe(state: CoreState, event: Observation): void {
    state.log = this.observations.append(state.log, event);
  }

  #at(thread: number, run: Run<Message>): Step {
    return { core: thread, world: this.#world, run };
  }

  #steps(thread: number, state: CoreState): readonly Operation[] {
    return state.frame === 0 ? this.#programs[thread]!.steps : this.#handlers[thread]!;
  }

  #operation(thread: number, state: CoreState, step: Step): void {
    const operation = this.#steps(thread, state)[state.step]!;
    if (operation.op === "execute") {
      state.running = true;
      state.calls = operation.calls ?? 1;
      this.#enter(state, operation);
      return;
    }
    perform(operation, state, step, (event) => this.observe(state, event));
    state.step++;
  }

  /** Enters the code of an `execute` step once more, or leaves it when all calls are done. */
  #enter(state: CoreState, operation: Extract<Operation, { op: "execute" }>): void {
    if (state.calls === 0) {
      state.running = false;
      state.pc = 0;
      state.isa = 0;
      state.step++;
      return;
    }
    state.calls--;
    state.pc = operation.address;
    state.isa = this.isaNumber(operation.isa);
    const link = this.#isas[state.isa]!.linkRegister;
    state.registers[link] = returned | 0;
    state.registerViews[link] = 0;
    if (link < state.registerPicks.length) state.registerPicks[link] = 0;
    if (operation.until?.includes(state.pc)) this.#enter(state, operation);
  }

  #instruction(thread: number, state: CoreState, step: Step): void {
    const isa = this.#isas[state.isa]!;
    const pc = state.pc;
    if (!step.world.defined(pc, step.run.memory)) {
      // A wild branch: there is no code, and running on through zeros would explore nothing but the size of memory.
      this.#stop(state, `no code at 0x${pc.toString(16)}`);
      return;
    }
    const units: number[] = [];
    const next = (): number => {
      const value = this.#fetch(state, step, isa, pc, units);
      units.push(value);
      return value;
    };
    const meaning = isa.decode(pc, next(), next, state.it);
    step.run.tell(() => `execute 0x${pc.toString(16)}: ${meaning.text}`);
    const bytes = units.length * isa.fetchBytes;
    if (this.#sites.some((site) => pc < site.address + site.size && site.address < pc + bytes)) {
      this.observe(state, { event: "execute", address: pc, isa: isa.name, units, text: meaning.text });
    }
    const builder = new Builder(state, step, pc, meaning.size, {
      exception: (kind, returnTo, immediate) => this.#exception(thread, state, builder, kind, returnTo, immediate),
      unmodelled: (what) => {
        this.observe(state, { event: "unmodelled", what });
        state.stopped = 1;
      },
      stop: (reason) => this.#stop(state, reason),
      isa: (name) => this.isaNumber(name),
    });
    meaning.execute(builder);
    state.pc = builder.next;
    if (state.stopped !== 0) return;
    const operation = this.#steps(thread, state)[state.step];
    // A handler that is code shares the link register with what it interrupts: going there is no way out of it.
    const left = state.pc === returned && (state.frame === 0 || this.#programs[thread]!.onInterrupt === undefined);
    if (operation?.op === "execute" && (left || operation.until?.includes(state.pc))) {
      this.#enter(state, operation);
    }
  }

  /** Fetches one unit of the instruction at `pc`; a Thumb halfword may come with its neighbour where a knob says so. */
  #fetch(state: CoreState, step: Step, isa: InstructionSet, pc: number, units: readonly number[]): number {
    const address = pc + units.length * isa.fetchBytes;
    const bytes = isa.fetchBytes === 2 ? step.world.knobs.t32FetchBytes : isa.fetchBytes;
    const block = address - (address % bytes);
    const before = [...units];
    if (bytes === isa.fetchBytes) {
      const point = (): number => this.#fetchPoint(isa.name, block, bytes, before);
      const value = fetch(state, step, block, bytes, point, before.length === 0 ? isa.blend : undefined);
      return bytes === 2 ? value & 0xffff : value >>> 0;
    }
    // The second halfword of a pair that was fetched as one comes from that fetch: remembered in the pair's own high half.
    if (before.length === 1 && block === pc) return this.#pair >>> 16;
    const pair = fetch(state, step, block, bytes, () => this.#fetchPoint(isa.name, block, bytes, before));
    this.#pair = pair;
    return address === block ? pair & 0xffff : pair >>> 16;
  }

  #pair = 0;

  #fetchPoint(isa: string, address: number, bytes: number, before: readonly number[]): number {
    const key = `${isa} ${address} ${bytes} ${before.join()}`;
    let number = this.#fetchPointNumbers.get(key);
    if (number === undefined) {
      number = this.fetchPoints.push({ isa, address, bytes, before }) - 1;
      this.#fetchPointNumbers.set(key, number);
    }
    return number;
  }

  /**
   * The number states carry for an instruction set.
   *
   * @param name - `a32` or `t32`
   * @throws MachineError `E_SCENARIO` when the scenario has no such instruction set.
   */
  isaNumber(name: string): number {
    const number = this.#isas.findIndex((isa) => isa.name === name);
    if (number < 0) {
      throw new MachineError({
        code: "E_SCENARIO",
        what: `no instruction set ${name}`,
        remedy: "add it to the scenario's `isas`",
        facts: { isa: name },
      });
    }
    return number;
  }

  #exception(
    thread: number,
    state: CoreState,
    builder: Builder,
    kind: Exception,
    returnTo: number,
    immediate: number,
  ): void {
    if (state.frame !== 0 && this.#programs[thread]!.onInterrupt !== undefined) {
      this.observe(state, { event: "unmodelled", what: `${kind} exception in an interrupt handler` });
      state.stopped = 1;
      return;
    }
    this.observe(state, { event: "exception", kind, address: builder.pc, immediate });
    const handler = this.#programs[thread]!.onException?.[kind];
    if (handler === undefined) {
      this.#stop(state, `${kind} exception with no handler`);
      return;
    }
    contextSynchronisation(state);
    builder.step.run.tell(() => `${kind} exception: context synchronisation`);
    if (handler.kind === "code") {
      state.exceptionReturn = { value: returnTo, view: 0 };
      state.isa = this.isaNumber(handler.isa);
      builder.next = handler.address;
      return;
    }
    contextSynchronisation(state);
    builder.next = handler.at === "retry" ? builder.pc : handler.at === "next" ? returnTo : handler.at;
  }

  #stop(state: CoreState, reason: string): void {
    this.observe(state, { event: "stop", reason });
    state.stopped = 1;
  }

  #interrupt(thread: number, state: CoreState, step: Step, t: number): void {
    takeInterrupt(state, step, t);
    const handler = this.#programs[thread]!.onInterrupt;
    const { frame, step: at, running, pc, isa, calls } = state;
    const { registers, registerViews, registerPicks, flags, flagsView, flagsPick, it } = state;
    const saved =
      handler === undefined
        ? { registers, registerViews, registerPicks }
        : { registers: [], registerViews: [], registerPicks: [] };
    state.interrupted = { frame, step: at, running, pc, isa, calls, ...saved, flags, flagsView, flagsPick, it };
    if (handler === undefined) {
      state.registers = registers.slice();
      state.registerViews = registerViews.slice();
      state.registerPicks = registerPicks.slice();
    } else state.exceptionReturn = { value: interruptReturned, view: 0 };
    state.it = 0;
    state.frame = 1;
    state.step = 0;
    state.running = handler !== undefined;
    state.pc = handler?.address ?? 0;
    state.isa = handler === undefined ? 0 : this.isaNumber(handler.isa);
    state.calls = 0;
    this.observe(state, { event: "interrupt" });
  }

  /** At the end of the interrupt handler: exception return, a context synchronisation, and on where the core was. */
  #returnWhenDone(thread: number, state: CoreState, run: Run<Message>): void {
    const { interrupted } = state;
    if (interrupted === undefined || state.running || state.step < this.#steps(thread, state).length) return;
    const { afterIpi, onInterrupt } = this.#programs[thread]!;
    const synchronises = afterIpi !== "branch";
    // Code has made its exception return itself.
    if (synchronises && onInterrupt === undefined) contextSynchronisation(state);
    const { registers, registerViews, registerPicks, ...rest } = interrupted;
    Object.assign(state, rest);
    if (onInterrupt === undefined) {
      state.registers = registers.slice();
      state.registerViews = registerViews.slice();
      state.registerPicks = registerPicks.slice();
    }
    state.interrupted = undefined;
    this.observe(state, { event: "interrupt-return" });
    if (onInterrupt !== undefined) return;
    run.tell(
      () => `interrupt return, by ${synchronises ? "an exception return: context synchronisation" : "a branch"}`,
    );
  }
}
