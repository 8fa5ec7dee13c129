import { runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { axiomaticOutcomes } from "./axiomatic/outcomes.js";
import { randomProgram, toLitmus } from "./axiomatic/program.js";
import { read } from "./own-tests.js";

/** Numbers from a seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

test("the data side has the outcomes of ARMv8's axiomatic model, on random programs", () => {
  let outcomes = 0;
  for (let seed = 1; seed <= Number(globalThis.process?.env["CMODX_SEEDS"] ?? 200); seed++) {
    const program = randomProgram(random(seed));
    const text = toLitmus(program);
    const result = runLitmus(read(text));
    expect(result.complete).toBe(true);
    const found = result.outcomes.map(({ state }) => state.replace(/[^=]*=([^;]*);/g, "$1,").slice(0, -1)).sort();
    const expected = [...axiomaticOutcomes(program)].sort();
    expect(found, `seed ${seed}:\n${text}`).toEqual(expected);
    outcomes += expected.length;
  }
  expect(outcomes).toBeGreaterThan(1000);
});
