import { allFlags, type FlagSet, liveFlags } from "./flag-liveness.js";
import { cell, mapEntries, pageBits, pageReadable, pageSize, pageWritable } from "./layout.js";
import type { Node, Program } from "./node.js";
import { type Block, isCall, knownTable, type Region } from "./region.js";
import { flagsBit, type StateLiveness, type StateSet, stateLiveness } from "./state-liveness.js";
import { type Structure, structureOf } from "./structure.js";
import { Code, type ModuleFunction, op, type } from "./wasm-encoder.js";

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
  /** Addresses that are left to the interpreter: breakpoints. */
  readonly stops: (address: number) => boolean;
}

/** Returned-because values in the cell `exit`. */
export const exitReason = { jump: 0, interpret: 1 } as const;

// Parameters: where the core's cells are, and the key of the entry. Then R0 to R14, and the flags, which are kept as numbers that they
// follow from: N is negative < 0, Z is zero == 0, C is one >= other unsigned, V is overflow < 0. A comparison sets all with little work.
const coreLocal = 0;
const registerLocal = 2;
const negative = 17;
const zero = 18;
const one = 19;
const other = 20;
const overflow = 21;
const left = 22;
const scratch = 23;
const firstFree = 24;

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

const floats: Readonly<Record<string, number>> = {
  fadd32: op.f32_add,
  fsub32: op.f32_sub,
  fmul32: op.f32_mul,
  fdiv32: op.f32_div,
  fsqrt32: op.f32_sqrt,
  fadd64: op.f64_add,
  fsub64: op.f64_sub,
  fmul64: op.f64_mul,
  fdiv64: op.f64_div,
  fsqrt64: op.f64_sqrt,
};

/** Operations the compiler leaves to the interpreter, instruction by instruction. */
const leftToInterpreter = new Set([
  "loadexclusive",
  "highword",
  "storeexclusive",
  "clearexclusive",
  "return",
  "trap",
  "hint",
  "cleandcache",
  "invalidateicache",
  "banked",
  "setbanked",
  "unpredictable",
  "unimplemented",
  "isb",
]);

const plainStates: Readonly<Record<string, number>> = {
  "fpscr.nzcv": cell.fpscrFlags,
  tpidruro: cell.tpidruro,
  tpidrurw: cell.tpidrurw,
};

/** Must the interpreter execute it? */
function isLeft(program: Program, { stops }: EmitContext): boolean {
  if (stops(program.address)) return true;
  return program.nodes.some(
    ({ op: name, text }) =>
      leftToInterpreter.has(name) || ((name === "system" || name === "setsystem") && plainStates[text] === undefined),
  );
}

/**
 * Goes from function to function while each is in the map, until one leaves an instruction to the interpreter or the budget is used up.
 */
export function dispatcher(map: number): ModuleFunction {
  const code = new Code();
  const at = (): Code =>
    code
      .get(1)
      .constant(1)
      .op(op.i32_shr_u)
      .constant(mapEntries - 1)
      .op(op.i32_and)
      .constant(3)
      .op(op.i32_shl);
  code.op(op.loop, type.none);
  at().memory(op.i32_load, map).get(1).op(op.i32_ne, op.if, type.none).get(1).op(op.return, op.end);
  code.get(coreLocal).get(1);
  at().memory(op.i32_load, map + 4);
  code.op(op.call_indirect).u32(0).u32(0).set(1);
  code
    .get(coreLocal)
    .memory(op.i32_load, 4 * cell.exit)
    .op(op.if, type.none)
    .get(1)
    .op(op.return, op.end);
  code
    .get(coreLocal)
    .memory(op.i32_load, 4 * cell.budget)
    .constant(0)
    .op(op.i32_ge_s, op.br_if, 0);
  code.op(op.end).get(1);
  return { name: "d", locals: [], code };
}

/** What stands in a slot whose function is not compiled: it goes on there. */
export function stub(): ModuleFunction {
  return { name: "s", locals: [], code: new Code().get(1) };
}

type Label = { readonly block: number; readonly loop: boolean } | undefined;

/** Writes a region as one WebAssembly function. */
export function emitRegion(region: Region, context: EmitContext): ModuleFunction {
  return new Emitter(region, context).function();
}

class Emitter {
  readonly #region: Region;
  readonly #context: EmitContext;
  readonly #structure: Structure;
  readonly #live: ReadonlyMap<number, FlagSet>;
  /** Flags whose locals do not hold them here, because nothing reads them. */
  #stale: FlagSet = 0;
  readonly #code = new Code();
  readonly #labels: Label[] = [];
  readonly #liveness: StateLiveness;
  /** What may differ from the core's cells here. */
  #dirty: StateSet = 0;
  #words = 0;
  #doubles = 0;
  #mostWords = 0;
  /** Do the flags come from comparing `one` with `other`? */
  #compared = false;
  /** Values that are in a local. */
  #known = new Map<Node, number>();
  #program!: Program;
  /** Has the way through the code that is written now left? */
  #gone = false;
  /** Instructions of the block that are not yet taken off the budget. */
  #pending = 0;
  #faultDepth = -1;

