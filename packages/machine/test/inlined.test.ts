import { cell, Machine } from "@cmodx/machine/run";
import { expect, test } from "vitest";
import { assembled } from "./assembled.js";

const [start, leaf] = [0x8000, 0x8100];
const isas = ["a32", "t32"] as const;

/** A loop that calls a function of a few instructions, for ever: r0 counts what the function does, r4 the calls, r6 where it loads. */
function calling(isa: (typeof isas)[number], execution: "compiled" | "reference"): Machine {
  const machine = new Machine({ execution, memoryBytes: 2 ** 20 });
  machine.memory.map(start, 0x1000, { read: true, write: true, execute: true });
  machine.memory.write(start, assembled(isa, ["bl 0x8100", "adds r4, r4, #1", "b 0x8000"], start));
  machine.memory.write(leaf, assembled(isa, ["adds r0, r0, #1", "ldr r5, [r6, #0]", "adds r0, r0, r5", "bx lr"], leaf));
  const { cells } = machine.cores[0]!;
  cells[6] = 0x8800;
  cells[15] = start;
  cells[cell.thumb] = isa === "t32" ? 1 : 0;
  return machine;
}

const state = (machine: Machine): number[] => [...machine.cores[0]!.cells.subarray(0, 20)];

test.each(isas)("%s: a small function is compiled into its caller, and does what it does alone", (isa) => {
  const [compiled, reference] = [calling(isa, "compiled"), calling(isa, "reference")];
  for (let i = 0; i < 200; i++) {
    expect(compiled.run({ instructions: 2003 })).toEqual(reference.run({ instructions: 2003 }));
    expect(state(compiled)).toEqual(state(reference));
  }
  expect(compiled.compiledFunctions).toBeGreaterThan(0);
});

test.each(isas)("%s: the function changes, and so does what its caller executes", (isa) => {
  const [compiled, reference] = [calling(isa, "compiled"), calling(isa, "reference")];
  for (const machine of [compiled, reference]) {
    machine.run({ instructions: 7000 });
    machine.memory.write(leaf, assembled(isa, ["adds r0, r0, #3"], leaf));
    machine.codeChanged(leaf, 4);
    machine.run({ instructions: 7001 });
  }
  expect(state(compiled)).toEqual(state(reference));
  expect(compiled.cores[0]!.cells[0]).toBe(4000);
});

test.each(isas)("%s: a breakpoint in the function is met in every call", (isa) => {
  const machine = calling(isa, "compiled");
  machine.run({ instructions: 7000 });
  let hits = 0;
  machine.setBreakpoint(leaf, () => {
    hits++;
  });
  machine.run({ instructions: 7000 });
  expect(hits).toBe(1000);
});

test.each(isas)("%s: an access in the function that is not allowed says where it was", (isa) => {
  const [compiled, reference] = [calling(isa, "compiled"), calling(isa, "reference")];
  const reports = [compiled, reference].map((machine) => {
    machine.run({ instructions: 7003 });
    machine.cores[0]!.cells[6] = 0x7fff0000;
    return machine.run({ instructions: 7000 });
  });
  expect(reports[0]).toEqual(reports[1]);
  expect(reports[0]).toMatchObject({ end: "fault", address: 0x7fff0000 });
  expect(state(compiled)).toEqual(state(reference));
});

test.each(isas)("%s: a function that leaves early when there is nothing to do gives back what it was given", (isa) => {
  // fib(r0) → r0, by calling itself.
  const lines =
    isa === "a32"
      ? ["cmp r0, #1", "bxls lr", "push {r4, lr}", "mov r4, r0", "sub r0, r0, #1", "bl 0x8100"]
      : ["cmp r0, #1", "it ls", "bxls lr", "push {r4, lr}", "mov r4, r0", "subs r0, r0, #1", "bl 0x8100"];
  const rest = ["mov r1, r0", "sub.w r0, r4, #2", "mov r4, r1", "bl 0x8100", "add r0, r0, r4", "pop {r4, pc}"];
  const code = [...lines, ...rest.map((line) => (isa === "a32" ? line.replace(".w", "") : line))];
  const [compiled, reference] = (["compiled", "reference"] as const).map((execution) => {
    const machine = calling(isa, execution);
    machine.memory.write(leaf, assembled(isa, code, leaf));
    const { cells } = machine.cores[0]!;
    cells[0] = 18;
    cells[13] = 0x9000;
    machine.setBreakpoint(start + 4, (core) => {
      core.stopped = { kind: "breakpoint", reason: "done" };
    });
    for (let i = 0; machine.run({ instructions: 1997 }).end === "budget"; i++) expect(i).toBeLessThan(200);
    return machine;
  });
  expect(compiled!.cores[0]!.cells[0]).toBe(2584);
  expect(state(compiled!)).toEqual(state(reference!));
  expect(compiled!.compiledFunctions).toBeGreaterThan(0);
});

test.each(isas)("%s: behind an early return the function has all of its registers", (isa) => {
  const first = isa === "a32" ? ["cmp r5, #0", "bxeq lr"] : ["cmp r5, #0", "it eq", "bxeq lr"];
  const code = [...first, "add r1, r1, r7", "adds r2, r2, r1", "bx lr"];
  const caller = ["bl 0x8100", "eor r5, r5, #1", "adds r4, r4, #1", "b 0x8000"];
  const [compiled, reference] = (["compiled", "reference"] as const).map((execution) => {
    const machine = calling(isa, execution);
    machine.memory.write(start, assembled(isa, caller, start));
    machine.memory.write(leaf, assembled(isa, code, leaf));
    machine.cores[0]!.cells[7] = 3;
    for (let i = 0; i < 50; i++) machine.run({ instructions: 2003 });
    return machine;
  });
  expect(state(compiled!)).toEqual(state(reference!));
  expect(compiled!.compiledFunctions).toBeGreaterThan(1);
});
