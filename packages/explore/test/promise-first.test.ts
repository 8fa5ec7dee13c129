import { drain, promiseFirst, Run, type ThreadModel } from "@cmodx/explore";
import { expect, test } from "vitest";

/** Threads that count up for ever, each number a state of its own: nothing but a limit ends it. */
const endless: ThreadModel<{ n: number }, never> = {
  threads: 1,
  initial: () => ({ n: 0 }),
  copy: ({ n }) => ({ n }),
  encode: ({ n }, row) => row.push(n),
  step: (_, state) => {
    state.n++;
  },
  finished: () => false,
  outcome: () => "",
  author: () => 0,
  identity: () => "",
  promiseFloor: () => 0,
  relevant: () => true,
  relevance: () => 0,
  ordered: () => true,
};

test.each([
  [{ steps: 10_000 }, "steps"],
  [{ states: 10_000 }, "states"],
  [{ seconds: 0.05 }, "seconds"],
] as const)("the limit %j ends a run that does not end by itself, and says so", (limits, limit) => {
  const result = drain(promiseFirst(endless, () => {}, { limits }));
  expect(result.complete).toBe(false);
  expect(result.limit?.limit).toBe(limit);
  expect(result.limit?.remedy).not.toBe("");
});

test("a caller can stop it in the middle of one thread's run", () => {
  const signal = { aborted: false };
  const search = promiseFirst(endless, () => {}, { signal });
  expect(search.next().done).toBe(false);
  signal.aborted = true;
  const { done, value } = search.next();
  expect(done).toBe(true);
  expect(value).toMatchObject({ complete: false, limit: { limit: "cancelled" } });
});

test("of the orders that a step depends on, those that others imply are left out", () => {
  const run = new Run<string>(
    () => 0,
    (n) => `${n}`,
  );
  run.enter([0, 1, 2, 3]);
  for (const [one, other] of [
    [1, 2],
    [2, 3],
    [3, 1],
    [4, 2],
  ] as const)
    run.compare(one, other);
  const pairs = run.compared();
  expect(new Set(pairs.flatMap((_, i) => (i % 2 === 0 ? [`${pairs[i]} ${pairs[i + 1]}`] : [])))).toEqual(
    new Set(["1 2", "2 3", "2 4"]),
  );
});
