import { readFileSync } from "node:fs";
import { formatHerd, runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { read } from "./own-tests.js";

test("the README's example prints what the README says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const text = /parseLitmus\(`([^`]*)`/.exec(readme)![1]!.replaceAll("\\\\", "\\");
  const printed = formatHerd(runLitmus(read(text)));
  expect(printed).toContain("Test MP Allowed\nStates 4\n");
  const observation = /Observation MP .*/.exec(printed)![0];
  expect(readme).toContain(observation);
});
