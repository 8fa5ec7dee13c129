import { exploreSync, type Operation } from "@cmodx/machine";
import { expect, test } from "vitest";

const [x, y] = [0x100, 0x200];
const store = (address: number, value: number): Operation => ({ op: "store", address, size: 4, value });
const load = (address: number, as: string): Operation => ({ op: "load", address, size: 4, as });
const dmb: Operation = { op: "dmb", option: "sy" };

function outcomes(...cores: Operation[][]): string[] {
  const result = exploreSync({ memory: [], cores: cores.map((steps) => ({ steps })) });
  expect(result.complete).toBe(true);
  return result.outcomes
    .map(({ cores }) =>
      cores
        .flatMap(({ log }) => log.map((event) => (event.event === "load" ? `${event.as}=${event.value}` : event.event)))
        .join(),
    )
    .sort();
}

test("message passing without barriers", () => {
  expect(outcomes([store(x, 1), store(y, 1)], [load(y, "y"), load(x, "x")])).toEqual([
    "y=0,x=0",
    "y=0,x=1",
    "y=1,x=0",
    "y=1,x=1",
  ]);
});

test("message passing with barriers", () => {
  expect(outcomes([store(x, 1), dmb, store(y, 1)], [load(y, "y"), dmb, load(x, "x")])).toEqual([
    "y=0,x=0",
    "y=0,x=1",
    "y=1,x=1",
  ]);
});
