import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { keptProgram } from "../oracle/exception-vectors.js";
import { executions, loggedBy } from "../oracle/exceptions.js";

// Made by `pnpm oracle machine --exceptions --seed 20261124 --count 12 --write` with qemu-system-arm 7.2, whose results these are.
const kept = readFileSync(new URL("qemu-exceptions.txt", import.meta.url), "utf8")
  .trim()
  .split("\n");

test.each(executions)("%s, exceptions and their returns leave what qemu-system-arm leaves", (execution) => {
  expect(kept.length).toBe(12);
  for (const [i, line] of kept.entries()) {
    const { program, logged } = keptProgram(line);
    expect(logged.length).toBe(program.log.size);
    expect(loggedBy(program, execution) === logged, `program ${i}`).toBe(true);
  }
});
