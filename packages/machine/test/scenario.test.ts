import { a32, architecture, exploreSync, MachineError, MachineModel, type Operation, World } from "@cmodx/machine";
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

test("several addresses of one memory, and a final value asked for by either", () => {
  const result = exploreSync({
    memory: [],
    aliases: [{ address: 0x4000, size: 0x100, of: x }],
    cores: [{ steps: [store(0x4000, 1), load(x, "x"), load(0x4000, "y")] }],
    locations: [
      { address: x, size: 4 },
      { address: 0x4000, size: 4 },
    ],
  });
  expect(result.outcomes.map(({ locations }) => locations)).toEqual([[1, 1]]);
  expect(result.cores[0]![0]!.log).toEqual([
    { event: "load", as: "x", value: 1 },
    { event: "load", as: "y", value: 1 },
  ]);
});

test.each([
  ["an alias without bytes", { aliases: [{ address: 0x4000, size: 0, of: 0 }] }, "has no bytes"],
  ["an alias that cuts lines", { aliases: [{ address: 0x4004, size: 4, of: 0 }] }, "cuts cache lines"],
  [
    "an alias of an alias",
    {
      aliases: [
        { address: 0x4000, size: 0x100, of: 0 },
        { address: 0x5000, size: 0x100, of: 0x4000 },
      ],
    },
    "stands for an alias",
  ],
  [
    "aliases that overlap",
    {
      aliases: [
        { address: 0x4000, size: 0x100, of: 0 },
        { address: 0x4080, size: 0x100, of: 0 },
      ],
    },
    "overlap",
  ],
  ["an interrupt register that is not aligned", { interruptRegisters: [{ address: 2, to: [0] }] }, "not aligned"],
  ["an interrupt for nobody", { interruptRegisters: [{ address: 4, to: [7] }] }, "a core that is not there"],
])("%s is refused", (_, wiring, message) => {
  let refused: unknown;
  try {
    exploreSync({ memory: [], cores: [{ steps: [] }], ...wiring });
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(MachineError);
  expect((refused as MachineError).code).toBe("E_SCENARIO");
  expect((refused as MachineError).message).toContain(message);
});

test("a model has no number for an instruction set that it was not given", () => {
  const model = new MachineModel(new World(new Map(), architecture, 1, 1, false), [{ steps: [] }], [a32], []);
  expect(model.isaNumber("a32")).toBe(0);
  expect(() => model.isaNumber("t32")).toThrow(expect.objectContaining({ name: "MachineError", code: "E_SCENARIO" }));
});
