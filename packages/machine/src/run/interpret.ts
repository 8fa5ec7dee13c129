import { binaryOf, carryOutOf, overflowOf, unaryOf } from "../pseudocode/evaluate.js";
import type { Binary, Convert, FloatBinary, FloatUnary, Unary } from "../pseudocode/operations.js";
import { Interruption, type RunCore } from "./core.js";
import { arithmeticNames, compare32, compare64, conversions, double, single } from "./floating-point.js";
import { MemoryFault } from "./guest-memory.js";
import { cell, cellBytes, flagCell } from "./layout.js";
import { type Node, type Program, usedAfter } from "./node.js";

/** Does one operation of an instruction. */
type Action = (cells: Int32Array, core: RunCore) => void;

/** A program the interpreter can run: for each core, one after the other. */
export interface Interpretable {
  readonly program: Program;
  readonly actions: readonly Action[];
}

/** Prepares a program: each of its values gets a cell, and each operation a function on cells. */
export function interpretable(program: Program, constants: Constants): Interpretable {
  const lowering = new Lowering(program.nodes, constants);
  const actions = lowering.actions();
  return { program, actions: [...lowering.first, ...actions] };
}

/** The constants of all instructions: each has a cell, of every core, so that an operand is a cell whatever it is. */
export class Constants {
  readonly #cores: readonly Int32Array[];
  readonly #cells = new Map<number, number>();

  constructor(cores: readonly Int32Array[]) {
    this.#cores = cores;
  }

