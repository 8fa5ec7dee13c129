import { Machine, type RunCore } from "@cmodx/machine/run";
import { describe, expect, test } from "vitest";

const base = 0x8000;

/** A core that adds 1 to r0 for ever. */
function counting(execution: "compiled" | "interpreted" | "reference"): { machine: Machine; core: RunCore } {
  const machine = new Machine({ memoryBytes: 2 ** 20, execution });
  machine.memory.map(base, 0x1000, { read: true, execute: true });
  // add r0, r0, #1; b 0x8000
  machine.memory.write(base, new Uint8Array([0x01, 0x00, 0x80, 0xe2, 0xfd, 0xff, 0xff, 0xea]));
  const core = machine.cores[0]!;
  core.cells[15] = base;
  return { machine, core };
}

describe.each(["compiled", "interpreted", "reference"] as const)(
  "several listeners at one address, %s",
  (execution) => {
    test("are all called, in the order in which they came, each once", () => {
      const { machine } = counting(execution);
      const calls: string[] = [];
      const second = (): unknown => calls.push("second");
      machine.setBreakpoint(base, () => calls.push("first"));
      machine.setBreakpoint(base, second);
      machine.setBreakpoint(base, second);
      machine.run({ instructions: 4 });
      expect(calls).toEqual(["first", "second", "first", "second"]);
    });

    test("who takes the instruction's place comes last, whenever it came", () => {
      const { machine, core } = counting(execution);
      let seen = 0;
      machine.setBreakpoint(
        base,
        () => {
          core.cells[0] = core.cells[0]! + 100;
          core.cells[15] = base + 4;
          return true;
        },
        "instead",
      );
      machine.setBreakpoint(base, () => void seen++);
      machine.run({ instructions: 3 });
      expect([seen, core.cells[0]! % 100, core.cells[0]! >= 300]).toEqual([core.cells[0]! / 100, 0, true]);
    });

    test("one that moves the core on keeps it from those behind", () => {
      const { machine, core } = counting(execution);
      machine.setBreakpoint(base, () => {
        core.cells[15] = base + 4;
      });
      machine.setBreakpoint(base, () => expect.unreachable());
      machine.run({ instructions: 3 });
      expect(core.cells[0]).toBe(0);
    });

    test("one leaves and the other stays; without a name all leave", () => {
      const { machine } = counting(execution);
      const hits = [0, 0];
      const [one, other] = [(): unknown => hits[0]!++ && undefined, (): unknown => hits[1]!++ && undefined];
      machine.setBreakpoint(base, one);
      machine.setBreakpoint(base, other);
      machine.run({ instructions: 2 });
      machine.clearBreakpoint(base, one);
      machine.run({ instructions: 2 });
      expect(hits).toEqual([1, 2]);
      machine.clearBreakpoint(base);
      machine.run({ instructions: 2 });
      expect(hits).toEqual([1, 2]);
    });
  },
);
