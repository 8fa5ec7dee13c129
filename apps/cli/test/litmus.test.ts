import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { runCommand } from "./run-command.js";

const folder = mkdtempSync(join(tmpdir(), "cmodx-litmus-"));
afterAll(() => rmSync(folder, { recursive: true }));
symlinkSync("nowhere", join(folder, "1.litmus"));
writeFileSync(join(folder, "2.litmus"), "no test\n");
copyFileSync(fileURLToPath(new URL("../../../litmus/CoFF+isb.litmus", import.meta.url)), join(folder, "3.litmus"));

test.each([1, 2])("a directory is run to its end, whatever lies in it: %d at a time", async (jobs) => {
  const { stdout, stderr, exit } = await runCommand(`litmus "${folder}" --jobs ${jobs}`);
  expect(stderr).toContain("1.litmus: no such file; correct the file\n");
  expect(stderr).toContain("2.litmus:2:1: ");
  expect(stderr).toContain("3 tests, ");
  expect(stdout).toContain("Observation CoFF+isb ");
  expect(exit).toBe(2);
});

/** Enough for workers to be started. */
const crossed = [
  "ARM crossed",
  `{ ${[0, 1, 2, 3].map((i) => `%a${i}=a${i}; %b${i}=b${i};`).join(" ")} 0:R0=1; 1:R0=1; }`,
  "P0|P1;",
  ...[0, 1, 2, 3].map((i) => `STR R0,[%a${i}]|STR R0,[%b${i}];`),
  "DMB|DMB;",
  ...[0, 1].map((i) => `LDR R${i + 1},[%b${i}]|LDR R${i + 1},[%a${i}];`),
  "exists (0:R1=0 /\\ 1:R1=1)",
].join("\n");

test("one test is divided among workers, and told as without them", async () => {
  const file = join(folder, "crossed.litmus");
  writeFileSync(file, `${crossed}\n`);
  const [one, two] = await Promise.all(
    [1, 2].map((jobs) => runCommand(`litmus "${file}" --jobs ${jobs} --witness text`)),
  );
  expect(one!.exit).toBe(0);
  expect(one!.stdout).toContain("Observation crossed Sometimes ");
  expect(two!.stdout.replace(/^Time .*$/gm, "")).toBe(one!.stdout.replace(/^Time .*$/gm, ""));
  expect(two!.exit).toBe(0);
  const malformed = await runCommand(`litmus "${join(folder, "2.litmus")}" --jobs 4`);
  expect(malformed.stderr).toContain("2.litmus:2:1: ");
  expect(malformed.exit).toBe(2);
});