  /** Undefined when there are more constants than cells. */
  cellOf(value: number): number | undefined {
    let at = this.#cells.get(value);
    if (at === undefined) {
      if (this.#cells.size >= constantCells) return undefined;
      at = firstConstant + this.#cells.size;
      this.#cells.set(value, at);
      for (const cells of this.#cores) cells[at] = value;
    }
    return at;
  }
}

/** The upper half of a core's cells. */
const firstConstant = cellBytes / 8;
const constantCells = cellBytes / 8;

class Lowering {
  readonly #nodes: readonly Node[];
  readonly #cells = new Map<Node, number>();
  #next: number = cell.temporaries;
  #at = 0;

  readonly #constants: Constants;
  /** What is done before the operations. */
  readonly first: Action[] = [];
  /** Parts of values that are made together with others. */
  readonly #skipped = new Set<Node>();

  constructor(nodes: readonly Node[], constants: Constants) {
    this.#nodes = nodes;
    this.#constants = constants;
    nodes.forEach((node, i) => {
      if (node.op !== "setflag" || node.text !== "N" || node.args[0]!.op !== "shr") return;
      const zero = nodes[i + 1];
      if (zero?.text !== "Z" || zero.args[0]?.op !== "eqz" || zero.args[0].args[0] !== node.args[0]!.args[0]) return;
      const parts = [node.args[0]!, zero.args[0]];
      const [carry, overflow] = [nodes[i + 2], nodes[i + 3]];
      if (carry?.text === "C" && carry.args[0]?.op === "carry" && overflow?.args[0]?.op === "overflow")
        parts.push(carry.args[0], overflow.args[0]);
      for (const part of parts) if (part.uses === 1) this.#skipped.add(part);
    });
  }

  /** The operations up to the end of the program or of a region. */
  actions(): Action[] {
    const actions: Action[] = [];
    for (;;) {
      const node = this.#nodes[this.#at++];
      if (node === undefined || node.op === "end") return actions;
      if (node.op === "when") {
        actions.push(this.#when(node));
        continue;
      }
      if (this.#skipped.has(node)) continue;
      if (node.op === "register" && !this.#isCopied(node)) {
        this.#cells.set(node, node.number);
        continue;
      }
      const fused = this.#flags(node);
      if (fused !== undefined) {
        actions.push(fused);
        continue;
      }
      actions.push(this.#action(node));
    }
  }

  #when({ args }: Node): Action {
    const condition = args[0]!;
    const test = condition.op === "condition" ? conditions[condition.number]! : undefined;
    const branch = this.#nodes[this.#at]!;
    if (test !== undefined && branch.op === "branch" && branch.text === "" && this.#nodes[this.#at + 1]?.op === "end") {
      const { number } = branch;
      this.#at += 2;
      return (cells, core) => {
        if (test(cells)) core.next = number;
      };
    }
    const at = test === undefined ? this.#cells.get(condition)! : 0;
    const then = this.actions();
    if (test !== undefined) {
      return (cells, core) => {
        if (test(cells)) for (let i = 0; i < then.length; i++) then[i]!(cells, core);
      };
    }
    return (cells, core) => {
      if (cells[at] !== 0) for (let i = 0; i < then.length; i++) then[i]!(cells, core);
    };
  }

  /** Is the register written before the value read from it is last used? Then it has to be copied. */
  #isCopied(node: Node): boolean {
    const from = this.#nodes.indexOf(node);
    const written = this.#nodes.findIndex(
      (one, i) => i > from && one.op === "setregister" && one.number === node.number,
    );
    return written >= 0 && usedAfter(this.#nodes, node, written);
  }

  /** N, Z, C and V of a sum, or N and Z of a result, in one go. */
  #flags(node: Node): Action | undefined {
    if (node.op !== "setflag" || node.text !== "N") return undefined;
    const at = this.#at;
    const [zero, carry, overflow] = [this.#nodes[at], this.#nodes[at + 1], this.#nodes[at + 2]];
    const result = node.args[0]!.args[0];
    if (
      node.args[0]!.op !== "shr" ||
      zero?.text !== "Z" ||
      zero.args[0]?.op !== "eqz" ||
      zero.args[0].args[0] !== result
    )
      return undefined;
    if (carry?.text !== "C" || carry.args[0]?.op !== "carry" || overflow?.args[0]?.op !== "overflow") {
      this.#at = at + 1;
      const from = this.#cellOf(result!);
      return (cells) => {
        const value = cells[from]!;
        cells[cell.n] = value >>> 31;
        cells[cell.z] = value === 0 ? 1 : 0;
      };
    }
    this.#at = at + 3;
    const [x, y, z] = carry.args[0].args.map((arg) => this.#cellOf(arg));
    return (cells) => {
      const [a, b] = [cells[x!]!, cells[y!]!];
      const sum = a + b + cells[z!]!;
      const low = sum | 0;
      cells[cell.n] = low >>> 31;
      cells[cell.z] = low === 0 ? 1 : 0;
      cells[cell.v] = sum === low ? 0 : 1;
      cells[cell.c] = (a >>> 0) + (b >>> 0) + cells[z!]! > 0xffffffff ? 1 : 0;
    };
  }

  /** A cell that holds the value. */
  #cellOf(node: Node): number {
    if (node.op !== "constant") return this.#cells.get(node)!;
    return this.#constants.cellOf(node.number) ?? this.#ownConstant(node.number);
  }

  /** A constant that has no cell for good is written to one each time. */
  #ownConstant(value: number): number {
    const to = this.#fresh();
    this.first.push((cells) => {
      cells[to] = value;
    });
    return to;
  }

  #fresh(): number {
    const to = this.#next;
    this.#next += 2;
    return to;
  }

  /** Where a value goes: the register that it is made for, if that is all it is for, else a cell of its own. */
  #target(node: Node): number {
    const next = this.#nodes[this.#at];
    if (
      next?.op === "setregister" &&
      next.args[0] === node &&
      node.uses === 1 &&
      node.type === "word" &&
      !node.op.startsWith("load")
    ) {
      this.#at++;
      return next.number;
    }
    return this.#fresh();
  }

