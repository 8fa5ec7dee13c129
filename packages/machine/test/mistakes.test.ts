import { GuestMemory, Machine, MachineError, type MachineOptions, type RunOptions } from "@cmodx/machine/run";
import { expect, test } from "vitest";

test.each<MachineOptions>([
  { cores: 0 },
  { cores: -1 },
  { cores: 1.5 },
  { cores: Number.NaN },
  { cores: 1e9 },
  { memoryBytes: 12345 },
  { memoryBytes: 0 },
  { memoryBytes: 2 ** 40 },
  { memoryBytes: Number.NaN },
  { memoryBase: 0x8001 },
])("a machine with %j cannot be made, and the error says so", (options) => {
  expect(() => new Machine(options)).toThrow(MachineError);
});

test.each<RunOptions>([
  { instructions: Number.NaN },
  { instructions: -1 },
  { seconds: Number.NaN },
  { schedule: { kind: "round-robin", quantum: 0 } },
  { schedule: { kind: "random", quantum: Number.NaN } },
  { schedule: { kind: "given", turns: [{ core: -1, instructions: 5 }] } },
  { schedule: { kind: "given", turns: [{ core: 0, instructions: Number.NaN }] } },
])("a run with %j would never end, and is refused", (options) => {
  expect(() => new Machine({ memoryBytes: 2 ** 20 }).run(options)).toThrow(MachineError);
});

test("an alias of what is not mapped is refused; a page can be mapped anew when memory is full", () => {
  const memory = new GuestMemory(1, 0x10000);
  expect(memory.alias(0x20000, 0x50000, 0x1000, { read: true })).toBe(false);
  expect(memory.isMapped(0x20000)).toBe(false);
  expect(memory.map(0, 0x10000, { read: true, write: true })).toBe(true);
  expect(memory.alias(0x20000, 0xf000, 0x2000, { read: true })).toBe(false);
  expect(memory.alias(0x20000, 0xf000, 0x1000, { read: true })).toBe(true);
  memory.store(0x3000, 5, 4);
  expect(memory.map(0x3000, 0x1000, { read: true, write: true })).toBe(true);
  expect(memory.load(0x3000, 4)).toBe(0);
  expect(memory.map(0x10000, 0x1000, { read: true })).toBe(false);
});

test("Thumb code at an odd address is a fetch that is not aligned", () => {
  const machine = new Machine({ memoryBytes: 2 ** 20 });
  machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
  const core = machine.cores[0]!;
  core.status |= 0x20;
  core.cells[15] = 0x8001;
  expect(machine.run({ instructions: 5 })).toMatchObject({ end: "fault", pc: 0x8001 });
});
