import { allFlags, flagsSet } from "./flag-liveness.js";
import type { Program } from "./node.js";
import { isCall, knownTable, type Region } from "./region.js";

/** Sets of what a core's state consists of: R0 to R14 are bits 0 to 14, the four flags together are `flagsBit`. */
export type StateSet = number;
export const flagsBit: StateSet = 1 << 15;

/** What code between two looks at a core's cells needs from them, and has to write back. */
export interface StateLiveness {
  /** What may differ from the cells where a block starts. */
  readonly dirty: ReadonlyMap<number, StateSet>;
  /** What is needed where a block starts, and behind a call. */
  readonly live: ReadonlyMap<number, StateSet>;
  readonly liveBehind: ReadonlyMap<Program, StateSet>;
}

interface Effect {
  readonly reads: StateSet;
  /** Written whatever happens, and written perhaps. */
  readonly writes: StateSet;
  readonly mayWrite: StateSet;
  /** Can it leave the region in the middle, as of before it? */
  readonly leavesBefore: boolean;
}

const isFlag = (name: string): boolean => name.length === 1 && name !== "Q";

function effectOf(program: Program, leaves: boolean, mayFault: boolean): Effect {
  let [reads, writes, mayWrite, depth] = [0, 0, 0, 0];
  if (leaves) return { reads, writes, mayWrite, leavesBefore: true };
  for (const { op, number, text } of program.nodes) {
    if (op === "when") depth++;
    else if (op === "end") depth--;
    else if (op === "register") reads |= 1 << number;
    else if (op === "condition" || (op === "flag" && isFlag(text))) reads |= flagsBit;
    else if (op === "setregister") {
      mayWrite |= 1 << number;
      if (depth === 0) writes |= 1 << number;
    } else if (op === "setflag" && isFlag(text)) mayWrite |= flagsBit;
  }
  if (flagsSet(program) === allFlags) writes |= flagsBit;
  return { reads, writes, mayWrite, leavesBefore: mayFault };
}

/** All of the state that an instruction reads, or may write. */
export function stateOf(program: Program): StateSet {
  const { reads, mayWrite } = effectOf(program, false, false);
  return reads | mayWrite;
}

/**
 * Works out what must be in locals and what must be written back. A value that may have to be written back counts as needed: where only
 * one of two ways changed it, the other must have it too.
 */
export function stateLiveness(
  region: Region,
  leaves: (program: Program) => boolean,
  mayFault: (program: Program) => boolean,
): StateLiveness {
  const effects = new Map<Program, Effect>();
  for (const { programs } of region.blocks.values())
    for (const program of programs) effects.set(program, effectOf(program, leaves(program), mayFault(program)));
  const dirty = dirtySets(region, effects);
  const live = new Map<number, StateSet>([...region.blocks.keys()].map((address) => [address, 0]));
  const liveBehind = new Map<Program, StateSet>();
  // What is needed is known from behind: a chain of blocks is then gone through but twice.
  const blocks = [...region.blocks.values()].reverse();
  for (let changed = true; changed; ) {
    changed = false;
    for (const { address, programs, through } of blocks) {
      const before = dirtyBefore(programs, effects, dirty.get(address)!);
      let needed = 0;
      const at = (target: number, dirtyThere: StateSet): StateSet => live.get(target) ?? dirtyThere;
      const last = dirtyAfter(programs.at(-1)!, effects, before.at(-1)!);
      if (through !== undefined) needed = at(through, last);
      for (let i = programs.length - 1; i >= 0; i--) {
        const program = programs[i]!;
        const effect = effects.get(program)!;
        const here = before[i]!;
        const after = here | effect.mayWrite;
        let behind = needed;
        if (isCall(program)) {
          liveBehind.set(program, needed);
          // What the call reads from the cells must be in them.
          behind = (isConditional(program) ? needed : 0) | after;
        } else
          for (const { op, number, text } of program.nodes) {
            if (op === "branch") behind |= text === "" ? at(number, after) : after;
            else if (op === "exchange" || op === "branchto") behind |= after;
          }
        for (const target of knownTable(program)) behind |= at(target, after);
        needed = (behind & ~effect.writes) | effect.reads;
        if (effect.leavesBefore) needed = leaves(program) ? here : needed | here;
      }
      // The look at the budget.
      needed |= dirty.get(address)!;
      if (needed !== live.get(address)) {
        live.set(address, needed);
        changed = true;
      }
    }
  }
  return { dirty, live, liveBehind };
}

function isConditional({ nodes }: Program): boolean {
  return nodes.some(({ op }) => op === "when");
}

function dirtyAfter(program: Program, effects: ReadonlyMap<Program, Effect>, before: StateSet): StateSet {
  const after = before | effects.get(program)!.mayWrite;
  if (!isCall(program)) return after;
  return isConditional(program) ? after : 0;
}

/** What may be dirty before each instruction of a block. */
function dirtyBefore(programs: readonly Program[], effects: ReadonlyMap<Program, Effect>, start: StateSet): StateSet[] {
  let now = start;
  return programs.map((program) => {
    const before = now;
    now = dirtyAfter(program, effects, now);
    return before;
  });
}

function dirtySets(region: Region, effects: ReadonlyMap<Program, Effect>): Map<number, StateSet> {
  const dirty = new Map<number, StateSet>([...region.blocks.keys()].map((address) => [address, 0]));
  for (let changed = true; changed; ) {
    changed = false;
    const join = (to: number, set: StateSet): void => {
      const known = dirty.get(to);
      if (known === undefined || (known | set) === known) return;
      dirty.set(to, known | set);
      changed = true;
    };
    for (const { address, programs, through } of region.blocks.values()) {
      const before = dirtyBefore(programs, effects, dirty.get(address)!);
      programs.forEach((program, i) => {
        const after = before[i]! | effects.get(program)!.mayWrite;
        if (!isCall(program))
          for (const { op, number, text } of program.nodes) if (op === "branch" && text === "") join(number, after);
        for (const target of knownTable(program)) join(target, after);
      });
      if (through !== undefined) join(through, dirtyAfter(programs.at(-1)!, effects, before.at(-1)!));
    }
  }
  return dirty;
}
