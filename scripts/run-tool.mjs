// `pnpm oracle NAME …` and `pnpm bench [NAME …]`: runs packages/NAME/{oracle,bench}/main.ts from source.
// With no name it runs every package that has one, in turn, and of benches makes a report.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [kind, ...rest] = process.argv.slice(2);
const entry = (folder) => join(root, folder, kind, "main.ts");
const all = ["packages", "apps"]
  .flatMap((floor) => readdirSync(join(root, floor)).map((name) => join(floor, name)))
  .filter((folder) => existsSync(entry(folder)));
const names = all.map((folder) => folder.split(/[\\/]/).pop());

// The audit is of two packages; its bench is where its rules are.
const others = { audit: "patching" };
const given = rest.length > 0 && !rest[0].startsWith("-") ? rest.shift() : undefined;
const named = others[given] ?? given;
const chosen = named === undefined ? all : all.filter((_, i) => names[i] === named);
if (chosen.length === 0) {
  console.error(`cmodx: ${kind}: no ${kind} called "${named ?? ""}"; there is ${names.join(", ") || "none yet"}`);
  process.exit(2);
}
const nodeArgs = (folder) => ["--conditions=@cmodx/source", "--import", "tsx", entry(folder), ...rest];
if (kind === "bench" && named === undefined) {
  const { reportBenches } = await import("./bench-report.mjs");
  const benches = chosen.map((folder) => ({ name: folder.split(/[\\/]/).pop(), folder, nodeArgs: nodeArgs(folder) }));
  process.exit(await reportBenches(root, benches));
}
for (const folder of chosen) {
  const { status } = spawnSync(process.execPath, nodeArgs(folder), { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
