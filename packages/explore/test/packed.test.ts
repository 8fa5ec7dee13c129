import { spawnSync } from "node:child_process";
import {
  always,
  breadthFirst,
  type CheckResult,
  check,
  depthFirst,
  ExploreError,
  eventually,
  Layout,
  lowestFirst,
  type Model,
  type PackedModel,
  randomOrder,
  randomWalk,
  Search,
  sometimes,
} from "@cmodx/explore";
import { expect, test } from "vitest";
import { twoHalves } from "../bench/two-halves.js";
import { GroupIndex } from "../src/group-index.js";
import { built } from "./built.js";

/** Random graphs as packed models: an edge for each action that is there. */
function graph(seed: number, states: number): PackedModel {
  const target = (state: number, action: number): number => {
    let h = Math.imul(seed ^ Math.imul(state, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(action + 1, 0xc2b2ae35);
    h ^= h >>> 15;
    return (h >>> 3) % (states + 5);
  };
  return {
    words: 2,
    actions: 3,
    init: () => [[0, ~0]],
    step(action, state) {
      const next = target(state[0]!, action);
      if (next >= states) return false;
      state[0] = next;
      state[1] = ~next;
      return true;
    },
    properties: [
      always("never 7", (state) => state[0] !== 7),
      sometimes("11", (state) => state[0] === 11),
      eventually("3 or 5", (state) => state[0] === 3 || state[0] === 5),
    ],
  };
}

/** The same as objects. */
function objects(model: PackedModel): Model<Int32Array, number> {
  return {
    init: () => model.init().map((state) => Int32Array.from(state)),
    actions: () => Array.from({ length: model.actions }, (_, action) => action),
    next: (state, action) => {
      const next = state.slice();
      return model.step(action, next) ? next : undefined;
    },
    encode: (state, row) => {
      for (const word of state) row.push(word);
    },
    properties: model.properties,
  };
}

/** Follows a path by the model itself. */
function follow(model: PackedModel, path: string): Int32Array {
  const [first, ...actions] = path.split(".").map(Number);
  const state = Int32Array.from(model.init()[first!]!);
  for (const action of actions) expect(model.step(action, state)).toBe(true);
  return state;
}

test("fields keep their values and touch no others", () => {
  const layout = new Layout();
  const fields = [layout.field(3), ...layout.fields(2, 20), layout.field(32), layout.field(1)];
  expect(layout.words).toBe(4);
  const state = new Int32Array(layout.words);
  fields.forEach((field, i) => {
    field.set(state, i + 1);
  });
  expect(fields.map((field) => field.get(state))).toEqual([1, 2, 3, 4, 1]);
  fields[1]!.set(state, -1);
  expect(fields.map((field) => field.get(state))).toEqual([1, 0xfffff, 3, 4, 1]);
});

test("packed states and objects, in every order, exact or by fingerprints: the same states and verdicts", () => {
  const orders = [
    breadthFirst,
    depthFirst,
    () => randomOrder(3),
    () => randomWalk(3),
    () => lowestFirst<Int32Array>((state) => state[0]!),
  ];
  for (let seed = 1; seed <= 60; seed++) {
    const model = graph(seed, 3000);
    const known = check(objects(model), { exhaustive: true });
    for (const frontier of orders) {
      const found = check(model, { frontier, exhaustive: true });
      expect(found.states).toBe(known.states);
      expect(found.transitions).toBe(known.transitions);
      expect(found.properties.map(({ verdict }) => verdict)).toEqual(known.properties.map(({ verdict }) => verdict));
      for (const [i, { path, kind }] of found.properties.entries()) {
        if (path !== undefined && kind !== "eventually") {
          expect(model.properties[i]!.holds(follow(model, path))).toBe(kind === "sometimes");
        }
      }
      const guessed = check(model, { frontier, exhaustive: true, visited: "fingerprints" });
      expect(guessed.states).toBe(known.states);
      expect(guessed.limit?.limit).toBe("fingerprints");
      expect(check(objects(model), { frontier, visited: "fingerprints" }).complete).toBe(false);
    }
  }
});

/** The same graph with what distinguishes its states in other words: no `eventually`, so known states need no numbers. */
function written(seed: number, states: number, words: (state: number) => readonly number[]): PackedModel {
  const plain = graph(seed, states);
  const number = new Map(Array.from({ length: states }, (_, state) => [words(state).join(), state] as const));
  const one = new Int32Array(2);
  const of = (state: Int32Array): number => number.get(state.join())!;
  return {
    words: words(0).length,
    actions: plain.actions,
    init: () => [words(0)],
    step(action, state) {
      one[0] = of(state);
      if (!plain.step(action, one)) return false;
      state.set(words(one[0]!));
      return true;
    },
    properties: [always("never 7", (state) => of(state) !== 7), sometimes("11", (state) => of(state) === 11)],
  };
}

test.each<readonly [string, (state: number) => readonly number[]]>([
  ["one word", (state) => [state]],
  ["one word, its high bits", (state) => [state << 17]],
  ["in the first word only", (state) => [Math.imul(state, 0x01000193), 0]],
  ["in the last word only", (state) => [-1, Math.imul(state, -0x61c88647)]],
  ["words that add up to the same", (state) => [state >> 6, 5000 - (state & 63), (state & 63) - 5000]],
  ["words that are equal", (state) => [state, state, state]],
  ["few of each of four words", (state) => [state & 7, ~(state >> 9), 1 << ((state >> 3) & 7), (state >> 6) & 7]],
])("states are told apart, whatever distinguishes them: %s", (_, words) => {
  // In groups even where a search would see that they do not fill any.
  let added = 0;
  const index = new GroupIndex(words(0).length, () => added++);
  const seen = new Set<number>();
  const number = new Int32Array(1);
  for (let i = 0; i < 30_000; i++) {
    const state = Math.imul(i * (i + 7), 0x2545f491) >>> 20;
    index.intern(Int32Array.from(words(state)), 1, number);
    expect(number[0]).toBe(seen.has(state) ? -1 : seen.size);
    seen.add(state);
  }
  for (let seed = 1; seed <= 4; seed++) {
    const model = written(seed, 12_000, words);
    const known = check(objects(model), { exhaustive: true });
    expect(known.states).toBeGreaterThan(2000);
    for (const frontier of [breadthFirst, depthFirst]) {
      const found = check(model, { frontier, exhaustive: true });
      expect([found.states, found.transitions]).toEqual([known.states, known.transitions]);
      expect(found.properties.map(({ verdict }) => verdict)).toEqual(known.properties.map(({ verdict }) => verdict));
      for (const [i, { path, kind }] of found.properties.entries()) {
        if (path !== undefined) expect(model.properties[i]!.holds(follow(model, path))).toBe(kind === "sometimes");
      }
      if (frontier === breadthFirst)
        expect(found.properties.map(({ path }) => path)).toEqual(known.properties.map(({ path }) => path));
    }
  }
});

test("breadth first finds shortest paths, packed or not", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const model = graph(seed, 500);
    const [packed, plain] = [check(model), check(objects(model))];
    expect(packed.properties.slice(0, 2).map(({ path }) => path?.split(".").length)).toEqual(
      plain.properties.slice(0, 2).map(({ path }) => path?.split(".").length),
    );
  }
});

