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
