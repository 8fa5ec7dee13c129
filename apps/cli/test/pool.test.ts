import { expect, test } from "vitest";
import { inOrder } from "../src/frame/pool.js";

const worker = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", (n) => setTimeout(() => parentPort.postMessage({ n }), n % 2 === 0 ? 5 : 0));
  `)}`,
);
const work = { worker, run: (n: number) => ({ n }) };
const tasks = [0, 1, 2, 3, 4, 5, 6, 7, 8];

async function results(jobs: number, signal = new AbortController().signal, after = (_: number) => {}) {
  const found: number[] = [];
  for await (const { n } of inOrder(tasks, jobs, work, signal)) {
    found.push(n);
    after(n);
  }
  return found;
}

test("results come in the order of the tasks, each worker doing many, however many workers there are", async () => {
  for (const jobs of [1, 2, 4, 20]) expect(await results(jobs), String(jobs)).toEqual(tasks);
});

test("an interrupt ends it with what is done", async () => {
  for (const jobs of [1, 2]) {
    const stop = new AbortController();
    const found = await results(jobs, stop.signal, (n) => (n === 3 ? stop.abort() : undefined));
    expect(found, String(jobs)).toEqual([0, 1, 2, 3]);
  }
});

test("a worker that fails is an error", async () => {
  const broken = { worker: new URL("data:text/javascript,throw new Error('broken')"), run: () => ({}) };
  await expect(async () => {
    for await (const _ of inOrder(tasks, 2, broken, new AbortController().signal));
  }).rejects.toThrow("broken");
});
