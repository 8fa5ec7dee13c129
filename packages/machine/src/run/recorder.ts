import { binaryOf, unaryOf } from "../pseudocode/evaluate.js";
import type {
  Access,
  Apply,
  Binary,
  Convert,
  Flag,
  FloatBinary,
  FloatUnary,
  Hint,
  Operations,
  SystemState,
  Trap,
  Unary,
} from "../pseudocode/operations.js";
import type { BarrierOption } from "../rules/barrier.js";
import type { Node } from "./node.js";

const noAccess: Access = {};

interface Parts {
  readonly args?: readonly Node[];
  readonly number?: number;
  readonly text?: string;
  readonly access?: Access;
  readonly type?: Node["type"];
}

/** The operations of the pseudocode as a list of nodes: constants are folded, everything else is kept in order. */
export class Recorder implements Operations<Node> {
  readonly nodes: Node[] = [];
  ends = false;
  readonly #constants = new Map<number, Node>();

  #node(op: string, { args = [], number = 0, text = "", access = noAccess, type = "none" }: Parts): Node {
    for (const arg of args) arg.uses++;
    const node: Node = { op, args, number, text, access, type, uses: 0 };
    this.nodes.push(node);
    return node;
  }

  #value(op: string, parts: Parts): Node {
    return this.#node(op, { type: "word", ...parts });
  }

  constant(value: number): Node {
    const number = value | 0;
    let node = this.#constants.get(number);
    if (node === undefined) {
      node = { op: "constant", args: [], number, text: "", access: noAccess, type: "word", uses: 0 };
      this.#constants.set(number, node);
    }
    return node;
  }

  unary(operation: Unary, x: Node): Node {
    if (x.op === "constant") return this.constant(unaryOf[operation](x.number));
    return this.#value(operation, { args: [x] });
  }

  binary(operation: Binary, x: Node, y: Node): Node {
    if (x.op === "constant" && y.op === "constant") return this.constant(binaryOf[operation](x.number, y.number));
    if (y.op === "constant" && y.number === 0 && identities.has(operation)) return x;
    if (x.op === "constant" && x.number === 0 && (operation === "add" || operation === "or")) return y;
    // x + NOT(y) + 1 is how the manual subtracts.
    if (operation === "add" && y.op === "constant" && x.op === "add") {
      const [first, second] = x.args as [Node, Node];
      if (second.op === "constant") return this.binary("add", first, this.constant(second.number + y.number));
      const taken = y.number === 1 ? complementOf(second) : undefined;
      if (taken !== undefined) return this.#value("sub", { args: [first, taken] });
    }
    return this.#value(operation, { args: [x, y] });
  }

  select(condition: Node, x: Node, y: Node): Node {
    if (condition.op === "constant") return condition.number !== 0 ? x : y;
    if (x === y) return x;
    return this.#value("select", { args: [condition, x, y] });
  }

  carryOut(x: Node, y: Node, carry: Node): Node {
    return this.#value("carry", { args: [x, y, carry] });
  }

  overflow(x: Node, y: Node, carry: Node): Node {
    return this.#value("overflow", { args: [x, y, carry] });
  }

  register(n: number): Node {
    return this.#value("register", { number: n });
  }

  setRegister(n: number, value: Node): void {
    this.#node("setregister", { args: [value], number: n });
  }

  flag(flag: Flag): Node {
    return this.#value("flag", { text: flag });
  }

  setFlags(flags: { readonly [F in Flag]?: Node }): void {
    for (const flag of ["N", "Z", "C", "V", "Q"] as const) {
      const value = flags[flag];
      if (value !== undefined && !(value.op === "flag" && value.text === flag))
        this.#node("setflag", { args: [value], text: flag });
    }
  }

  ge(): Node {
    return this.#value("flag", { text: "GE" });
  }

  setGe(value: Node): void {
    this.#node("setflag", { args: [value], text: "GE" });
  }

  conditionHolds(condition: number): Node {
    return this.#value("condition", { number: condition });
  }

  load(address: Node, size: number, access: Access = noAccess): Node {
    return this.#value(access.exclusive ? "loadexclusive" : "load", { args: [address], number: size, access });
  }

  store(address: Node, value: Node, size: number, access: Access = noAccess): void {
    this.#node("store", { args: [address, value], number: size, access });
  }

  loadPair(address: Node, access: Access = noAccess): readonly [Node, Node] {
    const low = this.#value("loadexclusive", { args: [address], number: 8, access });
    return [low, this.#value("highword", { args: [low] })];
  }

  storeExclusive(address: Node, value: Node, size: number, access: Access = noAccess, high?: Node): Node {
    return this.#value("storeexclusive", {
      args: high === undefined ? [address, value] : [address, value, high],
      number: size,
      access,
    });
  }

  clearExclusive(): void {
    this.#node("clearexclusive", {});
  }

  word(n: number): Node {
    return this.#value("word", { number: n });
  }

  setWord(n: number, value: Node): void {
    this.#node("setword", { args: [value], number: n });
  }

  double(n: number): Node {
    return this.#node("double", { number: n, type: "double" });
  }

  setDouble(n: number, value: Node): void {
    this.#node("setdouble", { args: [value], number: n });
  }

  joined(low: Node, high: Node): Node {
    return this.#node("joined", { args: [low, high], type: "double" });
  }

  half(double: Node, high: boolean): Node {
    return this.#value("half", { args: [double], number: high ? 1 : 0 });
  }

  float(operation: FloatBinary | FloatUnary, size: 32 | 64, x: Node, y?: Node): Node {
    const args = y === undefined ? [x] : [x, y];
    return this.#node(`${operation}${size}`, { args, type: size === 64 ? "double" : "word" });
  }

  convert(operation: Convert, x: Node): Node {
    return this.#node(operation, { args: [x], type: operation.startsWith("f64") ? "double" : "word" });
  }

  compute(apply: Apply, args: readonly Node[]): Node {
    for (const arg of args) arg.uses++;
    const node: Node = { op: "compute", args, number: 0, text: "", access: noAccess, type: "word", apply, uses: 0 };
    this.nodes.push(node);
    return node;
  }

  compare(size: 32 | 64, x: Node, y: Node, signals: boolean): Node {
    return this.#value(`fcompare${size}`, { args: [x, y], number: signals ? 1 : 0 });
  }

  when(condition: Node, _: { readonly branch: boolean; readonly results: readonly number[] }, then: () => void): void {
    this.#node("when", { args: [condition] });
    then();
    this.#node("end", {});
  }

  branch(target: number, isa?: "a32" | "t32"): void {
    this.ends = true;
    this.#node("branch", { number: target >>> 0, text: isa ?? "" });
  }

  branchWritePC(target: Node): void {
    this.ends = true;
    this.#node("branchto", { args: [target] });
  }

  exchangeWritePC(target: Node): void {
    this.ends = true;
    this.#node("exchange", { args: [target] });
  }

  exceptionReturn(target: Node, status?: Node): void {
    this.ends = true;
    this.#node("return", { args: status === undefined ? [target] : [target, status] });
  }

  trap(kind: Trap, returnTo: number, immediate: number): void {
    this.ends = true;
    this.#node("trap", { args: [this.constant(returnTo)], number: immediate, text: kind });
  }

  startItBlock(it: number): void {
    this.#node("it", { number: it });
  }

  hint(hint: Hint): void {
    if (hint !== "nop") this.#node("hint", { text: hint });
  }

  dmb(option: BarrierOption): void {
    this.#node("dmb", { text: option });
  }

  dsb(option: BarrierOption): void {
    this.#node("dsb", { text: option });
  }

  isb(): void {
    this.ends = true;
    this.#node("isb", {});
  }

  cleanDcache(address: Node): void {
    this.#node("cleandcache", { args: [address] });
  }

  invalidateIcache(address: Node | "all", scope: "broadcast" | "local"): void {
    this.#node("invalidateicache", { args: address === "all" ? [] : [address], text: scope });
  }

  invalidatePredictor(): void {
    this.#node("invalidatepredictor", {});
  }

  system(state: SystemState): Node {
    return this.#value("system", { text: state });
  }

  setSystem(state: SystemState, value: Node): void {
    this.#node("setsystem", { args: [value], text: state });
  }

  banked(mode: number, n: number): Node {
    return this.#value("banked", { number: mode * 16 + n });
  }

  setBanked(mode: number, n: number, value: Node): void {
    this.#node("setbanked", { args: [value], number: mode * 16 + n });
  }

  unpredictable(reason: string): void {
    this.ends = true;
    this.#node("unpredictable", { text: reason });
  }

  alignmentFault(address: Node, kind: "read" | "write"): void {
    this.ends = true;
    this.#node("alignmentfault", { args: [address], text: kind });
  }

  unimplemented(what: string): void {
    this.ends = true;
    this.#node("unimplemented", { text: what });
  }
}

/** y when the node is NOT(y). */
function complementOf({ op, args: [x, y] }: Node): Node | undefined {
  return op === "xor" && y!.op === "constant" && y!.number === -1 ? x : undefined;
}

const identities: ReadonlySet<Binary> = new Set<Binary>(["add", "sub", "or", "xor", "shl", "shr", "sar", "rotr"]);
