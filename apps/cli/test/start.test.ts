import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

// The command loads its chunks with what the build has compiled of them: as when Node loads them, and taken by this very V8.

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const check = ["check", "--isa", "a32", "--at", "0x8000", "--from", "nop", "--to", "b 0x8010"];
const run = (...args: string[]) => execFileSync(process.execPath, args, { encoding: "utf8" });

test("says the same as without compiled code", () => {
  const [started, plain] = ["cmodx.js", "main.js"].map((file) => run(`${dist}${file}`, ...check, "--json"));
  expect(started).toBe(plain);
  expect(JSON.parse(started!)).toMatchObject({ verdict: "concurrent" });
});

// Newer Nodes keep compiled code by themselves.
test.runIf(process.version.startsWith("v20."))("is taken by the V8 that made it", () => {
  const script = `
    process.argv.splice(1, 0, "cmodx");
    const { load, scripts } = require("${dist}compiled.js");
    load("main.js");
    const refused = () => [...scripts].map(([name, { cachedDataRejected }]) => [name, cachedDataRejected]);
    process.on("exit", () => console.log(JSON.stringify(refused())));`;
  const lines = run("-e", script, "--", ...check)
    .trim()
    .split("\n");
  const chunks = JSON.parse(lines.at(-1)!) as [name: string, refused: boolean | undefined][];
  expect(chunks.length).toBeGreaterThan(3);
  expect(chunks.filter(([, refused]) => refused !== false)).toEqual([]);
});
