import { binaryOf, carryOutOf, overflowOf, unaryOf } from "../pseudocode/evaluate.js";
import type { Binary, Convert, Unary } from "../pseudocode/operations.js";
import { Interruption, type RunCore } from "./core.js";
import { arithmetic, compareFlags, convert, double, single } from "./floating-point.js";
import { cell, flagCell } from "./layout.js";
import type { Node, Program } from "./node.js";

/** Does one operation of an instruction. */
type Action = (core: RunCore) => void;

/** A program the interpreter can run: for each core, one after the other. */
export interface Interpretable {
  readonly program: Program;
  readonly actions: readonly Action[];
}

/** Prepares a program: each of its values gets a cell, and each operation a function on cells. */
export function interpretable(program: Program): Interpretable {
  return { program, actions: new Lowering(program.nodes).actions() };
}

class Lowering {
  readonly #nodes: readonly Node[];
  readonly #cells = new Map<Node, number>();
  #next: number = cell.temporaries;
  #at = 0;

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  /** The operations up to the end of the program or of a region. */
  actions(): Action[] {
    const actions: Action[] = [];
    for (;;) {
      const node = this.#nodes[this.#at++];
      if (node === undefined || node.op === "end") return actions;
      if (node.op === "when") {
        const condition = this.#cellOf(node.args[0]!, actions);
        const then = this.actions();
        actions.push((core) => {
          if (core.cells[condition] !== 0) for (let i = 0; i < then.length; i++) then[i]!(core);
        });
        continue;
      }
      if (node.type !== "none" && node.uses === 0 && !node.op.startsWith("load")) continue;
      actions.push(this.#action(node, actions));
    }
  }

  /** A cell that holds the value: constants are written to theirs first. */
  #cellOf(node: Node, actions: Action[]): number {
    if (node.op !== "constant") return this.#cells.get(node)!;
    const to = this.#fresh();
    const { number } = node;
    actions.push((core) => {
      core.cells[to] = number;
    });
    return to;
  }

