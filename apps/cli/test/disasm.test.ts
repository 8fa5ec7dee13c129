import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { randomWords } from "../../../test/random.js";
import { runCommand } from "./run-command.js";

const folder = mkdtempSync(join(tmpdir(), "cmodx-disasm-"));
afterAll(() => rmSync(folder, { recursive: true }));

const next = randomWords(6);
const random = Uint8Array.from({ length: 24_001 }, next);
/** One IT block of four after the other: wherever decoding is cut into parts, a block goes on behind the cut. */
const blocks = new Uint8Array(
  Uint16Array.from(
    { length: 22_000 },
    (_, i) => [0xbf01 | ((next() % 14) << 4), 0x3001, 0x1c49, 0x4408, 0x2203][i % 5]!,
  ).buffer,
);

// The objects of --json are decoded one by one, the lines of text many at once.
test.each([
  ["a32", "ual", random, 2],
  ["t32", "gnu", random, 2],
  ["t32", "ual", blocks, 0],
])("prints %s code in %s syntax as the instructions that --json tells", async (isa, syntax, code, expected) => {
  const raw = join(folder, "code.bin");
  writeFileSync(raw, code);
  const run = async (options: string): Promise<string[]> => {
    const output = join(folder, "output");
    const args = `disasm --isa ${isa} --syntax ${syntax} --base 0xfffff000 --raw ${raw} ${options} > ${output}`;
    const { exit, stderr } = await runCommand(args);
    // A byte too many is said, after what stands before it.
    expect([exit, stderr.includes("only part of an instruction")]).toEqual([expected, expected === 2]);
    return readFileSync(output, "utf8").trimEnd().split("\n");
  };
  const [lines, told] = [await run(""), await run("--json")];
  const insns = told.map((line) => JSON.parse(line));
  expect(insns.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(code.length - 4);
  const wanted = insns.map(({ address, bytes, text, operands, status }) => {
    const note = status === "ok" ? "" : `\t; ${status}`;
    return `${address.toString(16)}:\t${bytes}\t${text.split(/[ \t]/, 1)[0]}\t${operands}${note}`;
  });
  expect(lines.length).toBe(wanted.length);
  expect(lines.filter((line, i) => line !== wanted[i])).toEqual([]);
});