  constructor(region: Region, context: EmitContext) {
    this.#region = region;
    this.#context = context;
    this.#structure = structureOf(region);
    this.#live = liveFlags(region, (program) => isLeft(program, context));
    this.#liveness = stateLiveness(region, (program) => isLeft(program, context), mayFault);
  }

  function(): ModuleFunction {
    this.#enter(this.#liveness.live.get(this.#region.entry)!);
    // A function that calls itself may only go on while the budget lasts.
    if (!this.#structure.loops.has(this.#region.entry)) this.#checkBudget(this.#region.entry);
    this.#tree(this.#region.entry);
    this.#code.op(op.unreachable);
    return {
      name: "f",
      locals: [
        [firstFree - registerLocal, type.i32],
        [maximumDoubles, type.f64],
        [this.#mostWords, type.i32],
      ],
      code: this.#code,
    };
  }

  /** Registers and flags from the core's cells, those that are needed. */
  #enter(needed: StateSet): void {
    const code = this.#code;
    const load = (at: number): Code => code.get(coreLocal).memory(op.i32_load, 4 * at);
    for (let n = 0; n < 15; n++) if ((needed >> n) & 1) load(n).set(registerLocal + n);
    load(cell.budget).set(left);
    if ((needed & flagsBit) === 0) return;
    code.constant(0);
    load(cell.n).op(op.i32_sub).set(negative);
    load(cell.z).constant(1).op(op.i32_xor).set(zero);
    load(cell.c).set(one);
    code.constant(1).set(other);
    code.constant(0);
    load(cell.v).op(op.i32_sub).set(overflow);
    this.#compared = false;
  }

  /** Registers and flags into the core's cells. */
  #leave(): void {
    const code = this.#code;
    const start = (): Code => code.get(coreLocal);
    const store = (at: number): Code => code.memory(op.i32_store, 4 * at);
    for (let n = 0; n < 15; n++) {
      if (((this.#dirty >> n) & 1) === 0) continue;
      start().get(registerLocal + n);
      store(n);
    }
    start().get(left);
    store(cell.budget);
    if ((this.#dirty & flagsBit) === 0) return;
    if (this.#stale !== 0) {
      start().constant(this.#stale);
      store(cell.stale);
    }
    start().get(negative).constant(31).op(op.i32_shr_u);
    store(cell.n);
    start().get(zero).op(op.i32_eqz);
    store(cell.z);
    start().get(one).get(other).op(op.i32_ge_u);
    store(cell.c);
    start().get(overflow).constant(31).op(op.i32_shr_u);
    store(cell.v);
  }

  /** Back to whoever called, to go on at a key. */
  #return(key: number): void {
    this.#charge();
    this.#leave();
    this.#code.constant(key).op(op.return);
  }

  /** Back, for the interpreter to execute the instruction here. */
  #interpret(program: Program): void {
    const code = this.#code;
    this.#leave();
    code
      .get(coreLocal)
      .constant(exitReason.interpret)
      .memory(op.i32_store, 4 * cell.exit);
    if (program.it !== 0)
      code
        .get(coreLocal)
        .constant(program.it)
        .memory(op.i32_store, 4 * cell.it);
    code.constant(this.#key(program.address)).op(op.return);
  }

  #key(address: number, isa: string = this.#region.isa): number {
    return address | (isa === "t32" ? 1 : 0) | 0;
  }

  #charge(): void {
    if (this.#pending === 0) return;
    this.#code.get(left).constant(this.#pending).op(op.i32_sub).set(left);
  }

  /** A block with all that it dominates. */
  #tree(address: number): void {
    const code = this.#code;
    this.#pending = 0;
    const isLabelled = this.#structure.merges.has(address) || this.#structure.loops.has(address);
    if (isLabelled) this.#dirty = this.#liveness.dirty.get(address)!;
    if (this.#structure.merges.has(address) && !this.#structure.loops.has(address)) this.#forget(address);
    const children = this.#structure.labelled.get(address) ?? [];
    const isLoop = this.#structure.loops.has(address);
    if (isLoop) {
      code.op(op.loop, type.none);
      this.#labels.push({ block: address, loop: true });
      this.#compared = false;
      this.#forget(address);
      // A loop may only go on while the budget lasts.
      this.#checkBudget(address);
    }
    for (const child of children) {
      code.op(op.block, type.none);
      this.#labels.push({ block: child, loop: false });
    }
    this.#block(this.#region.blocks.get(address)!);
    for (const child of [...children].reverse()) {
      this.#labels.pop();
      code.op(op.end);
      this.#compared = false;
      this.#pending = 0;
      this.#tree(child);
    }
    if (isLoop) {
      this.#labels.pop();
      code.op(op.end);
    }
  }

  /**
   * Where control comes together, flags that nothing reads are set to no matter what: else every way there would have to work them out.
   */
  #forget(address: number): void {
    const dead = allFlags & ~this.#live.get(address)!;
    const clear = (flags: FlagSet, ...locals: readonly number[]): void => {
      if (dead & flags) for (const local of locals) this.#code.constant(0).set(local);
    };
    clear(8, negative);
    clear(4, zero);
    clear(2, one, other);
    clear(1, overflow);
    this.#stale = dead;
  }

  #checkBudget(address: number): void {
    this.#code.get(left).constant(0).op(op.i32_lt_s, op.if, type.none);
    this.#labels.push(undefined);
    this.#return(this.#key(address));
    this.#labels.pop();
    this.#code.op(op.end);
  }

  #block({ address, programs, through }: Block): void {
    this.#pending = 0;
    for (const program of programs) {
      this.#instruction(address, program);
      if (isLeft(program, this.#context)) return;
    }
    if (through !== undefined) this.#goOn(address, through);
  }

  #instruction(block: number, program: Program): void {
    const code = this.#code;
    this.#program = program;
    this.#known = new Map();
    this.#words = 0;
    this.#doubles = 0;
    if (isLeft(program, this.#context)) {
      this.#charge();
      this.#interpret(program);
      return;
    }
    this.#pending++;
    const faults = mayFault(program);
    if (faults) {
      code.op(op.block, type.none, op.block, type.none);
      this.#labels.push(undefined, undefined);
      this.#faultDepth = this.#labels.length;
    }
    const [compared, stale, dirty] = [this.#compared, this.#stale, this.#dirty];
    this.#nodes(block, program);
    if (faults) {
      code.op(op.br).u32(1).op(op.end);
      this.#labels.pop();
      // The state is that of before the instruction, which the interpreter then executes.
      const after = [this.#compared, this.#stale, this.#dirty] as const;
      [this.#compared, this.#stale, this.#dirty] = [compared, stale, dirty];
      this.#pending--;
      this.#charge();
      this.#pending++;
      this.#interpret(program);
      [this.#compared, this.#stale, this.#dirty] = after;
      code.op(op.end);
      this.#labels.pop();
      this.#faultDepth = -1;
    }
  }

  #nodes(block: number, program: Program): void {
    const { nodes } = program;
    const code = this.#code;
    const outer: { known: Map<Node, number>; compared: boolean; pending: number; stale: FlagSet; dirty: StateSet }[] =
      [];
    const checked = new Map<Node, "load" | "store">();
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!;
      switch (node.op) {
        case "when":
          if (isCall(program)) {
            // What is behind a conditional call is not to be charged twice.
            this.#charge();
            this.#pending = 0;
          }
          this.#value(node.args[0]!);
          code.op(op.if, type.none);
          this.#labels.push(undefined);
          outer.push({
            known: this.#known,
            compared: this.#compared,
            pending: this.#pending,
            stale: this.#stale,
            dirty: this.#dirty,
          });
          this.#known = new Map(this.#known);
          this.#gone = false;
          break;
        case "end": {
          const before = outer.pop()!;
          code.op(op.end);
          this.#labels.pop();
          this.#known = before.known;
          // What a way that has left made of the state is nothing to the other.
          this.#compared = before.compared && (this.#gone || this.#compared);
          this.#pending = before.pending;
          this.#stale = this.#gone ? before.stale : this.#stale | before.stale;
          this.#dirty = this.#gone ? before.dirty : this.#dirty | before.dirty;
          this.#gone = false;
          break;
        }
        case "register":
          this.#registerValue(node, i);
          break;
        case "flag":
        case "word":
        case "system":
          this.#keep(node);
          break;
        case "double":
          this.#keep(node);
          break;
        case "load":
          this.#check(node, i, checked);
          this.#keep(node);
          break;
        case "store":
          this.#check(node, i, checked);
          this.#address(node.args[0]!);
          this.#value(node.args[1]!);
          code.memory(
            node.number === 4 ? op.i32_store : node.number === 2 ? op.i32_store16 : op.i32_store8,
            this.#context.ram,
          );
          break;
        case "setregister":
          this.#value(node.args[0]!);
          code.set(registerLocal + node.number);
          this.#dirty |= 1 << node.number;
          break;
        case "setflag":
          this.#setFlag(node);
          break;
        case "setword":
          code.get(coreLocal);
          this.#value(node.args[0]!);
          code.memory(op.i32_store, 4 * (cell.words + node.number));
          break;
        case "setdouble":
          code.get(coreLocal);
          this.#value(node.args[0]!);
          code.memory(op.f64_store, 4 * (cell.words + 2 * node.number));
          break;
        case "setsystem":
          code.get(coreLocal);
          this.#value(node.args[0]!);
          code.memory(op.i32_store, 4 * plainStates[node.text]!);
          break;
        case "branch":
          this.#branch(block, program, node);
          this.#gone = !isCall(program);
          break;
        case "branchto":
        case "exchange":
          this.#jump(block, program, node);
          this.#gone = !isCall(program);
          break;
        default:
          // Values are made where they are used, NaN checks where they are made.
          if (mayBeNan(node.op)) this.#keep(node);
          break;
      }
    }
  }

  /** A register's value: its local, or a copy where the instruction writes the register before it last uses the value. */
  #registerValue(node: Node, at: number): void {
    const { nodes } = this.#program;
    const written = nodes.findIndex((one, i) => i > at && one.op === "setregister" && one.number === node.number);
    if (written < 0 || !usedAfter(nodes, node, written)) {
      this.#known.set(node, registerLocal + node.number);
      return;
    }
    this.#code.get(registerLocal + node.number);
    this.#keepTop(node);
  }

  /** Makes the value now and keeps it in a local. */
  #keep(node: Node): void {
    this.#make(node);
    this.#keepTop(node);
  }

  #keepTop(node: Node): void {
    const local = this.#fresh(node);
    this.#code.set(local);
    this.#known.set(node, local);
  }

  #fresh(node: Node): number {
    if (node.type === "double") {
      if (this.#doubles >= maximumDoubles - 1) throw new TooManyValues();
      return firstFree + this.#doubles++;
    }
    if (this.#words >= maximumWords) throw new TooManyValues();
    this.#mostWords = Math.max(this.#mostWords, this.#words + 1);
    return firstFree + maximumDoubles + this.#words++;
  }

  /** Pushes a value. */
  #value(node: Node): void {
    const known = this.#known.get(node);
    if (known !== undefined) {
      this.#code.get(known);
      return;
    }
    if (node.op === "constant") {
      this.#code.constant(node.number);
      return;
    }
    this.#make(node);
    if (node.uses > 1 && node.op !== "condition") {
      const local = this.#fresh(node);
      this.#code.tee(local);
      this.#known.set(node, local);
    }
  }

  #make(node: Node): void {
    const code = this.#code;
    const { op: name, args, number } = node;
    const [x, y, z] = args;
    switch (name) {
      case "flag":
        this.#flag(node.text);
        return;
      case "condition":
        this.#condition(number);
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
        this.#address(x!);
        code.memory(number === 4 ? op.i32_load : number === 2 ? op.i32_load16_u : op.i32_load8_u, this.#context.ram);
        return;
      case "select":
        this.#value(y!);
        this.#value(z!);
        this.#value(x!);
        code.op(op.select);
        return;
      case "carry":
        this.#carry(x!, y!, z!);
        return;
      case "overflow":
        this.#overflow(x!, y!, z!);
        code.constant(31).op(op.i32_shr_u);
        return;
      case "mulh":
      case "mulhu": {
        const extend = name === "mulh" ? op.i64_extend_i32_s : op.i64_extend_i32_u;
        this.#value(x!);
        code.op(extend);
        this.#value(y!);
        code.op(extend, op.i64_mul, op.i64_const, 32, op.i64_shr_u, op.i32_wrap_i64);
        return;
      }
      case "div":
      case "divu":
        this.#divide(x!, y!, name === "div");
        return;
      case "joined":
        this.#value(y!);
        code.op(op.i64_extend_i32_u, op.i64_const, 32, op.i64_shl);
        this.#value(x!);
        code.op(op.i64_extend_i32_u, op.i64_or, op.f64_reinterpret_i64);
        return;
      case "half":
        this.#value(x!);
        code.op(op.i64_reinterpret_f64);
        if (number === 1) code.op(op.i64_const, 32, op.i64_shr_u);
        code.op(op.i32_wrap_i64);
        return;
      case "fcompare32":
      case "fcompare64":
        this.#compare(x!, y!, name === "fcompare64");
        return;
    }
    const plain = operations[name];
    if (plain !== undefined) {
      for (const arg of args) this.#value(arg);
      code.op(plain);
      return;
    }
    const float = floats[name];
    if (float !== undefined) this.#float(node, float);
    else this.#convert(node);
  }

  #float({ op: name, args }: Node, operation: number): void {
    const code = this.#code;
    const wide = name.endsWith("64");
    for (const arg of args) {
      this.#value(arg);
      if (!wide) code.op(op.f32_reinterpret_i32);
    }
    code.op(operation);
    if (wide) this.#nanCheck64();
    else this.#nanCheck32();
  }

  /** A NaN among the results is the interpreter's to make: hosts differ in its bits. */
  #nanCheck64(): void {
    const code = this.#code;
    const local = firstFree + maximumDoubles - 1;
    code.tee(local).get(local).get(local).op(op.f64_ne);
    this.#faultIf();
  }

