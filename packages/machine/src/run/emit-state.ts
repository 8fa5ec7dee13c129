import { AccessEmitter } from "./emit-access.js";
import type { FlagSet } from "./flag-liveness.js";
import { cell } from "./layout.js";
import { coreLocal, left, negative, one, other, overflow, registerLocal, scratch, zero } from "./locals.js";
import { flagsBit, type StateSet } from "./state-liveness.js";
import { Code, op, type } from "./wasm-encoder.js";

/** Returned-because values in the cell `exit`. */
export const exitReason = { jump: 0, interpret: 1 } as const;

/** A way to leave, the `index`th around everything else: what is written back, and what is said of it. */
interface Exit {
  readonly index: number;
  readonly dirty: StateSet;
  readonly stale: FlagSet;
  readonly reason: number;
  readonly it: number;
}

/** Writes what goes between a core's cells and the locals that compiled code has registers and flags in. */
export class StateEmitter extends AccessEmitter {
  /** The ways to leave, by what they do. */
  readonly #exits = new Map<string, Exit>();

  /** Registers and flags from the core's cells, those that are needed. */
  protected enter(needed: StateSet): void {
    if (!this.context.single)
      this.code
        .get(coreLocal)
        .memory(op.i32_load, 4 * cell.budget)
        .set(left);
    this.loadState(needed);
  }

  protected loadState(needed: StateSet): void {
    const code = this.code;
    const load = (at: number): Code => code.get(coreLocal).memory(op.i32_load, 4 * at);
    for (let n = 0; n < 15; n++) if ((needed >> n) & 1) load(n).set(registerLocal + n);
    if ((needed & flagsBit) === 0) return;
    code.constant(0);
    load(cell.n).op(op.i32_sub).set(negative);
    load(cell.z).constant(1).op(op.i32_xor).set(zero);
    load(cell.c).set(one);
    code.constant(1).set(other);
    code.constant(0);
    load(cell.v).op(op.i32_sub).set(overflow);
    this.compared = false;
  }

  /** Registers and flags into the core's cells. */
  protected leave(): void {
    const code = this.code;
    const start = (): Code => code.get(coreLocal);
    const store = (at: number): Code => code.memory(op.i32_store, 4 * at);
    for (let n = 0; n < 15; n++) {
      if (((this.dirty >> n) & 1) === 0) continue;
      start().get(registerLocal + n);
      store(n);
    }
    if (!this.context.single) {
      start().get(left);
      store(cell.budget);
    }
    if ((this.dirty & flagsBit) === 0) return;
    if (this.stale !== 0) {
      start().constant(this.stale);
      store(cell.stale);
    }
    start().get(negative).constant(31).op(op.i32_shr_u);
    store(cell.n);
    // Not by comparisons: the host would take them for those that branches make, and keep a word of each for both.
    start().get(zero).op(op.i32_clz).constant(5).op(op.i32_shr_u);
    store(cell.z);
    start().get(one).op(op.i64_extend_i32_u).get(other).op(op.i64_extend_i32_u, op.i64_sub);
    code.op(op.i64_const, 63, op.i64_shr_u, op.i32_wrap_i64, op.i32_eqz);
    store(cell.c);
    start().get(overflow).constant(31).op(op.i32_shr_u);
    store(cell.v);
  }

  /** Of a single instruction: counts it, and goes on at the next one without coming back, while the budget lasts. */
  protected next(key?: number): void {
    const code = this.code;
    code
      .get(coreLocal)
      .get(coreLocal)
      .memory(op.i32_load, 4 * cell.budget)
      .constant(1)
      .op(op.i32_sub)
      .tee(left)
      .memory(op.i32_store, 4 * cell.budget);
    if (key === undefined || !this.context.tailCalls) return;
    code.get(left).constant(0).op(op.i32_gt_s, op.if, type.none).get(coreLocal).constant(key);
    code.constant(this.context.slotOf(key)).op(op.return_call_indirect).u32(0).u32(0).op(op.end);
  }

  /**
   * Leaves by what is written once for all that leave alike, behind everything else: most of what is compiled would be this, and much of the
   * host's work on it.
   */
  protected exit(key: number, reason: number, it: number): void {
    const { dirty } = this;
    const stale = (dirty & flagsBit) === 0 ? 0 : this.stale;
    const name = `${dirty} ${stale} ${reason} ${it}`;
    let exit = this.#exits.get(name);
    if (exit === undefined) {
      exit = { index: this.#exits.size, dirty, stale, reason, it };
      this.#exits.set(name, exit);
    }
    this.code
      .constant(key)
      .set(scratch)
      .op(op.br)
      .u32(this.labels.length + exit.index);
  }

  /** What was written so far, in a block for each way to leave, and those ways behind it. */
  protected withExits(): Code {
    const whole = new Code();
    for (let i = 0; i < this.#exits.size; i++) whole.op(op.block, type.none);
    for (const { dirty, stale, reason, it } of this.#exits.values()) {
      const code = this.code.op(op.end);
      [this.dirty, this.stale] = [dirty, stale];
      this.leave();
      const store = (value: number, word: number): Code =>
        code
          .get(coreLocal)
          .constant(value)
          .memory(op.i32_store, 4 * word);
      if (reason !== exitReason.jump) store(reason, cell.exit);
      if (it !== 0) store(it, cell.it);
      code.get(scratch).op(op.return);
    }
    for (const byte of this.code.bytes) whole.op(byte);
    return whole;
  }
}
