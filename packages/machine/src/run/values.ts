import { FlagEmitter } from "./emit-flags.js";
import type { Window } from "./guest-memory.js";
import { cell } from "./layout.js";
import { coreLocal, firstFree, registerLocal } from "./locals.js";
import { type Node, type Program, usedAfter } from "./node.js";
import type { Guard } from "./sites.js";
import { type Code, op, type } from "./wasm-encoder.js";

/** Where things are in the shared memory, and which table slot a guest function has. */
export interface EmitContext {
  /** Byte offsets of the page table and of guest memory, which starts with address `base`. */
  readonly table: number;
  readonly ram: number;
  readonly base: number;
  /** The slot of the function at a key (address, bit 0 set for Thumb). */
  readonly slotOf: (key: number) => number;
  /** Byte offset of the map from keys to slots, of `mapEntries` pairs of words. */
  readonly map: number;
  /** Is each instruction a function? Then it counts itself, and goes on at the next one by a tail call where the host has those. `handlers`: do the program's own see its faults? */
  readonly single: boolean;
  readonly tailCalls: boolean;
  readonly handlers: boolean;
  /** What lies between core and memory; undefined when nothing does. */
  readonly caches: { readonly lineBytes: number; readonly storeBuffer: number } | undefined;
  /** Where an instruction's accesses of a kind by a base register are expected; undefined where nothing is known of them. */
  readonly windowAt: (address: number, kind: "load" | "store", base: number | undefined) => Window | undefined;
  /** The declared site that has an address. */
  readonly guard: (address: number) => Guard | "left" | undefined;
  /** Addresses that are left to the interpreter: breakpoints. */
  readonly stops: (address: number) => boolean;
}

/** Adds a constant to one of the core's words. */
export function addTo(word: number, by: number, code: Code): void {
  code
    .get(coreLocal)
    .get(coreLocal)
    .memory(op.i32_load, 4 * word)
    .constant(by)
    .op(op.i32_add);
  code.memory(op.i32_store, 4 * word);
}

const operations: Readonly<Record<string, number>> = {
  add: op.i32_add,
  sub: op.i32_sub,
  mul: op.i32_mul,
  and: op.i32_and,
  or: op.i32_or,
  xor: op.i32_xor,
  shl: op.i32_shl,
  shr: op.i32_shr_u,
  sar: op.i32_shr_s,
  rotr: op.i32_rotr,
  eq: op.i32_eq,
  lt: op.i32_lt_s,
  ltu: op.i32_lt_u,
  le: op.i32_le_s,
  leu: op.i32_le_u,
  clz: op.i32_clz,
  eqz: op.i32_eqz,
};

export const plainStates: Readonly<Record<string, number>> = {
  fpscr: cell.fpscr,
  "fpscr.nzcv": cell.fpscrFlags,
  tpidruro: cell.tpidruro,
  tpidrurw: cell.tpidrurw,
};

export type Label = { readonly block: number; readonly loop: boolean } | undefined;

/** Writes the values of one instruction after the other, and the flags. */
export abstract class ValueEmitter extends FlagEmitter {
  protected readonly context: EmitContext;
  protected readonly labels: Label[] = [];
  protected words = 0;
  protected doubles = 0;
  protected mostWords = 0;
  /** Values that are in a local. */
  protected known: Map<Node, number> = new Map();
  /** The locals of the second words of what loads two. */
  protected readonly highWords: Map<Node, number> = new Map();
  protected program!: Program;
  protected faultDepth = -1;

  constructor(context: EmitContext) {
    super();
    this.context = context;
  }

  /** Undefined where the block has no label around here. */
  protected depthOf(address: number): number | undefined {
    for (let i = this.labels.length - 1; i >= 0; i--)
      if (this.labels[i]?.block === address) return this.labels.length - 1 - i;
    return undefined;
  }

  /** A register's value: its local, or a copy where the instruction writes the register before it last uses the value. */
  protected registerValue(node: Node, at: number): void {
    const { nodes } = this.program;
    const written = nodes.findIndex((one, i) => i > at && one.op === "setregister" && one.number === node.number);
    if (written < 0 || !usedAfter(nodes, node, written)) {
      this.known.set(node, registerLocal + node.number);
      return;
    }
    this.code.get(registerLocal + node.number);
    this.keepTop(node);
  }

  /** Makes the value now and keeps it in a local. */
  protected keep(node: Node): void {
    this.make(node);
    this.keepTop(node);
  }

  protected keepTop(node: Node): void {
    const local = this.fresh(node);
    this.code.set(local);
    this.known.set(node, local);
  }

