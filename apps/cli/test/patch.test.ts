import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand } from "./run-command.js";

const folder = mkdtempSync(join(tmpdir(), "cmodx-patch-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(["sites-arm.elf", "sites-thumb2.elf", "kernel-thumb2.elf"])(
  "%s, switched and switched back, is as it was",
  async (name) => {
    const [there, back] = [join(folder, `there-${name}`), join(folder, `back-${name}`)];
    expect((await runCommand(`patch samples/${name} --key *=on --call *=off -o ${there} --verify`)).exit).toBe(0);
    expect(readFileSync(there)).not.toEqual(readFileSync(`samples/${name}`));
    expect((await runCommand(`patch ${there} --key *=built --call *=built -o ${back} --verify`)).exit).toBe(0);
    expect(readFileSync(back)).toEqual(readFileSync(`samples/${name}`));
  },
);

test("what cannot be switched leaves the output as it was, and nothing beside it", async () => {
  const output = join(folder, "kept.elf");
  writeFileSync(output, "kept");
  const { exit, stderr } = await runCommand(`patch samples/sites-arm.elf --key nobody=on -o ${output}`);
  expect([exit, stderr.split("\n").length]).toEqual([2, 2]);
  expect(readFileSync(output, "utf8")).toBe("kept");
  expect(readdirSync(folder).filter((name) => name.includes("tmp"))).toEqual([]);
});