/** The model of the benchmark with the ways in which its cores can have ended as further properties. */
function endings(how: Parameters<typeof twoHalves>[0]): PackedModel {
  const model = twoHalves(how);
  const kinds = Array.from({ length: 8 }, (_, kind) =>
    sometimes<Int32Array>(`ends as ${kind}`, (state) =>
      [...state].some((word) => ((word >>> 17) & 7) === kind && ((word >>> 9) & 3) === 3),
    ),
  );
  return { ...model, properties: [...model.properties, ...kinds] };
}

function told(how: Parameters<typeof twoHalves>[0], frontier = breadthFirst) {
  const model = endings(how);
  const { states, properties } = check(model, { exhaustive: true, frontier });
  // What is reported runs on the model itself, with no core exchanged for another.
  for (const { path } of properties) if (path !== undefined) follow(model, path);
  return { states, verdicts: properties.map(({ name, verdict }) => `${name}: ${verdict}`) };
}

test.each([
  { cores: 1, calls: 2 },
  { cores: 1, calls: 2, broken: true },
  { cores: 2, calls: 1, lazy: true },
  { cores: 2, calls: 2, lazy: true, broken: true },
])("reductions give the same verdicts and endings: %j", (how) => {
  const plain = told(how);
  expect(plain.verdicts[0]).toContain("broken" in how ? "violated" : "holds");
  for (const frontier of [breadthFirst, depthFirst]) {
    for (const way of [
      { symmetry: true },
      { ample: true },
      { lazy: true },
      { symmetry: true, ample: true, lazy: true },
    ]) {
      const reduced = told({ ...how, ...way }, frontier);
      expect(reduced.states).toBeLessThanOrEqual(plain.states);
      expect(reduced.verdicts).toEqual(plain.verdicts);
    }
  }
  const off = check(endings({ ...how, symmetry: true, ample: true }), {
    exhaustive: true,
    symmetry: false,
    ample: false,
  });
  expect(off.states).toBe(plain.states);
  if (how.cores > 1) expect(told({ ...how, symmetry: true }).states).toBeLessThan(plain.states);
  else expect(told({ ...how, lazy: true, ample: true }).states).toBeLessThan(plain.states / 20);
});

