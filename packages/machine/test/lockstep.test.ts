import { readFileSync } from "node:fs";
import { memorySource, openElf } from "@cmodx/elf";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { cell, Machine } from "@cmodx/machine/run";
import { expect, test } from "vitest";

function started(name: string, execution: "compiled" | "interpreted" | "reference", rounds: number): Machine {
  const file = readFileSync(new URL(`../../../samples/${name}`, import.meta.url));
  const machine = new Machine({ execution, memoryBytes: 2 ** 25 });
  const linux = LinuxUser.start(machine, programOf(openElf(memorySource(file))), { args: [name, String(rounds)] });
  if (linux === "no room") throw new Error(linux);
  return machine;
}

/** Registers, flags and extension registers; what the interpreter keeps for itself is behind them. */
function stateOf(machine: Machine): number[] {
  const { cells } = machine.cores[0]!;
  const flags = [cell.n, cell.z, cell.c, cell.v, cell.q, cell.ge, cell.it, cell.thumb, cell.fpscr, cell.fpscrFlags];
  return [...cells.subarray(0, 16), ...flags.map((at) => cells[at]!), ...cells.subarray(cell.words, cell.words + 64)];
}

const bare = ["alu", "copy", "sort", "hash", "states"].flatMap((name) =>
  ["arm", "thumb"].map((isa) => [`programs/${name}-${isa}.elf`, 2] as const),
);

const all = [...bare, ["sites-arm.elf", 0] as const, ["sites-thumb2.elf", 0] as const];

test.each(all.flatMap((one) => [[...one, "compiled"] as const, [...one, "interpreted"] as const]))(
  "%s, %i rounds: %s and by the pseudocode agree on the state at every stop",
  (name, rounds, execution) => {
    const [compiled, reference] = [started(name, execution, rounds), started(name, "reference", rounds)];
    // Stops at other places each time: 2003 and 1601 have no common factor with the lengths of loops.
    for (let i = 0; ; i++) {
      const instructions = i % 2 === 0 ? 2003 : 1601;
      const [one, other] = [compiled.run({ instructions }), reference.run({ instructions })];
      expect(one).toEqual(other);
      expect(stateOf(compiled)).toEqual(stateOf(reference));
      if (one.end !== "budget") break;
    }
    expect(compiled.cores[0]!.instructions).toBe(reference.cores[0]!.instructions);
    if (name.startsWith("programs")) expect(compiled.compiledFunctions).toBeGreaterThan(0);
    expect(reference.compiledFunctions).toBe(0);
    for (const address of [0x11000, 0x12000, 0x13000, 0x14000]) {
      if (!compiled.memory.isMapped(address)) continue;
      expect(compiled.memory.read(address, 4096)).toEqual(reference.memory.read(address, 4096));
    }
  },
);
