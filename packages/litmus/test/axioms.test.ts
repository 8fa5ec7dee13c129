import { expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";
import { compare } from "../axiomatic/compare.js";
import { fetchCycleTest } from "../axiomatic/fetch-cycles.js";
import { interruptsTest } from "../axiomatic/interrupts.js";
import { orderedTest } from "../axiomatic/ordered.js";
import { axiomaticOutcomes } from "../axiomatic/outcomes.js";
import { partsTest } from "../axiomatic/parts.js";
import { Unread } from "../axiomatic/program.js";
import { randomTest } from "../axiomatic/random.js";
import { ownTests, read } from "./own-tests.js";

// The engine beside axioms that share no rule with it; `pnpm oracle litmus` compares more.

test.each(ownTests.map(({ name, text }) => [name, text]))(
  "the axioms give %s the same answer and as many states",
  (_, text) => {
    const found = compare(read(text));
    expect(found.kind === "same" ? found.kind : found).toBe("same");
  },
);

test("a test that can be read by names and by bytes is the same test", () => {
  let both = 0;
  for (const { name, text } of ownTests) {
    const results = (["names", "bytes"] as const).map((how) => {
      try {
        const { states, some, every } = axiomaticOutcomes(read(text), "armv8", 10_000, how);
        return { states: states.size, some, every };
      } catch (error) {
        if (error instanceof Unread) return undefined;
        throw error;
      }
    });
    if (results.includes(undefined)) continue;
    both++;
    expect(results[1], name).toEqual(results[0]);
  }
  expect(both).toBeGreaterThan(80);
}, 60_000);

const seeds = Number(globalThis.process?.env["CMODX_SEEDS"] ?? 60);

test.each([
  ["ones, with stores to code, maintenance and calls of it", randomTest, seeds, 35, 120],
  [
    "ones of parts: halves of code and data, exceptions, exclusives, every reach of an invalidate",
    partsTest,
    seeds,
    50,
    400,
  ],
  ["ones of interrupts, and of code with two addresses", interruptsTest, seeds, 50, 200],
  ["ones of data: acquires, releases, exclusives", orderedTest, 1.5 * seeds, 50, 400],
  ["cycles through fetches, in AArch64, with every CacheType", fetchCycleTest, seeds / 3, 12, 30],
] as const)(
  "and random %s",
  (_, make, count, compared, shown) => {
    let [same, states] = [0, 0];
    for (let seed = 1; seed <= count; seed++) {
      const text = make(randomBelow(seed));
      const found = compare(read(text), 3000);
      expect(found.kind === "different" ? `${found.what}\n${text}` : "", `seed ${seed}`).toBe("");
      if (found.kind !== "same") continue;
      same++;
      states += found.states;
    }
    expect(same).toBeGreaterThan(compared);
    expect(states).toBeGreaterThan(shown);
  },
  120_000,
);

test("what the axioms do not read is named", () => {
  const twice =
    "ARM x\n{ 0:R1=d; d=ipi(P1); }\nP0 | P1 | P1.I;\nSTR R0,[R1] | NOP | ERET;\nSTR R0,[R1] | | ;\nexists (0:R0=1)";
  expect(compare(read(twice))).toMatchObject({ kind: "unread", why: expect.stringContaining("several interrupts") });
});
