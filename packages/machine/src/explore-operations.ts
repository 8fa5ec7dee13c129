import type { Insn } from "@cmodx/codec";
import { conditionValue } from "./arithmetic.js";
import type { Builder } from "./builder.js";
import type { Value } from "./core-state.js";
import { binaryOf, carryOutOf, overflowOf, unaryOf } from "./pseudocode/evaluate.js";
import type { Access, Binary, Flag, Hint, Operations, SystemState, Trap, Unary } from "./pseudocode/operations.js";
import type { BarrierOption } from "./rules/barrier.js";

const flagBits: Readonly<Record<Exclude<Flag, "Q">, number>> = { N: 3, Z: 2, C: 1, V: 0 };

/**
 * The operations of the pseudocode over values with views: what exploration makes of an instruction's meaning. What a value was computed
 * from is in its view, so dependencies need no second description.
 */
export class ExploreOperations implements Operations<Value> {
  readonly #machine: Builder;
  readonly #insn: Insn;

  constructor(machine: Builder, insn: Insn) {
    this.#machine = machine;
    this.#insn = insn;
  }

  constant(value: number): Value {
    return this.#machine.constant(value);
  }

  unary(operation: Unary, x: Value): Value {
    return this.#machine.compute(unaryOf[operation](x.value), x);
  }

  binary(operation: Binary, x: Value, y: Value): Value {
    return this.#machine.compute(binaryOf[operation](x.value, y.value), x, y);
  }

  select(condition: Value, x: Value, y: Value): Value {
    return this.#machine.compute((condition.value !== 0 ? x : y).value, condition, x, y);
  }

  carryOut(x: Value, y: Value, carry: Value): Value {
    return this.#machine.compute(carryOutOf(x.value, y.value, carry.value), x, y, carry);
  }

  overflow(x: Value, y: Value, carry: Value): Value {
    return this.#machine.compute(overflowOf(x.value, y.value, carry.value), x, y, carry);
  }

  register(n: number): Value {
    return this.#machine.register(n);
  }

  setRegister(n: number, value: Value): void {
    this.#machine.setRegister(n, value);
  }

  flag(flag: Flag): Value {
    if (flag === "Q") return this.#unmodelled("the Q flag");
    const flags = this.#machine.flags();
    return { ...flags, value: (flags.value >> flagBits[flag]) & 1 };
  }

  setFlags(flags: { readonly [F in Flag]?: Value }): void {
    if (flags.Q !== undefined) this.#unmodelled("the Q flag");
    const old = this.#machine.flags();
    let bits = old.value;
    const from: Value[] = [];
    let kept = false;
    for (const flag of ["N", "Z", "C", "V"] as const) {
      const value = flags[flag];
      if (value === undefined) kept = true;
      else {
        from.push(value);
        bits = (bits & ~(1 << flagBits[flag])) | (value.value << flagBits[flag]);
      }
    }
    // The flags are one value here: one that is kept makes what they are depend on what they were.
    this.#machine.setFlags(this.#machine.compute(bits, ...from, ...(kept ? [old] : [])));
  }

  ge(): Value {
    return this.#unmodelled("APSR.GE");
  }

  setGe(): void {
    this.#unmodelled("APSR.GE");
  }

