import { isChoice } from "./choice.js";
import { askedBehind, importedFunctions } from "./emit-caches.js";
import { isChecked } from "./emit-float.js";
import { exitReason, StateEmitter } from "./emit-state.js";
import { allFlags, type FlagSet, liveFlags } from "./flag-liveness.js";
import { cell, mapEntries } from "./layout.js";
import { isByRoutine, isLeft, isRefusal, mayFault, mayNeedRoutine } from "./leaving.js";
import { coreLocal, firstFree, left, negative, one, other, overflow, registerLocal, scratch, zero } from "./locals.js";
import type { Node, Program } from "./node.js";
import { type Block, fallsThrough, isCall, knownTable, type Region } from "./region.js";
import type { Guard } from "./sites.js";
import { type StateLiveness, type StateSet, stateLiveness, stateOf } from "./state-liveness.js";
import { type Structure, structureOf } from "./structure.js";
import { addTo, type EmitContext, maximumDoubles, plainStates } from "./values.js";
import { type Code, type ModuleFunction, op, type } from "./wasm-encoder.js";

/** Calls of compiled functions in one another. */
const deepest = 200;

/** Writes a region as one WebAssembly function. */
export function emitRegion(region: Region, context: EmitContext): ModuleFunction {
  return new Emitter(region, context).function();
}

class Emitter extends StateEmitter {
  readonly #region: Region;
  readonly #structure: Structure;
  readonly #live: ReadonlyMap<number, FlagSet>;
  readonly #liveness: StateLiveness;
  /** What is loaded late, and the instruction behind which it is. */
  #later: { readonly behind: Program; readonly state: StateSet } | undefined;
  /** Has the way through the code that is written now left? */
  #gone = false;
  /** Instructions of the block that are not yet taken off the budget, and above them the fetches of those. */
  #pending = 0;
  /** The line of the instruction fetched last, where it is known. */
  #line = -1;

  constructor(region: Region, context: EmitContext) {
    super(context);
    this.#region = region;
    this.#structure = structureOf(region);
    const leaves = (program: Program): boolean => isLeft(program, context);
    // Where each fetch may find other code, any instruction may be left to others.
    const always = this.caches !== undefined;
    // A handler sees the flags that an exception saves.
    const handled = (program: Program): boolean => context.handlers && mayFault(program);
    const isSite = ({ address }: Program): boolean => context.guard(address) !== undefined;
    this.#live = liveFlags(region, (program) => always || isSite(program) || leaves(program) || handled(program));
    this.#liveness = stateLiveness(region, leaves, (program) => always || isSite(program) || mayFault(program));
  }

  function(): ModuleFunction {
    const needed = this.#liveness.live.get(this.#region.entry)!;
    const first = this.#structure.loops.has(this.#region.entry) ? undefined : this.#untilLeaving();
    this.enter(first === undefined ? needed : needed & first.state);
    if (first !== undefined) this.#later = { behind: first.last, state: needed & ~first.state };
    // A function that calls itself may only go on while the budget lasts.
    if (!this.#structure.loops.has(this.#region.entry) && !this.context.single) this.#checkBudget(this.#region.entry);
    this.#tree(this.#region.entry);
    this.code.op(op.unreachable);
    const code = this.withExits();
    return {
      name: "f",
      locals: [
        [firstFree - registerLocal, type.i32],
        [maximumDoubles, type.f64],
        [this.mostWords, type.i32],
      ],
      code,
    };
  }

  /**
   * Where the entry's block may leave early, as functions that call themselves do when there is nothing to do: the instruction that does, and
   * the state it and those before it have to do with. All else is loaded behind it.
   */
  #untilLeaving(): { readonly last: Program; readonly state: StateSet } | undefined {
    let state = 0;
    for (const program of this.#region.blocks.get(this.#region.entry)!.programs) {
      if (isCall(program) || isLeft(program, this.context) || mayFault(program)) return undefined;
      state |= stateOf(program);
      if (program.nodes.some(({ op: name }) => name === "branch")) return undefined;
      if (program.nodes.some(({ op: name }) => name === "exchange" || name === "branchto"))
        return fallsThrough(program) ? { last: program, state } : undefined;
    }
    return undefined;
  }