test("an ample set that would put an action off for ever does not", () => {
  /** A clock that ticks round, alone an ample set, beside a step that breaks the property. */
  const clock: PackedModel = {
    words: 2,
    actions: 2,
    init: () => [[0, 0]],
    step(action, state) {
      if (action === 0) state[0] = (state[0]! + 1) % 5;
      else if (state[1] === 1) return false;
      else state[1] = 1;
      return true;
    },
    properties: [always("not set", (state) => state[1] === 0)],
    ample: (_, actions) => {
      actions[0] = 0;
      return 1;
    },
  };
  for (const frontier of [breadthFirst, depthFirst])
    expect(check(clock, { frontier }).properties[0]!.verdict).toBe("violated");
});

test("the depth is that of the deepest state, however the states were found", () => {
  /** From 0, twice the number and one more or two more: a tree of 2^11 - 1 states, ten deep. */
  const tree: PackedModel = {
    words: 1,
    init: () => [[0]],
    actions: 2,
    step: (action, state) => {
      state[0] = 2 * state[0]! + 1 + action;
      return state[0] < 2 ** 11 - 1;
    },
    properties: [],
  };
  for (const frontier of [breadthFirst, depthFirst, () => randomOrder(3)]) {
    expect(check(tree, { frontier })).toMatchObject({ states: 2 ** 11 - 1, depth: 10 });
  }
});

test("a search that is written down and resumed finds what it would have found", () => {
  for (const model of [graph(5, 4000), twoHalves({ cores: 1, calls: 3, symmetry: true })]) {
    for (const frontier of [breadthFirst, depthFirst, () => randomWalk(2)]) {
      const options = { frontier, exhaustive: true };
      const whole = check(model, options);
      let search = new Search<Int32Array>(model, options);
      for (let piece = 0; !search.advance(700); piece++) {
        expect(piece).toBeLessThan(100);
        search = Search.resume<Int32Array>(model, search.checkpoint(), options);
      }
      const { states, transitions, properties } = search.result();
      expect([states, transitions]).toEqual([whole.states, whole.transitions]);
      expect(properties.map(({ verdict }) => verdict)).toEqual(whole.properties.map(({ verdict }) => verdict));
    }
  }
  const plain = objects(graph(5, 4000));
  const half = new Search(plain, { exhaustive: true });
  half.advance(500);
  const rest = Search.resume(plain, half.checkpoint(), { exhaustive: true });
  while (!rest.advance(10_000));
  expect(rest.result().states).toBe(check(plain, { exhaustive: true }).states);
});

test("what is no checkpoint of the model is refused", () => {
  const search = new Search<Int32Array>(graph(5, 4000));
  search.advance(100);
  const bytes = search.checkpoint();
  for (const bad of [new Uint8Array(3), bytes.slice(0, -4), bytes.map((byte, i) => (i === 0 ? 1 : byte))]) {
    expect(() => Search.resume(graph(5, 4000), bad)).toThrow(ExploreError);
  }
  expect(() => Search.resume(graph(6, 4000), bytes)).toThrow(/does not fit/);
});

test("a limit, the caller's signal, and fingerprints never give a proof", () => {
  const model = twoHalves({ cores: 2, calls: 1 });
  for (const options of [
    { limits: { states: 1000 } },
    { limits: { steps: 1000 } },
    { limits: { seconds: 0 } },
    { signal: { aborted: true } },
  ]) {
    const { properties, complete, limit } = check(model, options);
    expect([properties[0]!.verdict, complete]).toEqual(["unknown", false]);
    expect(limit!.remedy).not.toBe("");
  }
});

