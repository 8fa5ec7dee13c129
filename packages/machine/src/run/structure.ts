import { type Block, knownTable, type Region } from "./region.js";

/**
 * How the blocks of a region nest, after Ramsey, "Beyond Relooper" (ICFP 2022): blocks in reverse postorder, the dominator tree, and which
 * blocks need a label: loop headers, and those that several blocks before them go on to.
 */
export interface Structure {
  readonly order: ReadonlyMap<number, number>;
  /** Children in the dominator tree that need a label, the last in reverse postorder first. */
  readonly labelled: ReadonlyMap<number, readonly number[]>;
  readonly loops: ReadonlySet<number>;
  readonly merges: ReadonlySet<number>;
  /** Is this edge one that structured code can take? A jump into the middle of a loop is not: it leaves the region instead. */
  readonly takes: (from: number, to: number) => boolean;
}

export function structureOf(region: Region): Structure {
  const { blocks, entry } = region;
  const postorder: number[] = [];
  const seen = new Set<number>();
  // Depth first without recursion: a region may be a long chain of blocks.
  const stack: { block: Block; at: number }[] = [];
  const visit = (address: number): void => {
    seen.add(address);
    stack.push({ block: blocks.get(address)!, at: 0 });
  };
  visit(entry);
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const next = top.block.next[top.at++];
    if (next === undefined) {
      postorder.push(top.block.address);
      stack.pop();
    } else if (!seen.has(next)) visit(next);
  }
  const reverse = postorder.reverse();
  const order = new Map(reverse.map((address, i) => [address, i]));
  const before = new Map<number, number[]>();
  for (const address of reverse) {
    for (const next of blocks.get(address)!.next) {
      const list = before.get(next);
      if (list === undefined) before.set(next, [address]);
      else list.push(address);
    }
  }
  const dominators = dominatorsOf(reverse, order, before);
  const dominates = (one: number, other: number): boolean => {
    for (let at = other; ; at = dominators.get(at)!) {
      if (at === one) return true;
      if (at === entry) return false;
    }
  };
  const isBack = (from: number, to: number): boolean => order.get(from)! >= order.get(to)!;
  const takes = (from: number, to: number): boolean => !isBack(from, to) || dominates(to, from);
  const loops = new Set<number>();
  const merges = new Set<number>();
  for (const [address, from] of before) {
    if (from.some((one) => isBack(one, address) && takes(one, address))) loops.add(address);
    if (from.filter((one) => !isBack(one, address)).length > 1) merges.add(address);
  }
  // A jump through a table goes to labels only.
  for (const { programs } of blocks.values())
    for (const program of programs)
      for (const to of knownTable(program)) if (to !== entry && order.has(to)) merges.add(to);
  const labelled = new Map<number, number[]>();
  for (const address of [...reverse].reverse()) {
    if (address === entry || !merges.has(address)) continue;
    const parent = dominators.get(address)!;
    const list = labelled.get(parent);
    if (list === undefined) labelled.set(parent, [address]);
    else list.push(address);
  }
  return { order, labelled, loops, merges, takes };
}

/** The immediate dominators, after Cooper, Harvey and Kennedy. */
function dominatorsOf(
  reverse: readonly number[],
  order: ReadonlyMap<number, number>,
  before: ReadonlyMap<number, readonly number[]>,
): Map<number, number> {
  const dominators = new Map<number, number>([[reverse[0]!, reverse[0]!]]);
  const common = (one: number, other: number): number => {
    let [a, b] = [one, other];
    while (a !== b) {
      while (order.get(a)! > order.get(b)!) a = dominators.get(a)!;
      while (order.get(b)! > order.get(a)!) b = dominators.get(b)!;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const address of reverse.slice(1)) {
      let dominator: number | undefined;
      for (const from of before.get(address) ?? []) {
        if (!dominators.has(from)) continue;
        dominator = dominator === undefined ? from : common(dominator, from);
      }
      if (dominator !== undefined && dominators.get(address) !== dominator) {
        dominators.set(address, dominator);
        changed = true;
      }
    }
  }
  return dominators;
}
