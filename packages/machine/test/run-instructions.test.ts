import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { execute, executeCompiled } from "../oracle/draw.js";
import { type Outcome, type Snippet, snippetMachine } from "../oracle/snippet.js";
import { parseVector } from "../oracle/vector.js";
import { Compiler } from "../src/run/compiler.js";

/** N, Z, C, V, Q, IT, GE, T. */
const statusMask = 0xfe0ffc20 | 0;

const lines = readFileSync(new URL("qemu-instructions.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");

function compare(run: (snippet: Snippet) => Outcome): void {
  expect(lines.length).toBeGreaterThan(1000);
  for (const line of lines) {
    const { snippet, outcome } = parseVector(line);
    const { after, signal, memory } = run(snippet);
    expect({ ...after, cpsr: after.cpsr & statusMask, fpscr: after.fpscr >>> 28, signal, memory }, line).toEqual({
      ...outcome.after,
      cpsr: outcome.after.cpsr & statusMask,
      fpscr: outcome.after.fpscr >>> 28,
      signal: outcome.signal,
      memory: outcome.memory,
    });
  }
}

test("interpreted, instructions of every row leave the registers, flags and memory that qemu-arm leaves", () => {
  const machine = snippetMachine();
  compare((snippet) => execute(machine, snippet));
});

test("compiled, they do too", () => {
  const machine = snippetMachine();
  const compiler = new Compiler(machine.memory, () => false, false);
  compare((snippet) => executeCompiled(machine, compiler, snippet));
});
