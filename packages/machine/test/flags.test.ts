import { cell, Machine, type MachineOptions } from "@cmodx/machine/run";
import { expect, test } from "vitest";
import { assembled } from "./assembled.js";

const kinds = ["compiled", "interpreted", "reference"] as const;

function machineWith(
  isa: "a32" | "t32",
  parts: Readonly<Record<number, readonly string[]>>,
  options: MachineOptions,
): Machine {
  const machine = new Machine({ memoryBytes: 2 ** 20, ...options });
  machine.memory.map(0, 0x10000, { read: true, execute: true });
  for (const [at, lines] of Object.entries(parts))
    machine.memory.write(Number(at), assembled(Number(at) < 0x8000 ? "a32" : isa, lines, Number(at)));
  const core = machine.cores[0]!;
  core.cells[15] = 0x8000;
  core.cells[cell.thumb] = isa === "t32" ? 1 : 0;
  return machine;
}

const state = ({ cores }: Machine): number[] => [...cores[0]!.cells.subarray(0, 16), cores[0]!.status];

test.each(["blt 0x8004", "bvc 0x8004", "bmi 0x8004"])(
  "flags that a loop without end (%s) never sets are what they were before it",
  (loop) => {
    const states = kinds.map((execution) => {
      const machine = machineWith("a32", { 32768: ["nop", loop, "cmp r0, r0", "b 0x8000"] }, { execution });
      const core = machine.cores[0]!;
      core.status = 0xc0000010;
      core.cells[15] = 0x8004;
      if (loop.startsWith("bvc")) core.status = 0x60000010;
      machine.run({ instructions: 50_000 });
      return state(machine);
    });
    expect(states[0]).toEqual(states[2]);
    expect(states[1]).toEqual(states[2]);
  },
);

test("a handler of a fault sees the flags, though nothing behind the fault reads them", () => {
  const parts = {
    // Counts by the flags that were saved: they are in R7 and go to R8.
    16: ["mrs r7, spsr", "add r8, r8, r7, lsr #28", "subs pc, lr, #4"],
    32768: ["ldr r1, [r2]", "add r0, r0, #1", "cmp r0, r3", "bne 0x8000", "b 0x8000"],
  };
  const states = kinds.map((execution) => {
    const machine = machineWith("a32", parts, { execution, exceptions: "vectors" });
    const { cells } = machine.cores[0]!;
    [cells[2], cells[3]] = [0x9000, 300];
    for (const address of [0x9000, 0x7fff0000, 0x9000]) {
      cells[2] = address;
      machine.run({ instructions: 4001 });
    }
    return state(machine);
  });
  expect(states[0]).toEqual(states[2]);
  expect(states[1]).toEqual(states[2]);
  expect(states[0]![8]).toBeGreaterThan(0);
});

test.each([
  ["adds r0, r0, #1", undefined],
  ["movs r0, r3", "CV"],
  ["nop", "NZCV"],
])("a fault that ends the run behind %s: the report says which flags are unknown (%s)", (before, unknown) => {
  const ends = kinds.map((execution) => {
    const machine = machineWith(
      "t32",
      // R2 goes through what is mapped and leaves it; the flags are set again behind each load.
      { 32768: [before, "ldr r1, [r2], #4", "cmp r2, r3", "bne 0x8000", "b 0x8000"] },
      { execution },
    );
    const { cells } = machine.cores[0]!;
    [cells[2], cells[3]] = [0x1000, -1];
    const { unknownFlags, ...report } = machine.run({ instructions: 1_000_000 });
    const known = machine.cores[0]!.status & ~(unknown === undefined ? 0 : unknown === "CV" ? 0x30000000 : 0xf0000000);
    return { unknownFlags, all: [report, state(machine).slice(0, 16), known >>> 0] };
  });
  expect(ends.map(({ unknownFlags }) => unknownFlags)).toEqual([unknown, undefined, undefined]);
  expect(ends[0]!.all).toEqual(ends[2]!.all);
  expect(ends[1]!.all).toEqual(ends[2]!.all);
});

test.each(["b 0x8000", "bx r6"])(
  "an instruction is conditional behind an IT that is met in the middle of another instruction (%s)",
  (again) => {
    // 0xe8d1bf4f: ldrexb r11, [r1]; its second half is an ITEEE MI.
    const states = kinds.map((execution) => {
      const machine = machineWith(
        "t32",
        { 32768: ["ldrexb r11, [r1]", "add r3, r3, #1", "add r4, r4, #1", "nop", "bx r5", again] },
        { execution },
      );
      const core = machine.cores[0]!;
      core.cells[1] = 0x9000;
      core.cells[5] = 0x8003;
      core.cells[6] = 0x8001;
      core.status = 0x80000030;
      machine.run({ instructions: 20_000 });
      return state(machine);
    });
    expect(states[0]).toEqual(states[2]);
    expect(states[1]).toEqual(states[2]);
  },
);
