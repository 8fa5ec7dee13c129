import { type LitmusOptions, runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";
import { compare } from "../axiomatic/compare.js";
import { cycleTest } from "../axiomatic/cycles.js";
import { read } from "./own-tests.js";

// Cycles as diy makes them: what other people's data tests are made of. `pnpm oracle litmus --cycles N` compares more.
const seeds = Number(globalThis.process?.env["CMODX_SEEDS"] ?? 120);
const cycles = Array.from({ length: seeds }, (_, i) => [i + 1, cycleTest(randomBelow(i + 1))] as const);

test("the axioms give random cycles the same answers and as many states", () => {
  const verdicts = new Map<string, number>();
  for (const [seed, text] of cycles) {
    const found = compare(read(text), 3000);
    expect(found.kind === "different" ? `${found.what}\n${text}` : "", `seed ${seed}`).toBe("");
    const { verdict } = runLitmus(read(text));
    if (found.kind === "same") verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  }
  expect([...verdicts.keys()].sort()).toEqual(["Allowed", "Forbidden"]);
  for (const count of verdicts.values()) expect(count).toBeGreaterThan(seeds / 4);
}, 120_000);

const switches = ["projection", "independence", "order", "sharing", "dominance", "symmetry", "floors"] as const;

test.each(switches)(
  "a random cycle ends the same with %s off",
  (name) => {
    for (const [seed, text] of cycles.slice(0, seeds / 2)) {
      const told = (reductions: NonNullable<LitmusOptions["reductions"]>) => {
        const { verdict, outcomes, complete } = runLitmus(read(text), { reductions });
        return [complete, verdict, ...outcomes.map(({ state }) => state)];
      };
      expect(told({ [name]: false }), `seed ${seed}:\n${text}`).toEqual(told({}));
    }
  },
  60_000,
);
