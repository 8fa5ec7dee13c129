import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { execute } from "../oracle/draw.js";
import { snippetMachine } from "../oracle/snippet.js";
import { parseVector } from "../oracle/vector.js";

/** N, Z, C, V, Q, IT, GE, T. */
const statusMask = 0xfe0ffc20 | 0;

const lines = readFileSync(new URL("qemu-instructions.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");

test("instructions of every row leave the registers, flags and memory that qemu-arm leaves", () => {
  const machine = snippetMachine();
  expect(lines.length).toBeGreaterThan(300);
  for (const line of lines) {
    const { snippet, outcome } = parseVector(line);
    const { after, signal, memory } = execute(machine, snippet);
    expect({ ...after, cpsr: after.cpsr & statusMask, fpscr: after.fpscr >>> 28, signal, memory }, line).toEqual({
      ...outcome.after,
      cpsr: outcome.after.cpsr & statusMask,
      fpscr: outcome.after.fpscr >>> 28,
      signal: outcome.signal,
      memory: outcome.memory,
    });
  }
});