/** 20 000 states, no two with the same last word. */
const numbered = `data:text/javascript,${encodeURIComponent(
  "export const numbered = () => ({ words: 2, init: () => [[0, 0]], actions: 2, properties: [], step: (action, state) => " +
    "((state[1] = (state[1] * 2 + action) % 20000), (state[0] = state[1] & 7), true) })",
)}`;

test("worker threads find the same states, verdicts and lengths of paths", async () => {
  const models = [
    { cores: 1, calls: 3 },
    { cores: 2, calls: 1, lazy: true, symmetry: true, broken: true },
    { cores: 2, calls: 1, lazy: true, ample: true },
    // Large enough to fill the tables that workers begin with.
    { cores: 3, calls: 2, lazy: true, symmetry: true },
  ];
  const searches = models.flatMap((how) => [1, 2, 3].map((workers) => ({ how, workers })));
  const large = { cores: 2, calls: 2 };
  const asked = [
    ...searches.map(({ how, workers }) => ({
      name: "twoHalves",
      how,
      options: { workers, exhaustive: true, limits: { states: 1_000_000 } },
    })),
    { name: "twoHalves", how: large, options: { workers: 2, exhaustive: true, limits: { states: 10_000 } } },
    { name: "twoHalves", how: large, options: { workers: 2, exhaustive: true, signal: { aborted: true } } },
    { name: "nothing", how: large, options: { workers: 2 } },
    { name: "twoHalves", how: large, options: { workers: 0 } },
    { module: numbered, name: "numbered", how: {}, options: { workers: 3 } },
  ];
  const { runs } = await built();
  const ran = spawnSync(process.execPath, [runs, JSON.stringify(asked)], { encoding: "utf8", timeout: 50_000 });
  expect(ran.stderr).toBe("");
  const results = JSON.parse(ran.stdout) as (CheckResult & { readonly code?: string })[];
  searches.forEach(({ how }, i) => {
    const alone = check(twoHalves(how), { exhaustive: true });
    const found = results[i]!;
    expect(found.complete).toBe(true);
    // Where a circle closes depends on who looks at what first, and with it how many states an ample set leaves out.
    if ("ample" in how)
      expect(found.states).toBeLessThan(check(twoHalves(how), { ample: false, exhaustive: true }).states);
    else expect([found.states, found.depth]).toEqual([alone.states, alone.depth]);
    found.properties.forEach(({ verdict, path }, at) => {
      expect(verdict).toBe(alone.properties[at]!.verdict);
      expect(path?.split(".").length).toBe(alone.properties[at]!.path?.split(".").length);
      if (path !== undefined) expect(twoHalves(how).properties[at]!.holds(follow(twoHalves(how), path))).toBe(false);
    });
  });
  const [limited, cancelled, missing, none, numbers] = results.slice(searches.length);
  expect(limited).toMatchObject({ complete: false, limit: { limit: "states" } });
  expect(limited!.properties[0]!.verdict).toBe("unknown");
  expect(cancelled).toMatchObject({ complete: false, limit: { limit: "cancelled" } });
  expect([missing!.code, none!.code]).toEqual(["E_WORKERS", "E_WORKERS"]);
  expect(numbers).toMatchObject({ states: 20_000, complete: true });
}, 60_000);

test("a symmetry that is none is refused where a path would be told by it", () => {
  // 1 leads to 2, and 5, which stands for it, to 7.
  const model: PackedModel = {
    words: 1,
    init: () => [[0]],
    actions: 1,
    step: (_, state) => {
      state[0]! += state[0] === 5 ? 2 : 1;
      return state[0]! < 9;
    },
    properties: [always("below 7", ([state]) => state! < 7)],
    canonical: (state) => {
      if (state[0] === 1) state[0] = 5;
    },
  };
  expect(check(model, { symmetry: false }).properties[0]).toMatchObject({ verdict: "violated", path: "0.0.0.0.0.0.0" });
  expect(() => check(model)).toThrow(expect.objectContaining({ name: "ExploreError", code: "E_SYMMETRY" }));
});