  #nanCheck32(): void {
    const code = this.#code;
    code.op(op.i32_reinterpret_f32).tee(scratch).get(scratch).constant(0x7fffffff).op(op.i32_and);
    code.constant(0x7f800000).op(op.i32_gt_u);
    this.#faultIf();
  }

  #convert({ op: name, args }: Node): void {
    const code = this.#code;
    this.#value(args[0]!);
    const saturating = (number: number): void => {
      code.op(op.saturating, number);
    };
    switch (name) {
      case "f32_s32":
        code.op(op.f32_convert_i32_s, op.i32_reinterpret_f32);
        return;
      case "f32_u32":
        code.op(op.f32_convert_i32_u, op.i32_reinterpret_f32);
        return;
      case "f64_s32":
        code.op(op.f64_convert_i32_s);
        return;
      case "f64_u32":
        code.op(op.f64_convert_i32_u);
        return;
      case "s32_f32":
        code.op(op.f32_reinterpret_i32);
        return saturating(0);
      case "u32_f32":
        code.op(op.f32_reinterpret_i32);
        return saturating(1);
      case "s32_f64":
        return saturating(2);
      case "u32_f64":
        return saturating(3);
      case "round_s32_f32":
        code.op(op.f32_reinterpret_i32, op.f32_nearest);
        return saturating(0);
      case "round_u32_f32":
        code.op(op.f32_reinterpret_i32, op.f32_nearest);
        return saturating(1);
      case "round_s32_f64":
        code.op(op.f64_nearest);
        return saturating(2);
      case "round_u32_f64":
        code.op(op.f64_nearest);
        return saturating(3);
      case "f64_f32":
        code.op(op.f32_reinterpret_i32, op.f64_promote_f32);
        return this.#nanCheck64();
      case "f32_f64":
        code.op(op.f32_demote_f64);
        return this.#nanCheck32();
      default:
        throw new RangeError(`the compiler has no ${name}`);
    }
  }

  #compare(x: Node, y: Node, wide: boolean): void {
    const code = this.#code;
    const pair = (operation: number): void => {
      for (const node of [x, y]) {
        this.#value(node);
        if (!wide) code.op(op.f32_reinterpret_i32);
      }
      code.op(operation);
    };
    code.constant(6).constant(8).constant(2).constant(3);
    pair(wide ? op.f64_gt : op.f32_gt);
    code.op(op.select);
    pair(wide ? op.f64_lt : op.f32_lt);
    code.op(op.select);
    pair(wide ? op.f64_eq : op.f32_eq);
    code.op(op.select);
  }

  /** SDIV and UDIV: 0 for a divisor of 0, and no trap for the lowest number by -1. */
  #divide(x: Node, y: Node, isSigned: boolean): void {
    const code = this.#code;
    this.#value(y);
    code.op(op.i32_eqz, op.if, type.i32).constant(0).op(op.else);
    this.#labels.push(undefined);
    // What is made in one arm must not be taken for made in what follows.
    const known = new Map(this.#known);
    if (isSigned) {
      this.#value(y);
      code.constant(-1).op(op.i32_eq, op.if, type.i32).constant(0);
      this.#value(x);
      code.op(op.i32_sub, op.else);
      this.#value(x);
      this.#value(y);
      code.op(op.i32_div_s, op.end);
    } else {
      this.#value(x);
      this.#value(y);
      code.op(op.i32_div_u);
    }
    code.op(op.end);
    this.#labels.pop();
    this.#known = known;
  }

  #flag(name: string): void {
    const code = this.#code;
    switch (name) {
      case "N":
        code.get(negative).constant(31).op(op.i32_shr_u);
        return;
      case "Z":
        code.get(zero).op(op.i32_eqz);
        return;
      case "C":
        code.get(one).get(other).op(op.i32_ge_u);
        return;
      case "V":
        code.get(overflow).constant(31).op(op.i32_shr_u);
        return;
      default:
        code.get(coreLocal).memory(op.i32_load, 4 * (name === "Q" ? cell.q : cell.ge));
    }
  }

  #setFlag({ text, args }: Node): void {
    const code = this.#code;
    this.#stale &= ~({ N: 8, Z: 4, C: 2, V: 1 }[text] ?? 0);
    if (text.length === 1 && text !== "Q") this.#dirty |= flagsBit;
    const [value] = args;
    const [x, y, z] = value!.args;
    switch (text) {
      case "N":
        // N is bit 31 of the result: the result itself says it.
        if (value!.op === "shr" && y!.op === "constant" && y!.number === 31) this.#value(x!);
        else {
          code.constant(0);
          this.#value(value!);
          code.op(op.i32_sub);
        }
        code.set(negative);
        this.#compared = false;
        return;
      case "Z":
        if (value!.op === "eqz") this.#value(x!);
        else {
          this.#value(value!);
          code.op(op.i32_eqz);
        }
        code.set(zero);
        return;
      case "C": {
        const minus = value!.op === "carry" && z!.op === "constant" && z!.number === 1 ? complement(y!) : undefined;
        if (minus === undefined) {
          this.#value(value!);
          code.set(one).constant(1).set(other);
          this.#compared = false;
          return;
        }
        this.#value(x!);
        if (typeof minus === "number") code.constant(minus);
        else this.#value(minus);
        code.set(other).set(one);
        this.#compared = true;
        return;
      }
      case "V":
        if (value!.op === "overflow") this.#overflow(x!, y!, z!);
        else {
          this.#compared = false;
          code.constant(0);
          this.#value(value!);
          code.op(op.i32_sub);
        }
        code.set(overflow);
        return;
      default:
        code.get(coreLocal);
        this.#value(value!);
        code.memory(op.i32_store, 4 * (text === "Q" ? cell.q : cell.ge));
    }
  }

  /** The carry of x + y + carry as 0 or 1. */
  #carry(x: Node, y: Node, carry: Node): void {
    const code = this.#code;
    const sum = (): void => {
      this.#value(x);
      this.#value(y);
      code.op(op.i32_add);
    };
    if (carry.op === "constant" && carry.number === 0) {
      sum();
      this.#value(x);
      code.op(op.i32_lt_u);
      return;
    }
    // With a carry in, the sum wraps when it is not above the operand; without, when it is below.
    sum();
    this.#value(x);
    code.op(op.i32_lt_u);
    sum();
    this.#value(carry);
    code.op(op.i32_add);
    this.#value(carry);
    code.op(op.i32_lt_u, op.i32_or);
  }

  /** A number that is negative when x + y + carry overflows. */
  #overflow(x: Node, y: Node, carry: Node): void {
    const code = this.#code;
    const sum = (): void => {
      this.#value(x);
      this.#value(y);
      code.op(op.i32_add);
      if (carry.op === "constant" && carry.number === 0) return;
      this.#value(carry);
      code.op(op.i32_add);
    };
    sum();
    code.tee(scratch);
    this.#value(x);
    code.op(op.i32_xor).get(scratch);
    this.#value(y);
    code.op(op.i32_xor, op.i32_and);
  }

  #condition(condition: number): void {
    const code = this.#code;
    const compare = (operation: number): void => {
      code.get(one).get(other).op(operation);
    };
    const sign = (): void => {
      code.get(negative).get(overflow).op(op.i32_xor).constant(0);
    };
    switch (condition) {
      case 0:
        code.get(zero).op(op.i32_eqz);
        return;
      case 1:
        code.get(zero).constant(0).op(op.i32_ne);
        return;
      case 2:
        return compare(op.i32_ge_u);
      case 3:
        return compare(op.i32_lt_u);
      case 4:
        code.get(negative).constant(0).op(op.i32_lt_s);
        return;
      case 5:
        code.get(negative).constant(0).op(op.i32_ge_s);
        return;
      case 6:
        code.get(overflow).constant(0).op(op.i32_lt_s);
        return;
      case 7:
        code.get(overflow).constant(0).op(op.i32_ge_s);
        return;
      case 8:
        if (this.#compared) return compare(op.i32_gt_u);
        compare(op.i32_ge_u);
        code.get(zero).constant(0).op(op.i32_ne, op.i32_and);
        return;
      case 9:
        if (this.#compared) return compare(op.i32_le_u);
        compare(op.i32_lt_u);
        code.get(zero).op(op.i32_eqz, op.i32_or);
        return;
      case 10:
        if (this.#compared) return compare(op.i32_ge_s);
        sign();
        code.op(op.i32_ge_s);
        return;
      case 11:
        if (this.#compared) return compare(op.i32_lt_s);
        sign();
        code.op(op.i32_lt_s);
        return;
      case 12:
        if (this.#compared) return compare(op.i32_gt_s);
        sign();
        code.op(op.i32_ge_s).get(zero).constant(0).op(op.i32_ne, op.i32_and);
        return;
      case 13:
        if (this.#compared) return compare(op.i32_le_s);
        sign();
        code.op(op.i32_lt_s).get(zero).op(op.i32_eqz, op.i32_or);
        return;
      default:
        code.constant(1);
    }
  }

  /** The place in the shared memory of a guest address, but for the offset of guest memory. */
  #address(node: Node): void {
    this.#value(node);
    if (this.#context.base !== 0) this.#code.constant(this.#context.base).op(op.i32_sub);
  }

  /** To the interpreter when the condition on the stack holds. */
  #faultIf(): void {
    this.#code.op(op.br_if).u32(this.#labels.length - this.#faultDepth);
  }

  /** Lets the access pass only where its page may be accessed in place, within one page, and aligned if it must be. */
  #check(node: Node, at: number, checked: Map<Node, "load" | "store">): void {
    const kind = node.op as "load" | "store";
    const address = node.args[0]!;
    const { base, offset } = split(address);
    // Words from one base, as LDM and STM access them, are checked together: first and last in one page.
    const others = this.#program.nodes.filter(
      (other, i) =>
        i >= at && other.op === kind && other.number === 4 && node.number === 4 && split(other.args[0]!).base === base,
    );
    if (checked.get(base) === kind && others.length > 0) return;
    const last = others.reduce((most, other) => Math.max(most, split(other.args[0]!).offset), offset);
    const bytes = last - offset + node.number;
    if (others.length > 1) checked.set(base, kind);
    const code = this.#code;
    this.#value(address);
    code.tee(scratch).constant(pageBits).op(op.i32_shr_u).memory(op.i32_load8_u, this.#context.table);
    code.constant(kind === "load" ? pageReadable : pageWritable).op(op.i32_and, op.i32_eqz);
    this.#faultIf();
    if (node.number > 1) {
      code
        .get(scratch)
        .constant(node.number - 1)
        .op(op.i32_and);
      if (node.access.aligned) this.#faultIf();
    }
    // What is aligned and no longer than its alignment lies in one page.
    const within = bytes === node.number;
    if (bytes === 1 || (within && node.access.aligned)) return;
    if (within) {
      code.op(op.if, type.none);
      this.#labels.push(undefined);
    } else if (node.number > 1 && !node.access.aligned) code.op(op.drop);
    code
      .get(scratch)
      .constant(pageSize - 1)
      .op(op.i32_and)
      .constant(pageSize - bytes)
      .op(op.i32_gt_u);
    this.#faultIf();
    if (within) {
      this.#labels.pop();
      code.op(op.end);
    }
  }

  /** A branch to a fixed address, or a call. */
  #branch(block: number, program: Program, { number, text }: Node): void {
    if (isCall(program)) {
      const key = this.#key(number, text === "" ? this.#region.isa : text);
      this.#call(program, () => this.#code.constant(key).constant(this.#context.slotOf(key)));
    } else if (text !== "") this.#return(this.#key(number, text));
    else this.#goOn(block, number);
  }

  /** Calls the function whose key and slot `push` pushes, and goes on here when it returns here. */
  #call(program: Program, push: () => void): void {
    const code = this.#code;
    const back = this.#key(program.address + program.size);
    this.#charge();
    this.#pending = 0;
    this.#leave();
    code.get(coreLocal);
    push();
    code.op(op.call_indirect).u32(0).u32(0).tee(scratch);
    code.constant(back).op(op.i32_ne, op.if, type.none).get(scratch).op(op.return, op.end);
    // Back for the interpreter, at this very address: what is deeper has left, so this must too.
    code
      .get(coreLocal)
      .memory(op.i32_load, 4 * cell.exit)
      .op(op.if, type.none)
      .get(scratch)
      .op(op.return, op.end);
    this.#stale = 0;
    this.#dirty = 0;
    this.#enter(this.#liveness.liveBehind.get(program)!);
  }

  /** A computed branch: a return, a call through a register, or a jump through a table. */
  #jump(block: number, program: Program, { op: name, args }: Node): void {
    const code = this.#code;
    const thumb = this.#region.isa === "t32";
    const { order, takes } = this.#structure;
    const known = knownTable(program).filter((to) => order.has(to) && takes(block, to));
    this.#value(args[0]!);
    if (name === "branchto")
      code
        .constant(thumb ? ~1 : ~3)
        .op(op.i32_and)
        .constant(thumb ? 1 : 0)
        .op(op.i32_or);
    code.set(scratch);
    if (isCall(program)) {
      this.#callThrough(program);
      return;
    }
    this.#table(known);
    this.#charge();
    this.#leave();
    code.get(scratch).op(op.return);
  }

  /** A call of the function whose key is in `scratch`: found in the map, or left to whoever called this. */
  #callThrough(program: Program): void {
    const code = this.#code;
    const { map } = this.#context;
    const at = (): Code =>
      code
        .get(scratch)
        .constant(1)
        .op(op.i32_shr_u)
        .constant(mapEntries - 1)
        .op(op.i32_and)
        .constant(3)
        .op(op.i32_shl);
    at().memory(op.i32_load, map).get(scratch).op(op.i32_ne, op.if, type.none);
    this.#labels.push(undefined);
    this.#charge();
    this.#leave();
    code.get(scratch).op(op.return);
    this.#labels.pop();
    code.op(op.end);
    this.#call(program, () => {
      code.get(scratch);
      at().memory(op.i32_load, map + 4);
    });
  }

  /** On at whichever of these blocks the key in `scratch` names; else behind. */
  #table(targets: readonly number[]): void {
    if (targets.length === 0) return;
    const code = this.#code;
    const thumb = this.#region.isa === "t32" ? 1 : 0;
    const shift = thumb === 1 ? 1 : 2;
    const least = Math.min(...targets);
    const entries = ((Math.max(...targets) - least) >> shift) + 1;
    this.#charge();
    const labels = Array.from({ length: entries }, (_, i) => {
      const address = least + (i << shift);
      return targets.includes(address) ? this.#depthOf(address) + 1 : 0;
    });
    code.op(op.block, type.none);
    code
      .get(scratch)
      .constant(least | thumb)
      .op(op.i32_sub)
      .constant(shift)
      .op(op.i32_rotr);
    code.op(op.br_table).u32(entries);
    for (const label of labels) code.u32(label);
    code.u32(0);
    code.op(op.end);
    this.#pending = 0;
  }

  #depthOf(address: number): number {
    for (let i = this.#labels.length - 1; i >= 0; i--)
      if (this.#labels[i]?.block === address) return this.#labels.length - 1 - i;
    throw new RangeError(`no label for 0x${address.toString(16)}`);
  }

  /** On at a block: by its label, in place, or out of the region. */
  #goOn(from: number, to: number): void {
    const { blocks } = this.#region;
    if (!blocks.has(to) || !this.#structure.takes(from, to)) {
      this.#return(this.#key(to));
      return;
    }
    const isLabelled =
      this.#structure.merges.has(to) || this.#structure.order.get(to)! <= this.#structure.order.get(from)!;
    if (isLabelled) {
      this.#charge();
      this.#code.op(op.br).u32(this.#depthOf(to));
      return;
    }
    this.#charge();
    const [program, fault, known, words, doubles] = [
      this.#program,
      this.#faultDepth,
      this.#known,
      this.#words,
      this.#doubles,
    ];
    this.#tree(to);
    [this.#program, this.#faultDepth, this.#known, this.#words, this.#doubles] = [
      program,
      fault,
      known,
      words,
      doubles,
    ];
  }
}

