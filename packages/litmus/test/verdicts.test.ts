import { runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { ownTests, read } from "./own-tests.js";

test("there are tests, each with an expected verdict, and no expectation without a test", () => {
  expect(ownTests.length).toBeGreaterThanOrEqual(40);
  for (const { name, text, expected } of ownTests) {
    expect(expected, name).toMatch(/^(Allowed|Forbidden|Required)$/);
    expect(read(text).name).toBe(name);
  }
});

test.each(ownTests.map(({ name, text, expected }) => [name, expected, text] as const))(
  "%s is %s",
  (_, expected, text) => {
    const result = runLitmus(read(text));
    expect({ verdict: result.verdict, error: result.error }).toEqual({ verdict: expected, error: undefined });
  },
);
