import { expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";
import { compare } from "../axiomatic/compare.js";
import { randomTest } from "../axiomatic/random.js";
import { ownTests, read } from "./own-tests.js";

// The engine beside axioms that share no rule with it; `pnpm oracle litmus` compares more.

test("the axioms give each of our tests that they know the same answer and as many states", () => {
  let same = 0;
  for (const { name, text } of ownTests) {
    const found = compare(read(text));
    expect(found.kind === "different" ? found.what : "", name).toBe("");
    if (found.kind === "same") same++;
  }
  expect(same).toBeGreaterThan(90);
}, 60_000);

test("and random ones, with stores to code, maintenance and calls of it", () => {
  let [same, states] = [0, 0];
  for (let seed = 1; seed <= Number(globalThis.process?.env["CMODX_SEEDS"] ?? 60); seed++) {
    const text = randomTest(randomBelow(seed));
    const found = compare(read(text), 3000);
    expect(found.kind === "different" ? `${found.what}\n${text}` : "", `seed ${seed}`).toBe("");
    if (found.kind !== "same") continue;
    same++;
    states += found.states;
  }
  expect(same).toBeGreaterThan(35);
  expect(states).toBeGreaterThan(120);
}, 120_000);
