import type { Program } from "./node.js";
import { isCall, knownTable, type Region } from "./region.js";

/** Sets of flags: N, Z, C, V in bits 3 to 0. */
export type FlagSet = number;
export const allFlags: FlagSet = 15;

const flagBit: Readonly<Record<string, FlagSet>> = { N: 8, Z: 4, C: 2, V: 1 };

/** The flags that each pair of conditions looks at. */
const conditionReads: readonly FlagSet[] = [4, 2, 8, 1, 6, 9, 13, 0];

/** The flags that an instruction sets whatever they were. */
export function flagsSet({ nodes }: Program): FlagSet {
  let depth = 0;
  let set = 0;
  for (const { op, text } of nodes) {
    if (op === "when") depth++;
    else if (op === "end") depth--;
    else if (op === "setflag" && depth === 0) set |= flagBit[text] ?? 0;
  }
  return set;
}

/**
 * For each block of a region, the flags that may be read behind its start before they are set. Leaving the region reads all of them, but
 * not leaving it at the end of the budget, or for a fault that no handler sees: flags that nothing reads need not be known then, where whoever
 * goes on comes by what sets them. So flags that a loop never sets are read: it may go on for ever.
 */
export function liveFlags(region: Region, leaves: (program: Program) => boolean): ReadonlyMap<number, FlagSet> {
  const live = new Map<number, FlagSet>([...region.blocks.keys()].map((address) => [address, allFlags]));
  const blocks = [...region.blocks].reverse();
  for (let changed = true; changed; ) {
    changed = false;
    for (const [address, { programs, through }] of blocks) {
      let read = 0;
      let set = 0;
      const reads = (flags: FlagSet): void => {
        read |= flags & ~set;
      };
      for (const program of programs) {
        for (const { op, number, text } of program.nodes) {
          if (op === "condition") reads(conditionReads[number >> 1]!);
          else if (op === "flag") reads(flagBit[text] ?? 0);
          else if (op === "branch") reads(text === "" && !isCall(program) ? (live.get(number) ?? allFlags) : allFlags);
          else if (op === "exchange" || op === "branchto") reads(allFlags);
        }
        for (const target of knownTable(program)) reads(live.get(target) ?? allFlags);
        if (leaves(program)) reads(allFlags);
        set |= flagsSet(program);
      }
      if (through !== undefined) reads(live.get(through) ?? allFlags);
      if (read !== live.get(address)) {
        live.set(address, read);
        changed = true;
      }
    }
  }
  return live;
}
