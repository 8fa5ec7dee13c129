import { Machine, type MachineOptions, profiles } from "@cmodx/machine/run";
import { expect, test } from "vitest";
import { assembled } from "./assembled.js";

const start = 0x8000;

function looping(options: MachineOptions): Machine {
  const machine = new Machine({ memoryBytes: 2 ** 20, ...options });
  machine.memory.map(start, 0x2000, { read: true, execute: true });
  // Over the end of a page, so that either of two may be taken away.
  machine.memory.write(start + 0xffc, assembled("a32", ["add r0, r0, #1", "b 0x8ffc"], start + 0xffc));
  machine.cores[0]!.cells[15] = start + 0xffc;
  return machine;
}

const kinds: readonly (readonly [string, MachineOptions])[] = [
  ["compiled", { execution: "compiled" }],
  ["interpreted", { execution: "interpreted" }],
  ["by the pseudocode", { execution: "reference" }],
  ["compiled, with caches", { execution: "compiled", caches: profiles["cortex-a9-like"]! }],
];

const changes: readonly (readonly [string, (machine: Machine, page: number) => void, string])[] = [
  ["may not be executed", ({ memory }, page) => void memory.protect(page, 0x1000, { read: true }), "permission"],
  ["is unmapped", ({ memory }, page) => memory.unmap(page, 0x1000), "unmapped"],
  ["is mapped anew", ({ memory }, page) => void memory.map(page, 0x1000, { read: true, write: true }), "permission"],
  ["shows another page", ({ memory }, page) => memory.alias(page, 0x20000, 0x1000, { read: true }), "permission"],
];

test.each(
  kinds.flatMap(([kind, options]) =>
    changes.flatMap((change) => [0, 1].map((page) => [kind, page, ...change, options] as const)),
  ),
)("%s: page %i of a loop %s, and the next fetch there aborts", (_, page, __, change, ___, options) => {
  const machine = looping(options);
  machine.memory.map(0x20000, 0x1000, { read: true, execute: true });
  expect(machine.run({ instructions: 10_000 }).end).toBe("budget");
  change(machine, start + 0x1000 * page);
  const report = machine.run({ instructions: 10_000 });
  expect(report).toMatchObject({ end: "fault", address: start + (page === 0 ? 0xffc : 0x1000) });
  expect(report.instructions).toBeLessThanOrEqual(1);
  // And is executed again once it may be.
  machine.memory.map(start, 0x2000, { read: true, execute: true });
  machine.memory.write(start + 0xffc, assembled("a32", ["add r0, r0, #3", "b 0x8ffc"], start + 0xffc));
  machine.codeChanged();
  const core = machine.cores[0]!;
  core.stopped = undefined;
  core.cells[0] = 0;
  core.cells[15] = start + 0xffc;
  machine.run({ instructions: 10_000 });
  if (options.caches === undefined) expect(core.cells[0]).toBe(15_000);
});

test("a change of what may be done with other pages leaves compiled code alone", () => {
  const machine = looping({});
  machine.memory.map(0x20000, 0x1000, { read: true, write: true });
  machine.run({ instructions: 10_000 });
  const { compilations, compiledFunctions } = machine;
  machine.memory.protect(0x20000, 0x1000, { read: true });
  machine.memory.protect(start, 0x2000, { read: true, write: true, execute: true });
  machine.memory.unmap(0x20000, 0x1000);
  expect(machine.compiledFunctions).toBe(compiledFunctions);
  machine.run({ instructions: 10_000 });
  expect(machine.compilations).toBe(compilations);
});
