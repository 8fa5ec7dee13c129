import { cell, Machine } from "@cmodx/machine/run";
import { expect, test } from "vitest";

test("the README's run prints what it says", () => {
  const machine = new Machine();
  machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
  machine.memory.write(
    0x8000,
    new Uint8Array([0x01, 0x00, 0x80, 0xe2, 0x01, 0x10, 0x50, 0xe0, 0xfc, 0xff, 0xff, 0xea]),
  );
  const core = machine.cores[0]!;
  core.cells[15] = 0x8000;
  const report = machine.run({ instructions: 1_000_000 });
  expect([report.reason, core.cells[0], core.cells[cell.z]].join(" ")).toBe(
    "core 0 at 0x8004 (subs r1, r0, r1): the budget was used up 333334 0",
  );
});
