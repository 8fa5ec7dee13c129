import {
  always,
  breadthFirst,
  check,
  depthFirst,
  eventually,
  lowestFirst,
  type Model,
  type PackedModel,
  randomOrder,
  randomWalk,
  replay,
  sometimes,
} from "@cmodx/explore";
import { expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";

// A path is a counterexample by itself: whoever follows it, in the model and nothing else, sees what it is said to show.

type Local = readonly [local: number, shared: number];
interface State {
  readonly locals: readonly number[];
  readonly shared: number;
}
const locals = 4;
const kept = 3;

/** Alike processes that go on by a random table of their own state and a shared one. */
function processes(seed: number) {
  const pick = randomBelow(seed);
  const count = 2 + pick(2);
  const table = Array.from({ length: locals * kept }, () =>
    Array.from({ length: pick(3) }, (): Local => [pick(locals), pick(kept)]),
  );
  const [local, many, shared] = [pick(locals), 1 + pick(count), pick(kept)];
  const wanted = (state: State): boolean =>
    state.shared === shared && state.locals.filter((one) => one === local).length >= many;
  const moves = (state: State, process: number): readonly Local[] =>
    table[state.locals[process]! * kept + state.shared]!;
  const moved = (state: State, process: number, [to, kept]: Local): State => ({
    locals: state.locals.with(process, to),
    shared: kept,
  });
  const model: Model<State, readonly [number, Local]> = {
    init: () => [{ locals: Array.from({ length: count }, (_, process) => (process === 0 ? 1 : 0)), shared: 0 }],
    actions: (state) =>
      state.locals.flatMap((_, process) => moves(state, process).map((move) => [process, move] as const)),
    next: (state, [process, move]) => moved(state, process, move),
    encode: (state, row) => {
      for (const one of state.locals) row.push(one);
      row.push(state.shared);
    },
    representative: (state) => ({ ...state, locals: [...state.locals].sort((a, b) => b - a) }),
    properties: [
      always("never", (state) => !wanted(state)),
      sometimes("once", wanted),
      eventually("in the end", wanted),
    ],
  };
  return { model, count, wanted, moves };
}

/** The same of packed words: an action for each process and each of its moves, of which there are at most two. */
function packed({ model, count, moves }: ReturnType<typeof processes>): PackedModel {
  const of = (words: Int32Array): State => ({ locals: [...words.subarray(0, count)], shared: words[count]! });
  const words = ({ locals, shared }: State): number[] => [...locals, shared];
  return {
    words: count + 1,
    init: () => model.init().map(words),
    actions: 2 * count,
    step(action, state) {
      const [process, move] = [action >> 1, moves(of(state), action >> 1)[action & 1]];
      if (move === undefined) return false;
      state.set(words(model.next(of(state), [process, move])!));
      return true;
    },
    canonical: (state) => state.set(words(model.representative!(of(state)))),
    properties: model.properties.map((property) => ({
      ...property,
      holds: (state: Int32Array) => property.holds(of(state)),
    })),
  };
}

/** There are not more states, and room is made for no more. */
const limits = { states: 1000 };

const orders = {
  breadthFirst: () => breadthFirst,
  depthFirst: () => depthFirst,
  randomOrder: (seed: number) => () => randomOrder(seed),
  randomWalk: (seed: number) => () => randomWalk(seed),
  lowestFirst: () => () => lowestFirst(() => 0),
};

test.each(Object.entries(orders))("%s: with symmetry and without, a path shows what the verdict says", (_, order) => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= 60; seed++) {
    const made = processes(seed);
    const { model, wanted } = made;
    const known = check(model, { symmetry: false }).properties.map(({ verdict }) => verdict);
    for (const symmetry of [false, true]) {
      const objects = check(model, { symmetry, frontier: order(seed), limits });
      const words = check(packed(made), { symmetry, frontier: order(seed), limits });
      for (const { properties } of [objects, words]) expect(properties.map(({ verdict }) => verdict)).toEqual(known);
      const runs = [...objects.properties, ...words.properties].flatMap(({ kind, path }, i) =>
        path === undefined ? [] : [{ kind, states: i < 3 ? objectStates(model, path) : wordStates(made, path) }],
      );
      for (const { kind, states } of runs) {
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        const last = states.at(-1)!;
        if (kind !== "eventually") {
          expect(wanted(last)).toBe(true);
          continue;
        }
        expect(states.some(wanted), `seed ${seed}`).toBe(false);
        const name = (state: State): string => JSON.stringify(symmetry ? model.representative!(state) : state);
        const again = states.slice(0, -1).some((state) => name(state) === name(last));
        expect(again || model.actions(last).length === 0, `seed ${seed}`).toBe(true);
      }
    }
  }
  for (const kind of ["always", "sometimes", "eventually"]) expect(seen.get(kind)).toBeGreaterThan(25);
});

function objectStates(model: Model<State, readonly [number, Local]>, path: string): State[] {
  return replay(model, path).map(({ state }) => state);
}

function wordStates(made: ReturnType<typeof processes>, path: string): State[] {
  const { init, step } = packed(made);
  const [first, ...actions] = path.split(".").map(Number);
  const state = Int32Array.from(init()[first!]!);
  const at = (): State => ({ locals: [...state.subarray(0, made.count)], shared: state[made.count]! });
  const states = [at()];
  for (const action of actions) {
    expect(step(action, state)).toBe(true);
    states.push(at());
  }
  return states;
}
