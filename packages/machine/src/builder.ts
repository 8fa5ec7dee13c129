import type { CoreState, Value } from "./core-state.js";
import type { InstructionSet } from "./instruction-set.js";
import { type BarrierOption, contextSynchronisation, control, dmb, dsb } from "./rules/barrier.js";
import { storeInterrupt } from "./rules/interrupt.js";
import { type LoadOptions, load } from "./rules/load.js";
import { cleanDcache, invalidateIcache } from "./rules/maintenance.js";
import { type StoreOptions, store, storeExclusive } from "./rules/store.js";
import type { Step } from "./world.js";

/** Ways an instruction can leave the program. */
export type Exception = "undefined" | "svc" | "bkpt";

/** What the builder asks of whoever drives the core. */
export interface Driver {
  /** Takes the exception, or stops the core when nothing handles it. `returnTo` is where the handler would return. */
  exception(kind: Exception, returnTo: number, immediate: number): void;
  /** Stops the core: the construct is not modelled, so nothing may be concluded from this run. */
  unmodelled(what: string): void;
  /** Stops the core: the architecture says nothing about what it does next. */
  stop(reason: string): void;
  /** The instruction set with this name. */
  isa(name: string): number;
}

/**
 * The operations that meanings are written in: each acts on one core's state under the memory and fetch rules, and values carry
 * the views they depend on, so that address, data and control dependencies need no second description.
 *
 * @example
 * ```ts
 * // An instruction set of one instruction: it adds one to R0.
 * const counting: InstructionSet = {
 *   name: "counting",
 *   fetchBytes: 4,
 *   linkRegister: 14,
 *   decode: () => ({
 *     size: 4,
 *     text: "count",
 *     execute: (builder) => builder.setRegister(0, builder.compute(builder.register(0).value + 1, builder.register(0))),
 *   }),
 * };
 * const { cores } = exploreSync({
 *   memory: [{ address: 0x8000, bytes: [0, 0, 0, 0] }],
 *   isas: [counting],
 *   cores: [{ steps: [{ op: "execute", isa: "counting", address: 0x8000, until: [0x8004] }], observe: [0] }],
 * });
 * cores[0]!.map(({ registers }) => registers); // [[1]]
 * ```
 */
export class Builder {
  readonly core: CoreState;
  readonly step: Step;
  /** Address of the instruction. */
  readonly pc: number;
  /** Where the core goes on unless the instruction branches. */
  next: number;
  /** The condition the instruction executes under, when it is a conditional one: its results are picked by it. */
  under: Value | undefined;
  readonly #driver: Driver;

  /**
   * Makes the operations of one step of a core.
   *
   * @param core - its state, which the step changes
   * @param step - where the step's choices and messages go
   * @param pc - address of the instruction
   * @param size - of the instruction, in bytes
   * @param driver - takes the exceptions, and stops the core
   */
  constructor(core: CoreState, step: Step, pc: number, size: number, driver: Driver) {
    this.core = core;
    this.step = step;
    this.pc = pc;
    this.next = pc + size;
    this.#driver = driver;
  }

  /**
   * A value that depends on nothing.
   *
   * @param value - of 32 bits
   */
  constant(value: number): Value {
    return { value: value | 0, view: 0 };
  }

  /**
   * A value computed from others: its view is the latest of theirs.
   *
   * @param value - of 32 bits
   * @param from - what it was computed from
   */
  compute(value: number, ...from: readonly Value[]): Value {
    let [view, pick] = [0, 0];
    for (const input of from) {
      view = Math.max(view, input.view);
      pick = Math.max(pick, input.pick ?? 0);
    }
    return { value: value | 0, view, pick };
  }

  /**
   * A value that a condition chose: it is known from its own inputs, but was picked under control of the condition.
   *
   * @param value - that was chosen
   * @param condition - that chose it
   */
  picked(value: Value, condition: Value): Value {
    return { ...value, pick: Math.max(value.pick ?? 0, condition.view, condition.pick ?? 0) };
  }

  /**
   * A register's value and view.
   *
   * @param index - 0 to 15
   */
  register(index: number): Value {
    const { registers, registerViews, registerPicks } = this.core;
    return { value: registers[index]!, view: registerViews[index]!, pick: registerPicks[index] ?? 0 };
  }

  /**
   * Writes a register.
   *
   * @param index - 0 to 15
   * @param result - what it becomes
   */
  setRegister(index: number, result: Value): void {
    const { value, view, pick = 0 } = this.#conditional(result);
    this.core.registers[index] = value | 0;
    this.core.registerViews[index] = view;
    if (pick > 0 || (this.core.registerPicks[index] ?? 0) > 0) setPick(this.core.registerPicks, index, pick);
    const { core } = this;
    this.step.run.tell(() => `set r${index} to 0x${(core.registers[index]! >>> 0).toString(16)}`);
  }

  /** N, Z, C, V in bits 3 to 0. */
  flags(): Value {
    return { value: this.core.flags, view: this.core.flagsView, pick: this.core.flagsPick };
  }

  /**
   * Writes the condition flags.
   *
   * @param result - N, Z, C and V in bits 3 to 0
   */
  setFlags(result: Value): void {
    const { value, view, pick = 0 } = this.#conditional(result);
    this.core.flags = value & 15;
    this.core.flagsView = view;
    this.core.flagsPick = pick;
  }