  /** Back to whoever called, to go on at a key. */
  #return(key: number): void {
    this.#charge();
    if (!this.context.single) {
      this.exit(key, exitReason.jump, 0);
      return;
    }
    this.leave();
    this.next(key);
    this.code.constant(key).op(op.return);
  }

  /** Back, for the interpreter to execute the instruction here. */
  #interpret({ address, it }: Program): void {
    this.exit(this.#key(address), exitReason.interpret, it);
  }

  #key(address: number, isa: string = this.#region.isa): number {
    return address | (isa === "t32" ? 1 : 0) | 0;
  }

  #charge(): void {
    if (this.#pending === 0 || this.context.single) return;
    this.code
      .get(left)
      .constant(this.#pending & 0xffff)
      .op(op.i32_sub)
      .set(left);
    this.caches?.fetched(this.#pending >>> 16);
  }

  /** A block with all that it dominates. */
  #tree(address: number): void {
    const code = this.code;
    this.#pending = 0;
    const isLabelled = this.#structure.merges.has(address) || this.#structure.loops.has(address);
    if (isLabelled) this.dirty = this.#liveness.dirty.get(address)!;
    if (this.#structure.merges.has(address) && !this.#structure.loops.has(address)) this.#forget(address);
    const children = this.#structure.labelled.get(address) ?? [];
    const isLoop = this.#structure.loops.has(address);
    if (isLoop) {
      code.op(op.loop, type.none);
      this.labels.push({ block: address, loop: true });
      this.compared = false;
      this.#forget(address);
      // A loop may only go on while the budget lasts.
      this.#checkBudget(address);
    }
    for (const child of children) {
      code.op(op.block, type.none);
      this.labels.push({ block: child, loop: false });
    }
    this.#block(this.#region.blocks.get(address)!);
    for (const child of [...children].reverse()) {
      this.labels.pop();
      code.op(op.end);
      this.compared = false;
      this.#pending = 0;
      this.#tree(child);
    }
    if (isLoop) {
      this.labels.pop();
      code.op(op.end);
    }
  }

  /**
   * Where control comes together, flags that nothing reads are set to no matter what: else every way there would have to work them out.
   */
  #forget(address: number): void {
    const dead = allFlags & ~this.#live.get(address)!;
    const clear = (flags: FlagSet, ...locals: readonly number[]): void => {
      if (dead & flags) for (const local of locals) this.code.constant(0).set(local);
    };
    clear(8, negative);
    clear(4, zero);
    clear(2, one, other);
    clear(1, overflow);
    this.stale = dead;
  }

  #checkBudget(address: number): void {
    this.code.get(left).constant(0).op(op.i32_lt_s, op.if, type.none);
    this.labels.push(undefined);
    this.#return(this.#key(address));
    this.labels.pop();
    this.code.op(op.end);
  }

  #block({ address, programs, through }: Block): void {
    this.#pending = 0;
    this.#line = -1;
    for (const program of programs) {
      this.#instruction(address, program);
      if (this.#later?.behind === program) {
        this.loadState(this.#later.state);
        this.#later = undefined;
      }
      if (isLeft(program, this.context)) return;
    }
    if (through !== undefined) this.#goOn(address, through);
  }

  #instruction(block: number, program: Program): void {
    const code = this.code;
    this.program = program;
    this.known = new Map();
    this.words = 0;
    this.doubles = 0;
    this.#fetch(program);
    if (isLeft(program, this.context)) {
      this.#charge();
      this.#interpret(program);
      return;
    }
    const cost = 1 + (this.#unitsOf(program) << 16);
    const site = this.context.guard(program.address);
    if (site !== undefined && site !== "left") this.#guard(program, site, cost);
    this.#pending += cost;
    const faults = mayFault(program);
    const checks = faults || mayNeedRoutine(program);
    if (checks) {
      code.op(op.block, type.none, op.block, type.none);
      this.labels.push(undefined, undefined);
      this.faultDepth = this.labels.length;
    }
    const [compared, stale, dirty] = [this.compared, this.stale, this.dirty];
    if (isByRoutine(program)) this.#byRoutine(program);
    else this.#nodes(block, program);
    if (checks) {
      code.op(op.br).u32(1).op(op.end);
      this.labels.pop();
      if (faults) {
        // The state is that of before the instruction, which the interpreter then executes.
        const after = [this.compared, this.stale, this.dirty] as const;
        [this.compared, this.stale, this.dirty] = [compared, stale, dirty];
        this.#pending -= cost;
        this.#charge();
        this.#pending += cost;
        this.#interpret(program);
        [this.compared, this.stale, this.dirty] = after;
      } else this.#routine(program);
      code.op(op.end);
      this.labels.pop();
      this.faultDepth = -1;
    }
  }

  /** Does what the instruction does when its condition holds, by its routine: nothing else of the core is touched. */
  #routine({ word }: Program): void {
    const routine = askedBehind(this.#region.isa, this.caches !== undefined);
    this.code.get(coreLocal).constant(word).op(op.call).u32(routine).op(op.drop);
  }

  #byRoutine(program: Program): void {
    const condition = program.nodes.find(({ op: name }) => name === "when")?.args[0];
    if (condition === undefined) {
      this.#routine(program);
      return;
    }
    const { compared } = this;
    this.value(condition);
    this.code.op(op.if, type.none);
    this.#routine(program);
    this.code.op(op.end);
    this.compared = compared;
  }

  /** Goes the way of the form that a declared site is in, if that is not the one compiled here. */
  #guard(program: Program, { at, form, others }: Guard, cost: number): void {
    const code = this.code;
    const [dirty, pending] = [this.dirty, this.#pending];
    const now = (): Code => code.get(coreLocal).memory(op.i32_load8_u, at);
    now().constant(form).op(op.i32_ne, op.if, type.none);
    this.labels.push(undefined);
    this.#pending += cost;
    for (const way of others) {
      now().constant(way.form).op(op.i32_eq, op.if, type.none);
      this.#charge();
      if (way.link !== undefined) code.constant(way.link).set(registerLocal + 14);
      if (way.link !== undefined) this.dirty |= 1 << 14;
      this.leave();
      if (this.context.single) this.next(way.to);
      code.constant(way.to).op(op.return, op.end);
      this.dirty = dirty;
    }
    this.#pending = pending;
    this.#charge();
    this.#interpret(program);
    this.labels.pop();
    code.op(op.end);
  }

  #unitsOf({ size }: Program): number {
    return this.#region.isa === "t32" ? size >> 1 : 1;
  }

  /** Looks at the lines that the instruction lies in, where the one before it has not. */
  #fetch(program: Program): void {
    const { caches } = this;
    if (caches === undefined) return;
    for (const at of [program.address, program.address + program.size - 1]) {
      const number = caches.lineOf(at);
      if (number === this.#line) continue;
      this.#line = number;
      caches.fetch(number, () => {
        // In two conditions of the caches'.
        this.labels.push(undefined, undefined);
        this.#charge();
        this.#interpret(program);
        this.labels.length -= 2;
      });
    }
  }

  #nodes(block: number, program: Program): void {
    const { nodes } = program;
    const code = this.code;
    const outer: { known: Map<Node, number>; compared: boolean; pending: number; stale: FlagSet; dirty: StateSet }[] =
      [];
    const checked = new Map<Node, "load" | "store">();
    /** The condition under which registers are written here, where what they are written with is worked out in any case. */
    let chosen: Node | undefined;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!;
      switch (node.op) {
        case "when":
          if (isRefusal(nodes, i)) {
            this.value(node.args[0]!);
            this.faultIf();
            i += 2;
            break;
          }
          if (isChoice(nodes, i)) {
            chosen = node.args[0];
            break;
          }
          if (isCall(program)) {
            // What is behind a conditional call is not to be charged twice.
            this.#charge();
            this.#pending = 0;
          }
          this.value(node.args[0]!);
          code.op(op.if, type.none);
          this.labels.push(undefined);
          outer.push({
            known: this.known,
            compared: this.compared,
            pending: this.#pending,
            stale: this.stale,
            dirty: this.dirty,
          });
          this.known = new Map(this.known);
          this.#gone = false;
          break;
        case "end": {
          if (chosen !== undefined) {
            chosen = undefined;
            break;
          }
          const before = outer.pop()!;
          code.op(op.end);
          this.labels.pop();
          this.known = before.known;
          // What a way that has left made of the state is nothing to the other.
          this.compared = before.compared && (this.#gone || this.compared);
          this.#pending = before.pending;
          this.stale = this.#gone ? before.stale : this.stale | before.stale;
          this.dirty = this.#gone ? before.dirty : this.dirty | before.dirty;
          this.#gone = false;
          break;
        }
        case "register":
          this.registerValue(node, i);
          break;
        case "flag":
        case "word":
        case "system":
        case "double":
          this.keep(node);
          break;
        case "load":
          this.load(node, i, checked);
          break;
        case "store":
          this.store(node, i, checked);
          break;
        case "loadexclusive":
          this.loadExclusive(node, i, checked);
          break;
        case "storeexclusive":
          this.storeExclusive(node, i, checked);
          break;
        case "clearexclusive":
          this.clearExclusive();
          break;
        case "setregister":
          this.value(node.args[0]!);
          if (chosen !== undefined) {
            code.get(registerLocal + node.number);
            this.value(chosen);
            code.op(op.select);
          }
          code.set(registerLocal + node.number);
          this.dirty |= 1 << node.number;
          break;
        case "setflag":
          this.setFlag(node);
          break;
        case "setword":
          code.get(coreLocal);
          this.value(node.args[0]!);
          code.memory(op.i32_store, 4 * (cell.words + node.number));
          break;
        case "setdouble":
          code.get(coreLocal);
          this.value(node.args[0]!);
          code.memory(op.f64_store, 4 * (cell.words + 2 * node.number));
          break;
        case "setsystem":
          code.get(coreLocal);
          this.value(node.args[0]!);
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
        case "cleandcache":
          this.privileged();
          break;
        case "invalidateicache":
          this.invalidate(node);
          break;
        default:
          // Values are made where they are used, checks where they are made.
          if (isChecked(node.op)) this.keep(node);
          break;
      }
    }
  }

  /** A branch to a fixed address, or a call. */
  #branch(block: number, program: Program, { number, text }: Node): void {
    if (isCall(program) && !this.context.single) {
      const key = this.#key(number, text === "" ? this.#region.isa : text);
      this.#call(
        program,
        () => this.code.constant(key),
        () => this.code.constant(this.context.slotOf(key)),
        key === this.#key(this.#region.entry),
      );
    } else if (text !== "") this.#return(this.#key(number, text));
    else this.#goOn(block, number);
  }

  /** Calls the function whose key and slot are pushed, and goes on here when it returns here. */
  #call(program: Program, key: () => void, slot: () => void, isSelf = false): void {
    const code = this.code;
    const back = this.#key(program.address + program.size);
    this.#charge();
    this.#pending = 0;
    this.leave();
    // The host's stack is finite, the guest's recursion is not: too deep, all calls are left, and it goes on from the bottom.
    code
      .get(coreLocal)
      .memory(op.i32_load, 4 * cell.depth)
      .constant(deepest)
      .op(op.i32_ge_s, op.if, type.none);
    key();
    code.op(op.return, op.end);
    addTo(cell.depth, 1, code);
    code.get(coreLocal);
    key();
    // What is called is what runs: without caches nothing takes its place before all calls are left.
    if (isSelf && this.caches === undefined) code.op(op.call).u32(importedFunctions);
    else {
      slot();
      code.op(op.call_indirect).u32(0).u32(0);
    }
    code.set(scratch);
    addTo(cell.depth, -1, code);
    code.get(scratch);
    code.constant(back).op(op.i32_ne, op.if, type.none).get(scratch).op(op.return, op.end);
    // Back for the interpreter, at this very address: what is deeper has left, so this must too.
    code
      .get(coreLocal)
      .memory(op.i32_load, 4 * cell.exit)
      .op(op.if, type.none)
      .get(scratch)
      .op(op.return, op.end);
    this.stale = 0;
    this.dirty = 0;
    this.#line = -1;
    this.enter(this.#liveness.liveBehind.get(program)!);
  }

  /** A computed branch: a return, a call through a register, or a jump through a table. */
  #jump(block: number, program: Program, { op: name, args }: Node): void {
    const code = this.code;
    const thumb = this.#region.isa === "t32";
    const { order, takes } = this.#structure;
    const known = knownTable(program).filter((to) => order.has(to) && takes(block, to));
    this.value(args[0]!);
    if (name === "branchto")
      code
        .constant(thumb ? ~1 : ~3)
        .op(op.i32_and)
        .constant(thumb ? 1 : 0)
        .op(op.i32_or);
    code.set(scratch);
    if (isCall(program) && !this.context.single) {
      this.#callThrough(program);
      return;
    }
    this.#table(known);
    this.#charge();
    this.leave();
    if (this.context.single) this.next();
    code.get(scratch).op(op.return);
  }

  /** A call of the function whose key is in `scratch`: found in the map, or left to whoever called this. */
  #callThrough(program: Program): void {
    const code = this.code;
    const { map } = this.context;
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
    this.labels.push(undefined);
    this.#charge();
    this.leave();
    code.get(scratch).op(op.return);
    this.labels.pop();
    code.op(op.end);
    this.#call(
      program,
      () => code.get(scratch),
      () => at().memory(op.i32_load, map + 4),
    );
  }

  /** On at whichever of these blocks the key in `scratch` names; else behind. */
  #table(targets: readonly number[]): void {
    if (targets.length === 0) return;
    const code = this.code;
    const thumb = this.#region.isa === "t32" ? 1 : 0;
    const shift = thumb === 1 ? 1 : 2;
    const least = Math.min(...targets);
    const entries = ((Math.max(...targets) - least) >> shift) + 1;
    this.#charge();
    const labels = Array.from({ length: entries }, (_, i) => {
      const address = least + (i << shift);
      const depth = targets.includes(address) ? this.depthOf(address) : undefined;
      return depth === undefined ? 0 : depth + 1;
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
      const depth = this.depthOf(to);
      // Code that no loops and conditions make up leaves the region, and comes back to it.
      if (depth === undefined) this.#return(this.#key(to));
      else {
        this.#charge();
        this.code.op(op.br).u32(depth);
      }
      return;
    }
    this.#charge();
    const { program, faultDepth, known, words, doubles } = this;
    const line = this.#line;
    this.#tree(to);
    Object.assign(this, { program, faultDepth, known, words, doubles });
    this.#line = line;
  }
}
