import { readFileSync } from "node:fs";
import type { Machine } from "@cmodx/machine/run";
import { expect, test } from "vitest";
import { execute, executeCompiled } from "../oracle/draw.js";
import { type Outcome, type Snippet, snippetMachine } from "../oracle/snippet.js";
import { parseVector } from "../oracle/vector.js";

/** N, Z, C, V, Q, IT, GE, T. */
const statusMask = 0xfe0ffc20 | 0;

const lines = readFileSync(new URL("qemu-instructions.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");

function compare(run: (machine: Machine, snippets: readonly Snippet[]) => readonly Outcome[]): void {
  expect(lines.length).toBeGreaterThan(1000);
  const vectors = lines.map(parseVector);
  const outcomes = run(
    snippetMachine(),
    vectors.map(({ snippet }) => snippet),
  );
  lines.forEach((line, i) => {
    const { outcome } = vectors[i]!;
    const { after, signal, memory } = outcomes[i]!;
    expect({ ...after, cpsr: after.cpsr & statusMask, signal, memory }, line).toEqual({
      ...outcome.after,
      cpsr: outcome.after.cpsr & statusMask,
      signal: outcome.signal,
      memory: outcome.memory,
    });
  });
}

test("interpreted, instructions of every row leave the registers, flags and memory that qemu-arm leaves", () => {
  compare((machine, snippets) => snippets.map((snippet) => execute(machine, snippet)));
});

test("compiled, they do too", () => {
  compare(executeCompiled);
});
