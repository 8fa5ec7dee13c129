import {
  always,
  breadthFirst,
  type CheckOptions,
  check,
  depthFirst,
  ExploreError,
  eventually,
  lowestFirst,
  type Model,
  randomOrder,
  randomWalk,
  replay,
  sometimes,
} from "@cmodx/explore";
import { expect, test } from "vitest";

/** Threads that increment a shared number in two steps, reading it and writing it: the classic lost update. */
interface Increment {
  readonly shared: number;
  readonly threads: readonly { readonly local: number; readonly at: "read" | "write" | "done" }[];
}

function increment(threads: number): Model<Increment, number> {
  return {
    init: () => [{ shared: 0, threads: Array.from({ length: threads }, () => ({ local: 0, at: "read" as const })) }],
    actions: (state) => state.threads.flatMap(({ at }, i) => (at === "done" ? [] : [i])),
    next: ({ shared, threads }, i) => {
      const { local, at } = threads[i]!;
      const moved = at === "read" ? ({ local: shared, at: "write" } as const) : ({ local, at: "done" } as const);
      return { shared: at === "read" ? shared : local + 1, threads: threads.map((old, j) => (j === i ? moved : old)) };
    },
    encode: ({ shared, threads }, row) => {
      row.push(shared);
      for (const { local, at } of threads) row.push(local * 4 + ["read", "write", "done"].indexOf(at));
    },
    representative: ({ shared, threads }) => ({
      shared,
      threads: [...threads].sort((a, b) => a.at.localeCompare(b.at) || a.local - b.local),
    }),
    properties: [
      always("no update is lost", ({ shared, threads }) => shared >= threads.filter(({ at }) => at === "done").length),
      sometimes("both count", ({ shared }) => shared === threads),
      eventually("all are done", ({ threads }) => threads.every(({ at }) => at === "done")),
    ],
  };
}

const orders: readonly [string, NonNullable<CheckOptions<Increment>["frontier"]>][] = [
  ["breadth first", breadthFirst],
  ["depth first", depthFirst],
  ["random order", () => randomOrder(7)],
  ["random walk", () => randomWalk(7)],
  ["lowest first", () => lowestFirst<Increment>(({ shared }) => -shared)],
];

test.each(orders)("%s: thirteen states, eight up to symmetry, and the same verdicts", (_, frontier) => {
  for (const [symmetry, states] of [
    [false, 13],
    [true, 8],
  ] as const) {
    const result = check(increment(2), { frontier, symmetry, exhaustive: true });
    expect(result.states).toBe(states);
    expect(result.complete).toBe(true);
    expect(result.properties.map(({ verdict }) => verdict)).toEqual(["violated", "holds", "holds"]);
  }
});

test("a path replays to the state that it is about, and breadth first finds the shortest", () => {
  const model = increment(2);
  const lost = check(model).properties[0]!;
  const steps = replay(model, lost.path!);
  expect(model.properties[0]!.holds(steps.at(-1)!.state)).toBe(false);
  expect(steps.slice(0, -1).every(({ state }) => model.properties[0]!.holds(state))).toBe(true);
  expect(lost.path).toBe("0.0.1.0.0");
  expect(check(model, { frontier: depthFirst }).properties[0]!.path!.split(".").length).toBeGreaterThanOrEqual(5);
});

test.each(["", "x", "0.", "1", "0.9", "0.0.0.0.0.0.0"])("path %j does not fit", (path) => {
  expect(() => replay(increment(2), path)).toThrow(ExploreError);
});

/** Two processes that each take one of two forks, then the other. */
const philosophers: Model<readonly [number, number], number> = {
  init: () => [[0, 0]],
  actions: ([a, b]) => [
    ...(a < 2 && !(a === 0 ? b === 2 : b > 0) ? [0] : []),
    ...(b < 2 && !(b === 0 ? a === 2 : a > 0) ? [1] : []),
  ],
  next: ([a, b], who) => (who === 0 ? [a + 1, b] : [a, b + 1]),
  encode: ([a, b], row) => {
    row.push(a);
    row.push(b);
  },
  properties: [eventually("one eats", ([a, b]) => a === 2 || b === 2)],
};

test("a deadlock violates eventually", () => {
  const [eats] = check(philosophers).properties;
  expect(eats!.verdict).toBe("violated");
  expect(replay(philosophers, eats!.path!).at(-1)!.state).toEqual([1, 1]);
});

test("a circle violates eventually, and one that is left does not hide it", () => {
  const circle = (goal: number): Model<number, number> => ({
    init: () => [0],
    actions: (n) => (n === 2 ? [0, 3] : n >= 3 ? [] : [n + 1]),
    next: (_, to) => to,
    encode: (n, row) => row.push(n),
    properties: [eventually("goal", (n) => n === goal)],
  });
  expect(check(circle(3)).properties[0]!.verdict).toBe("violated");
  expect(check(circle(1)).properties[0]!.verdict).toBe("holds");
});

test("a limit that was met gives unknown, unless the property is decided already", () => {
  const far: Model<number, number> = {
    init: () => [0],
    actions: () => [1],
    next: (n, step) => n + step,
    encode: (n, row) => row.push(n),
    properties: [
      always("small", (n) => n < 10),
      always("below a million", (n) => n < 1_000_000),
      sometimes("negative", (n) => n < 0),
    ],
  };
  const result = check(far, { limits: { states: 1000 } });
  expect(result.properties.map(({ verdict }) => verdict)).toEqual(["violated", "unknown", "unknown"]);
  expect(result.complete).toBe(false);
  expect(result.limit).toMatchObject({ limit: "states", value: 1000 });
  expect(check(far, { signal: { aborted: true } }).limit?.limit).toBe("cancelled");
});

test("the example of the documentation", () => {
  const counter: Model<number, number> = {
    init: () => [0],
    actions: () => [1, 2],
    next: (state, step) => (state + step) % 10,
    encode: (state, row) => row.push(state),
    properties: [always("below nine", (state) => state < 9)],
  };
  expect(check(counter).properties[0]).toEqual({
    name: "below nine",
    kind: "always",
    verdict: "violated",
    path: "0.0.1.1.1.1",
  });
});
