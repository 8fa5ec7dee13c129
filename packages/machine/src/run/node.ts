import type { BranchKind } from "@cmodx/codec";
import type { Access, Apply } from "../pseudocode/operations.js";

/** A value of the program, or something it does, in the order in which it does it. */
export interface Node {
  /** The operation of the pseudocode, in lower-case words. */
  readonly op: string;
  readonly args: readonly Node[];
  /** A constant, a register or word number, a size in bytes, or an address. */
  readonly number: number;
  /** What else the operation says: a flag, a state, a reason. */
  readonly text: string;
  readonly access: Access;
  /** Of "compute": the word it makes of its arguments. */
  readonly apply?: Apply;
  readonly type: "word" | "double" | "none";
  /** Values it gives are the nodes with these names; uses by other nodes. */
  uses: number;
}

/** One instruction as a list of nodes: what both the interpreter and the compiler read. */
export interface Program {
  readonly address: number;
  readonly size: number;
  /** Its bits. */
  readonly word: number;
  readonly nodes: readonly Node[];
  /** ITSTATE while it executes and after it, unless it is an IT instruction. */
  readonly it: number;
  readonly nextIt: number;
  /** ITSTATE behind it, an IT instruction's own included. */
  readonly followingIt: number;
  /** How it branches, by the codec's table. */
  readonly branch: BranchKind | undefined;
  /** Can it go on anywhere else than behind itself? */
  readonly ends: boolean;
  /** Is it another function's, executed where that is called? */
  readonly inlined?: boolean;
}

/** Values that are made where they stand, not where they are used. */
const accesses = new Set(["load", "loadexclusive", "storeexclusive"]);

/** Is the node, or what is made from it, used behind a place in the program? */
export function usedAfter(nodes: readonly Node[], node: Node, at: number): boolean {
  const from = new Set<Node>([node]);
  for (let i = 0; i < nodes.length; i++) {
    const one = nodes[i]!;
    if (!one.args.some((arg) => from.has(arg))) continue;
    const isEager = accesses.has(one.op);
    if (one.type !== "none" && !isEager) from.add(one);
    // At the place itself the value is used and then the register written.
    if (i > at && one.type === "none") return true;
    if (i > at && isEager) return true;
  }
  return false;
}

/** What an instruction ends with that does nothing: the core stops, or takes an alignment fault. */
export const refusals = ["unpredictable", "unimplemented", "alignmentfault"] as const;

/** Values whose making may fault, trap or open a monitor: they are made even where nothing uses them. */
const made = /^(load|storeexclusive|system|banked)/;

/** The nodes without the values that nothing uses: reading a flag that is not used would keep whoever sets it from being left out. */
export function usedNodes(nodes: readonly Node[]): Node[] {
  const used: Node[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (node.type !== "none" && node.uses === 0 && !made.test(node.op)) for (const arg of node.args) arg.uses--;
    else used.push(node);
  }
  return used.reverse();
}