  conditionHolds(condition: number): Value {
    return conditionValue(condition, this.#machine.flags());
  }

  load(address: Value, size: number, access: Access = {}): Value {
    return this.#machine.load(address, size, {
      ...(access.ordered ? ({ acquire: "sc" } as const) : {}),
      exclusive: access.exclusive ?? false,
    });
  }

  store(address: Value, value: Value, size: number, access: Access = {}): void {
    this.#machine.store(address, value, size, { release: access.ordered ?? false });
  }

  loadPair(): readonly [Value, Value] {
    const none = this.#unmodelled(this.#insn.mnemonic);
    return [none, none];
  }

  storeExclusive(address: Value, value: Value, size: number, access: Access = {}, high?: Value): Value {
    if (high !== undefined) return this.#unmodelled(this.#insn.mnemonic);
    return this.#machine.storeExclusive(address, value, size, { release: access.ordered ?? false });
  }

  clearExclusive(): void {
    this.#machine.clearExclusive();
  }

  word(): Value {
    return this.#unmodelled("the extension registers");
  }

  setWord(): void {
    this.#unmodelled("the extension registers");
  }

  double(): Value {
    return this.#unmodelled("the extension registers");
  }

  setDouble(): void {
    this.#unmodelled("the extension registers");
  }

  joined(): Value {
    return this.#unmodelled("floating point");
  }

  half(): Value {
    return this.#unmodelled("floating point");
  }

  float(): Value {
    return this.#unmodelled("floating point");
  }

  convert(): Value {
    return this.#unmodelled("floating point");
  }

  compute(): Value {
    return this.#unmodelled("Advanced SIMD");
  }

  compare(): Value {
    return this.#unmodelled("floating point");
  }

  when(
    condition: Value,
    { branch, results }: { readonly branch: boolean; readonly results: readonly number[] },
    then: () => void,
  ): void {
    const machine = this.#machine;
    if (branch) {
      if (machine.decide(condition)) then();
      return;
    }
    if (condition.value !== 0) {
      machine.under = condition;
      then();
      return;
    }
    // Not executed: what would have been its result was nevertheless picked by the condition.
    for (const n of results) machine.setRegister(n, machine.picked(machine.register(n), condition));
  }

  branch(target: number, isa?: "a32" | "t32"): void {
    if (isa !== undefined) this.#machine.setInstructionSet(isa);
    this.#machine.branch(target);
  }

  branchWritePC(target: Value): void {
    const mask = this.#insn.isa === "t32" ? ~1 : ~3;
    this.#machine.branchTo(this.#machine.compute(target.value & mask, target));
  }

  exchangeWritePC(target: Value): void {
    const thumb = (target.value & 1) === 1;
    this.#machine.setInstructionSet(thumb ? "t32" : "a32");
    this.#machine.branchTo(this.#machine.compute(thumb ? target.value & ~1 : target.value & ~3, target));
  }

  exceptionReturn(): void {
    // The scenario's handlers are entered without banked registers: only ERET finds its way back.
    if (this.#insn.mnemonic === "eret") this.#machine.exceptionReturn();
    else this.#unmodelled("exception return through LR and SPSR");
  }

  trap(kind: Trap, returnTo: number, immediate: number): void {
    this.#machine.exception(kind, returnTo, immediate);
  }

  startItBlock(it: number): void {
    this.#machine.core.it = it;
  }

  // Waiting for an event or interrupt may end at any time: not waiting at all is one of the behaviours, and the weakest.
  hint(_: Hint): void {}

  dmb(option: BarrierOption): void {
    this.#machine.dmb(option);
  }

  dsb(option: BarrierOption): void {
    this.#machine.dsb(option);
  }

  isb(): void {
    this.#machine.isb();
  }

  cleanDcache(address: Value): void {
    this.#machine.cleanDcache(address);
  }

  invalidateIcache(address: Value | "all", scope: "broadcast" | "local"): void {
    this.#machine.invalidateIcache(address, scope);
  }

  // A wrong prediction is always found out, so it changes no outcome.
  invalidatePredictor(): void {}

  system(state: SystemState): Value {
    return this.#unmodelled(state);
  }

  setSystem(state: SystemState): void {
    this.#unmodelled(state);
  }

  banked(): Value {
    return this.#unmodelled("banked registers");
  }

  setBanked(): void {
    this.#unmodelled("banked registers");
  }

  unpredictable(reason: string): void {
    this.#machine.stop(reason);
  }

  alignmentFault(): void {
    this.#unmodelled("an access that is not as aligned as it says");
  }

  unimplemented(what: string): void {
    this.#machine.unmodelled(what);
  }

  #unmodelled(what: string): Value {
    this.#machine.unmodelled(what);
    return this.constant(0);
  }
}
