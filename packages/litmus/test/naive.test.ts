import { drain, interleaved } from "@cmodx/explore";
import { lowerLitmus } from "@cmodx/litmus";
import { architecture, MachineModel, searchMachine, World } from "@cmodx/machine";
import { expect, test } from "vitest";
import { ownTests, read } from "./own-tests.js";

/** What each core's observed registers end with: the log's number, which is another in each model, is left out. */
const registers = (outcomes: readonly string[]): string =>
  outcomes.map((outcome) => outcome.replace(/^\S+/, "")).join("|");

function* product(factors: readonly (readonly string[])[], chosen: readonly string[] = []): Generator<string[]> {
  const factor = factors[chosen.length];
  if (factor === undefined) yield [...chosen];
  else for (const one of factor) yield* product(factors, [...chosen, one]);
}

test("the naive machine, which interleaves and certifies step by step, ends as the engine does, on every test small enough", () => {
  let compared = 0;
  for (const { name, text } of ownTests) {
    const { scenario } = lowerLitmus(read(text));
    const bytes = new Map(
      scenario.memory.flatMap(({ address, bytes: own }) => [...own].map((byte, i) => [address + i, byte] as const)),
    );
    const knobs = { ...architecture, ...scenario.model };
    const world = new World(bytes, knobs, scenario.cores.length, 1, false, scenario);
    const naive = interleaved(new MachineModel(world, scenario.cores, scenario.isas ?? [], []), 1_500);
    if (naive === undefined) continue;
    compared++;
    const found = new Set<string>();
    drain(
      searchMachine(scenario, {}, () => ({
        visit: ({ outcomes }: { readonly outcomes: readonly (readonly string[])[] }) => {
          for (const one of product(outcomes)) found.add(registers(one));
        },
      })),
    );
    expect([...found].sort(), name).toEqual([...new Set(naive.map(({ outcomes }) => registers(outcomes)))].sort());
  }
  expect(compared).toBeGreaterThan(50);
}, 120_000);
