import { INCIDENTS, PATTERNS } from "@cmodx/patching";
import { describe, expect, test } from "vitest";

describe.each(PATTERNS)("$id $title", (pattern) => {
  test("is found where the mistake is made", () => {
    const { found, counterexample } = pattern.reproduce("faulty");
    expect(found).toBe(true);
    expect(counterexample!.at(-1)!.event).toBe("violation");
  });

  test("is not found where it is done right, and every execution was looked at", () => {
    expect(pattern.reproduce("fixed")).toMatchObject({ found: false, counterexample: null });
  });
});

test("there are twelve", () => {
  expect(PATTERNS.map(({ id }) => id).join(" ")).toBe("P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 L1");
});

test("every incident comes down to patterns that are there, and every pattern has an incident", () => {
  const used = new Set(INCIDENTS.flatMap(({ patterns }) => patterns));
  expect([...used].toSorted()).toEqual(PATTERNS.map(({ id }) => id).toSorted());
  expect(INCIDENTS.map(({ id }) => id)).toEqual(Array.from({ length: 27 }, (_, i) => i + 1));
  for (const { patterns, command } of INCIDENTS) expect(patterns.length > 0).toBe(command === undefined);
});