  #action(node: Node): Action {
    const to = node.type === "none" ? 0 : this.#target(node);
    if (node.type !== "none") this.#cells.set(node, to);
    const { op, number, text } = node;
    const [x = 0, y = 0, z = 0] = node.args.map((arg) => this.#cellOf(arg));
    const aligned = node.access.aligned === true;
    switch (op) {
      case "select":
        return (cells) => {
          cells[to] = cells[x] !== 0 ? cells[y]! : cells[z]!;
        };
      case "carry":
        return (cells) => {
          cells[to] = carryOutOf(cells[x]!, cells[y]!, cells[z]!);
        };
      case "overflow":
        return (cells) => {
          cells[to] = overflowOf(cells[x]!, cells[y]!, cells[z]!);
        };
      case "register":
        return (cells) => {
          cells[to] = cells[number]!;
        };
      case "setregister":
        return (cells) => {
          cells[number] = cells[x]!;
        };
      case "flag": {
        const flag = flagCell[text]!;
        return (cells) => {
          cells[to] = cells[flag]!;
        };
      }
      case "setflag": {
        const flag = flagCell[text]!;
        return (cells) => {
          cells[flag] = cells[x]!;
        };
      }
      case "condition": {
        const test = conditions[number]!;
        return (cells) => {
          cells[to] = test(cells) ? 1 : 0;
        };
      }
      case "load":
        return (cells, core) => {
          cells[to] = core.load(cells[x]!, number, aligned);
        };
      case "store":
        return (cells, core) => core.store(cells[x]!, cells[y]!, number, aligned);
      case "loadexclusive":
        return (cells, core) => core.loadExclusive(cells[x]!, number, to);
      case "highword":
        return (cells) => {
          cells[to] = cells[x + 1]!;
        };
      case "storeexclusive":
        return (cells, core) => {
          cells[to] = core.storeExclusive(cells[x]!, cells[y]!, number, number === 8 ? cells[z]! : 0);
        };
      case "clearexclusive":
        return (_, core) => core.clearExclusive();
      case "word":
        return (cells) => {
          cells[to] = cells[cell.words + number]!;
        };
      case "setword":
        return (cells) => {
          cells[cell.words + number] = cells[x]!;
        };
      case "double":
        return (cells) => {
          cells[to] = cells[cell.words + 2 * number]!;
          cells[to + 1] = cells[cell.words + 2 * number + 1]!;
        };
      case "setdouble":
        return (cells) => {
          cells[cell.words + 2 * number] = cells[x]!;
          cells[cell.words + 2 * number + 1] = cells[x + 1]!;
        };
      case "joined":
        return (cells) => {
          const [low, high] = [cells[x]!, cells[y]!];
          cells[to] = low;
          cells[to + 1] = high;
        };
      case "half":
        return (cells) => {
          cells[to] = cells[x + number]!;
        };
      case "compute": {
        const [apply, from] = [node.apply!, node.args.map((arg) => this.#cellOf(arg))];
        return (cells, { fpscr }) => {
          cells[to] = apply(
            from.map((at) => cells[at]!),
            fpscr,
          );
        };
      }
      case "fcompare32":
        return (cells, core) => {
          cells[to] = compare32(core, x, y, number === 1);
        };
      case "fcompare64":
        return (cells, core) => {
          cells[to] = compare64(core, x, y, number === 1);
        };
      case "branch": {
        const thumb = text === "" ? -1 : text === "t32" ? 1 : 0;
        return (cells, core) => {
          core.next = number;
          if (thumb >= 0) cells[cell.thumb] = thumb;
        };
      }
      case "branchto":
        return (cells, core) => {
          core.next = (cells[x]! & (cells[cell.thumb] === 1 ? ~1 : ~3)) >>> 0;
        };
      case "exchange":
        return (cells, core) => exchange(core, cells[x]!);
      case "return":
        return (cells, core) =>
          core.host.exceptionReturn(core, cells[x]!, node.args.length > 1 ? cells[y]! : undefined);
      case "trap":
        return (cells, core) => core.host.trap(core, text as "undefined" | "svc" | "bkpt", cells[x]! >>> 0, number);
      case "it":
        return (cells) => {
          cells[cell.it] = number;
        };
      case "hint":
        return (_, core) => core.host.hint(core, text);
      case "dmb":
      case "dsb":
      case "isb":
        return (_, core) => core.host.barrier(core, op, text);
      case "cleandcache":
        return (cells, core) => core.host.cleanDcache(core, cells[x]! >>> 0);
      case "invalidateicache": {
        const all = node.args.length === 0;
        return (cells, core) => core.host.invalidateIcache(core, all ? undefined : cells[x]! >>> 0, text);
      }
      case "invalidatepredictor":
        return () => {};
      case "system":
        return (cells, core) => {
          cells[to] = core.host.system(core, text);
        };
      case "setsystem":
        return (cells, core) => core.host.setSystem(core, text, cells[x]!);
      case "banked":
        return (cells, core) => {
          cells[to] = core.host.banked(core, number >> 4, number & 15);
        };
      case "setbanked":
        return (cells, core) => core.host.setBanked(core, number >> 4, number & 15, cells[x]!);
      case "alignmentfault":
        return (cells) => {
          throw new MemoryFault(text as "read" | "write", cells[x]!, "alignment");
        };
      case "unpredictable":
      case "unimplemented":
        return () => {
          throw new Interruption({ kind: op, reason: text });
        };
      default:
        return this.#computation(node, to, x, y);
    }
  }

  #computation({ op, args }: Node, to: number, x: number, y: number): Action {
    const unary = unaryOf[op as Unary];
    if (unary !== undefined) {
      return (cells) => {
        cells[to] = unary(cells[x]!);
      };
    }
    const fast = common(op, to, x, y);
    if (fast !== undefined) return fast;
    const binary = binaryOf[op as Binary];
    if (binary !== undefined) {
      return (cells) => {
        cells[to] = binary(cells[x]!, cells[y]!);
      };
    }
    const float = op.slice(0, -2);
    if (arithmeticNames.has(float)) {
      const [name, other] = [float as FloatBinary | FloatUnary, args.length === 1 ? x : y];
      return op.endsWith("64")
        ? (_, core) => double(core, name, to, x, other)
        : (_, core) => single(core, name, to, x, other);
    }
    const conversion = conversions[op as Convert];
    return (_, core) => conversion(core, to, x);
  }
}

/** The operations that most instructions are made of, each as a function of its own. */
function common(op: string, to: number, x: number, y: number): Action | undefined {
  switch (op) {
    case "add":
      return (cells) => {
        cells[to] = cells[x]! + cells[y]!;
      };
    case "sub":
      return (cells) => {
        cells[to] = cells[x]! - cells[y]!;
      };
    case "and":
      return (cells) => {
        cells[to] = cells[x]! & cells[y]!;
      };
    case "or":
      return (cells) => {
        cells[to] = cells[x]! | cells[y]!;
      };
    case "xor":
      return (cells) => {
        cells[to] = cells[x]! ^ cells[y]!;
      };
    case "shl":
      return (cells) => {
        cells[to] = cells[x]! << cells[y]!;
      };
    case "shr":
      return (cells) => {
        cells[to] = cells[x]! >>> cells[y]!;
      };
    default:
      return undefined;
  }
}

/** BXWritePC. */
function exchange(core: RunCore, target: number): void {
  if ((target & 3) === 2)
    throw new Interruption({ kind: "unpredictable", reason: "branch to A32 code that is not aligned" });
  core.cells[cell.thumb] = target & 1;
  core.next = (target & ~1) >>> 0;
}

type Test = (cells: Int32Array) => boolean;

/** ConditionHolds() on a core's flags, by the four bits of the condition. */
const conditions: readonly Test[] = [
  (cells) => cells[cell.z] !== 0,
  (cells) => cells[cell.z] === 0,
  (cells) => cells[cell.c] !== 0,
  (cells) => cells[cell.c] === 0,
  (cells) => cells[cell.n] !== 0,
  (cells) => cells[cell.n] === 0,
  (cells) => cells[cell.v] !== 0,
  (cells) => cells[cell.v] === 0,
  (cells) => cells[cell.c] !== 0 && cells[cell.z] === 0,
  (cells) => cells[cell.c] === 0 || cells[cell.z] !== 0,
  (cells) => cells[cell.n] === cells[cell.v],
  (cells) => cells[cell.n] !== cells[cell.v],
  (cells) => cells[cell.n] === cells[cell.v] && cells[cell.z] === 0,
  (cells) => cells[cell.n] !== cells[cell.v] || cells[cell.z] !== 0,
  () => true,
  () => true,
];