  /**
   * Reads memory, by the rules of loads.
   *
   * @param address - of the first byte
   * @param size - in bytes: 1, 2, 4 or 8
   * @param options - acquiring, exclusive
   */
  load(address: Value, size: number, options?: LoadOptions): Value {
    if (!this.#aligned(address, size) || this.#device(address, "load")) return this.constant(0);
    return load(this.core, this.step, this.#conditional(address), size, options);
  }

  /**
   * Writes memory, by the rules of stores.
   *
   * @param address - of the first byte
   * @param data - of which the low bytes count
   * @param size - in bytes: 1, 2, 4 or 8
   * @param options - releasing, through another mapping
   */
  store(address: Value, data: Value, size: number, options?: StoreOptions): void {
    if (!this.#aligned(address, size)) return;
    const interrupted = this.#interrupted(address);
    if (interrupted === undefined) store(this.core, this.step, this.#conditional(address), data, size, options);
    else if (size === 4) storeInterrupt(this.core, this.step, this.#conditional(address), data, interrupted, options);
    else this.#device(address, `store of ${size} bytes`);
  }

  /**
   * Writes memory where the monitor still allows it; 0 when it did, 1 when not.
   *
   * @param address - of the first byte
   * @param data - of which the low bytes count
   * @param size - in bytes: 1, 2, 4 or 8
   * @param options - releasing
   */
  storeExclusive(address: Value, data: Value, size: number, options?: StoreOptions): Value {
    if (!this.#aligned(address, size) || this.#device(address, "store-exclusive")) return this.constant(1);
    return storeExclusive(this.core, this.step, this.#conditional(address), data, size, options);
  }

  clearExclusive(): void {
    this.core.exclusiveAt = -1;
  }

  /**
   * A data memory barrier.
   *
   * @param option - which accesses it orders
   */
  dmb(option: BarrierOption): void {
    dmb(this.core, this.step, option);
  }

  /**
   * A data synchronisation barrier.
   *
   * @param option - which accesses it waits for
   */
  dsb(option: BarrierOption): void {
    dsb(this.core, this.step, option);
  }

  isb(): void {
    contextSynchronisation(this.core);
    this.step.run.tell(() => "isb: context synchronisation");
  }

  /**
   * Cleans a line to the point of unification.
   *
   * @param address - of any byte of the line
   */
  cleanDcache(address: Value): void {
    cleanDcache(this.core, this.step, this.#conditional(address));
  }

  /**
   * Invalidates a line of the instruction caches, or all of them.
   *
   * @param address - of any byte of the line
   * @param scope - of every core, or of this one
   */
  invalidateIcache(address: Value | "all", scope: "broadcast" | "local"): void {
    invalidateIcache(this.core, this.step, address, scope);
  }

  /**
   * A condition was evaluated: what follows in program order is under its control.
   *
   * @param condition - that was evaluated
   */
  decide(condition: Value): boolean {
    control(this.core, condition);
    return condition.value !== 0;
  }

  /**
   * Goes on at a fixed address.
   *
   * @param target - address of the next instruction
   */
  branch(target: number): void {
    this.next = target;
  }

  /**
   * Goes on at a computed address: what follows is under its control.
   *
   * @param target - address of the next instruction
   */
  branchTo(target: Value): void {
    control(this.core, target);
    this.next = target.value >>> 0;
  }

  /**
   * Chooses the instruction set for the next instruction.
   *
   * @param name - `a32` or `t32`
   */
  setInstructionSet(name: InstructionSet["name"]): void {
    this.core.isa = this.#driver.isa(name);
  }

  /**
   * Takes an exception.
   *
   * @param kind - which
   * @param returnTo - address that the handler returns to
   * @param immediate - of SVC and BKPT
   */
  exception(kind: Exception, returnTo: number, immediate = 0): void {
    this.#driver.exception(kind, returnTo, immediate);
  }

  /** Returns from the exception being handled: context synchronisation, and on at its return address. */
  exceptionReturn(): void {
    contextSynchronisation(this.core);
    this.branchTo(this.core.exceptionReturn);
    this.core.exceptionReturn = { value: 0, view: 0 };
    this.step.run.tell(() => "exception return: context synchronisation");
  }

  /**
   * Says that the model does not cover this: the exploration has no verdict.
   *
   * @param what - the construct's name
   */
  unmodelled(what: string): void {
    this.#driver.unmodelled(what);
  }

  /**
   * Stops the core for good.
   *
   * @param reason - why
   */
  stop(reason: string): void {
    this.#driver.stop(reason);
  }

  #conditional(value: Value): Value {
    return this.under === undefined ? value : this.picked(value, this.under);
  }

  /** The cores that a store there interrupts, where it is a register of the interrupt controller. */
  #interrupted({ value }: Value): readonly number[] | undefined {
    const { world } = this.step;
    return world.interrupts(world.physical(value >>> 0));
  }

  /** Registers of the interrupt controller are not memory: a store of a word is all that they take. */
  #device(address: Value, access: string): boolean {
    if (this.#interrupted(address) === undefined) return false;
    this.unmodelled(`${access} at 0x${(address.value >>> 0).toString(16)}, a register that raises interrupts`);
    return true;
  }

  /** An access that is not aligned to its size is no single access: the model does not say in which parts it is made. */
  #aligned({ value }: Value, size: number): boolean {
    if ((value >>> 0) % size === 0) return true;
    this.unmodelled(`access of ${size} bytes at 0x${(value >>> 0).toString(16)}, which is not aligned`);
    return false;
  }
}

function setPick(picks: number[], index: number, pick: number): void {
  while (picks.length <= index) picks.push(0);
  picks[index] = pick;
}