/** Locals that the values of one instruction may use; the last double is for checks. */
const maximumWords = 200;
const maximumDoubles = 8;

/** An instruction with more values than there are locals: the region is left to the interpreter. */
export class TooManyValues extends Error {}

function mayFault({ nodes }: Program): boolean {
  return nodes.some(({ op: name }) => name === "load" || name === "store" || mayBeNan(name));
}

function mayBeNan(name: string): boolean {
  return floats[name] !== undefined || name === "f64_f32" || name === "f32_f64";
}

/** An address as a base and what is added to it. */
function split(address: Node): { readonly base: Node; readonly offset: number } {
  const [x, y] = address.args;
  if (address.op === "add" && y!.op === "constant" && y!.number >= 0 && y!.number < 256)
    return { base: x!, offset: y!.number };
  return { base: address, offset: 0 };
}

/** y when the node is NOT(y). */
function complement(node: Node): Node | number | undefined {
  if (node.op === "constant") return ~node.number;
  const [x, y] = node.args;
  return node.op === "xor" && y!.op === "constant" && y!.number === -1 ? x : undefined;
}

/** Is the node, or what is made from it, used behind a place in the program? */
function usedAfter(nodes: readonly Node[], node: Node, at: number): boolean {
  const from = new Set<Node>([node]);
  for (let i = 0; i < nodes.length; i++) {
    const one = nodes[i]!;
    if (!one.args.some((arg) => from.has(arg))) continue;
    if (one.type !== "none" && one.op !== "load") from.add(one);
    // At the place itself the value is used and then the register written.
    if (i > at && one.type === "none") return true;
    if (i > at && one.op === "load") return true;
  }
  return false;
}
