import { runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { randomBelow as random } from "../../../test/random.js";
import { axiomaticOutcomes } from "./axiomatic/outcomes.js";
import { randomProgram, toLitmus } from "./axiomatic/program.js";
import { read } from "./own-tests.js";

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