  #fresh(): number {
    const to = this.#next;
    this.#next += 2;
    return to;
  }

  #action(node: Node, actions: Action[]): Action {
    const to = node.type === "none" ? 0 : this.#fresh();
    if (node.type !== "none") this.#cells.set(node, to);
    const { op, number, text } = node;
    const [x = 0, y = 0, z = 0] = node.args.map((arg) => this.#cellOf(arg, actions));
    const aligned = node.access.aligned === true;
    switch (op) {
      case "select":
        return ({ cells }) => {
          cells[to] = cells[x] !== 0 ? cells[y]! : cells[z]!;
        };
      case "carry":
        return ({ cells }) => {
          cells[to] = carryOutOf(cells[x]!, cells[y]!, cells[z]!);
        };
      case "overflow":
        return ({ cells }) => {
          cells[to] = overflowOf(cells[x]!, cells[y]!, cells[z]!);
        };
      case "register":
        return ({ cells }) => {
          cells[to] = cells[number]!;
        };
      case "setregister":
        return ({ cells }) => {
          cells[number] = cells[x]!;
        };
      case "flag": {
        const flag = flagCell[text]!;
        return ({ cells }) => {
          cells[to] = cells[flag]!;
        };
      }
      case "setflag": {
        const flag = flagCell[text]!;
        return ({ cells }) => {
          cells[flag] = cells[x]!;
        };
      }
      case "condition":
        return ({ cells }) => {
          cells[to] = holds(number, cells) ? 1 : 0;
        };
      case "load":
        return (core) => {
          core.cells[to] = core.load(core.cells[x]!, number, aligned);
        };
      case "store":
        return (core) => core.store(core.cells[x]!, core.cells[y]!, number, aligned);
      case "loadexclusive":
        return (core) => core.loadExclusive(core.cells[x]!, number, to);
      case "highword":
        return ({ cells }) => {
          cells[to] = cells[x + 1]!;
        };
      case "storeexclusive":
        return (core) => {
          const { cells } = core;
          cells[to] = core.storeExclusive(cells[x]!, cells[y]!, number, number === 8 ? cells[z]! : 0);
        };
      case "clearexclusive":
        return (core) => core.clearExclusive();
      case "word":
        return ({ cells }) => {
          cells[to] = cells[cell.words + number]!;
        };
      case "setword":
        return ({ cells }) => {
          cells[cell.words + number] = cells[x]!;
        };
      case "double":
        return ({ cells }) => {
          cells[to] = cells[cell.words + 2 * number]!;
          cells[to + 1] = cells[cell.words + 2 * number + 1]!;
        };
      case "setdouble":
        return ({ cells }) => {
          cells[cell.words + 2 * number] = cells[x]!;
          cells[cell.words + 2 * number + 1] = cells[x + 1]!;
        };
      case "joined":
        return ({ cells }) => {
          const [low, high] = [cells[x]!, cells[y]!];
          cells[to] = low;
          cells[to + 1] = high;
        };
      case "half":
        return ({ cells }) => {
          cells[to] = cells[x + number]!;
        };
      case "fcompare32":
        return ({ cells, floats }) => {
          cells[to] = compareFlags(floats[x]!, floats[y]!);
        };
      case "fcompare64":
        return ({ cells, doubles }) => {
          cells[to] = compareFlags(doubles[x >> 1]!, doubles[y >> 1]!);
        };
      case "branch": {
        const thumb = text === "" ? -1 : text === "t32" ? 1 : 0;
        return (core) => {
          core.next = number;
          if (thumb >= 0) core.cells[cell.thumb] = thumb;
        };
      }
      case "branchto":
        return (core) => {
          core.next = (core.cells[x]! & (core.cells[cell.thumb] === 1 ? ~1 : ~3)) >>> 0;
        };
      case "exchange":
        return (core) => exchange(core, core.cells[x]!);
      case "return":
        return (core) =>
          core.host.exceptionReturn(core, core.cells[x]!, node.args.length > 1 ? core.cells[y]! : undefined);
      case "trap":
        return (core) => core.host.trap(core, text as "undefined" | "svc" | "bkpt", core.cells[x]! >>> 0, number);
      case "it":
        return ({ cells }) => {
          cells[cell.it] = number;
        };
      case "hint":
        return (core) => core.host.hint(core, text);
      case "dmb":
      case "dsb":
      case "isb":
        return (core) => core.host.barrier(core, op, text);
      case "cleandcache":
        return (core) => core.host.cleanDcache(core, core.cells[x]! >>> 0);
      case "invalidateicache": {
        const all = node.args.length === 0;
        return (core) => core.host.invalidateIcache(core, all ? undefined : core.cells[x]! >>> 0, text);
      }
      case "invalidatepredictor":
        return () => {};
      case "system":
        return (core) => {
          core.cells[to] = core.host.system(core, text);
        };
      case "setsystem":
        return (core) => core.host.setSystem(core, text, core.cells[x]!);
      case "banked":
        return (core) => {
          core.cells[to] = core.host.banked(core, number >> 4, number & 15);
        };
      case "setbanked":
        return (core) => core.host.setBanked(core, number >> 4, number & 15, core.cells[x]!);
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
      return ({ cells }) => {
        cells[to] = unary(cells[x]!);
      };
    }
    const binary = binaryOf[op as Binary];
    if (binary !== undefined) {
      return ({ cells }) => {
        cells[to] = binary(cells[x]!, cells[y]!);
      };
    }
    const float = arithmetic[op.slice(0, -2)];
    if (float !== undefined) {
      const other = args.length === 1 ? x : y;
      return op.endsWith("64")
        ? (core) => double(core, float, to, x, other)
        : (core) => single(core, float, to, x, other);
    }
    return (core) => convert(core, op as Convert, to, x);
  }
}

/** BXWritePC. */
export function exchange(core: RunCore, target: number): void {
  if ((target & 3) === 2)
    throw new Interruption({ kind: "unpredictable", reason: "branch to A32 code that is not aligned" });
  core.cells[cell.thumb] = target & 1;
  core.next = (target & ~1) >>> 0;
}

/** ConditionHolds() on a core's flags. */
function holds(condition: number, cells: Int32Array): boolean {
  const [n, z, c, v] = [cells[cell.n] !== 0, cells[cell.z] !== 0, cells[cell.c] !== 0, cells[cell.v] !== 0];
  switch (condition) {
    case 0:
      return z;
    case 1:
      return !z;
    case 2:
      return c;
    case 3:
      return !c;
    case 4:
      return n;
    case 5:
      return !n;
    case 6:
      return v;
    case 7:
      return !v;
    case 8:
      return c && !z;
    case 9:
      return !c || z;
    case 10:
      return n === v;
    case 11:
      return n !== v;
    case 12:
      return n === v && !z;
    case 13:
      return n !== v || z;
    default:
      return true;
  }
}