  protected fresh(node: Node): number {
    if (node.type === "double") {
      if (this.doubles >= maximumDoubles - 2) throw new TooManyValues();
      return firstFree + this.doubles++;
    }
    if (this.words >= maximumWords) throw new TooManyValues();
    this.mostWords = Math.max(this.mostWords, this.words + 1);
    return firstFree + maximumDoubles + this.words++;
  }

  /** Pushes a value. */
  protected override value(node: Node): void {
    const known = this.known.get(node);
    if (known !== undefined) {
      this.code.get(known);
      return;
    }
    if (node.op === "constant") {
      this.code.constant(node.number);
      return;
    }
    this.make(node);
    if (node.uses > 1 && node.op !== "condition") {
      const local = this.fresh(node);
      this.code.tee(local);
      this.known.set(node, local);
    }
  }

  protected make(node: Node): void {
    const code = this.code;
    const { op: name, args, number } = node;
    const [x, y, z] = args;
    switch (name) {
      case "flag":
        this.flag(node.text);
        return;
      case "condition":
        this.condition(number);
        return;
      case "word":
        code.get(coreLocal).memory(op.i32_load, 4 * (cell.words + number));
        return;
      case "double":
        code.get(coreLocal).memory(op.f64_load, 4 * (cell.words + 2 * number));
        return;
      case "system":
        code.get(coreLocal).memory(op.i32_load, 4 * plainStates[node.text]!);
        return;
      case "load":
      case "loadexclusive":
        this.address(x!);
        code.memory(number >= 4 ? op.i32_load : number === 2 ? op.i32_load16_u : op.i32_load8_u, this.context.ram);
        return;
      case "highword":
        // It is made with the low one.
        code.get(this.highWords.get(x!)!);
        return;
      case "select":
        this.value(y!);
        this.value(z!);
        this.value(x!);
        code.op(op.select);
        return;
      case "carry":
        this.carry(x!, y!, z!);
        return;
      case "overflow":
        this.overflow(x!, y!, z!);
        code.constant(31).op(op.i32_shr_u);
        return;
      case "mulh":
      case "mulhu": {
        const extend = name === "mulh" ? op.i64_extend_i32_s : op.i64_extend_i32_u;
        this.value(x!);
        code.op(extend);
        this.value(y!);
        code.op(extend, op.i64_mul, op.i64_const, 32, op.i64_shr_u, op.i32_wrap_i64);
        return;
      }
      case "div":
      case "divu":
        this.divide(x!, y!, name === "div");
        return;
      case "joined":
        this.value(y!);
        code.op(op.i64_extend_i32_u, op.i64_const, 32, op.i64_shl);
        this.value(x!);
        code.op(op.i64_extend_i32_u, op.i64_or, op.f64_reinterpret_i64);
        return;
      case "half":
        this.value(x!);
        code.op(op.i64_reinterpret_f64);
        if (number === 1) code.op(op.i64_const, 32, op.i64_shr_u);
        code.op(op.i32_wrap_i64);
        return;
    }
    const plain = operations[name];
    if (plain !== undefined) {
      for (const arg of args) this.value(arg);
      code.op(plain);
      return;
    }
    this.floatingPoint(node);
  }

  /** Makes a value by floating-point arithmetic. */
  protected abstract floatingPoint(node: Node): void;

  /** SDIV and UDIV: 0 for a divisor of 0, and no trap for the lowest number by -1. */
  protected divide(x: Node, y: Node, isSigned: boolean): void {
    const code = this.code;
    this.value(y);
    code.op(op.i32_eqz, op.if, type.i32).constant(0).op(op.else);
    this.labels.push(undefined);
    // What is made in one arm must not be taken for made in what follows.
    const known = new Map(this.known);
    if (isSigned) {
      this.value(y);
      code.constant(-1).op(op.i32_eq, op.if, type.i32).constant(0);
      this.value(x);
      code.op(op.i32_sub, op.else);
      this.value(x);
      this.value(y);
      code.op(op.i32_div_s, op.end);
    } else {
      this.value(x);
      this.value(y);
      code.op(op.i32_div_u);
    }
    code.op(op.end);
    this.labels.pop();
    this.known = known;
  }

  /** The place in the shared memory of a guest address, but for the offset of guest memory. */
  protected address(node: Node): void {
    this.value(node);
    if (this.context.base !== 0) this.code.constant(this.context.base).op(op.i32_sub);
  }

  /** To the interpreter when the condition on the stack holds. */
  protected faultIf(): void {
    this.code.op(op.br_if).u32(this.labels.length - this.faultDepth);
  }
}

/** Locals that the values of one instruction may use; the last two doubles are for checks. */
const maximumWords = 200;
export const maximumDoubles = 9;

/** An instruction with more values than there are locals: the region is left to the interpreter. */
export class TooManyValues extends Error {}
