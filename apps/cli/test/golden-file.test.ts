import { expect, test } from "vitest";
import { parseGolden, printGolden } from "./golden-file.js";

const text = "; what this shows\nRUN: check a\nsome output\n\nmore\nFAIL 2: check\nstderr: cmodx: check: no\n";

test("a golden file reads as runs with their exit status and output", () => {
  expect(parseGolden(text).runs).toEqual([
    { args: "check a", exit: 0, output: "some output\n\nmore\n" },
    { args: "check", exit: 2, output: "stderr: cmodx: check: no\n" },
  ]);
});

test("printing what was read gives the file back", () => {
  expect(printGolden(parseGolden(text))).toBe(text);
});
