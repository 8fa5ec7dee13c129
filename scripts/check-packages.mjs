// publint and attw for each published package, as packed: what a stranger would install.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ["packages", "apps"]
  .flatMap((floor) => readdirSync(join(root, floor)).map((name) => join(root, floor, name)))
  .filter((folder) => !JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).private);

let failed = 0;
for (const folder of folders) {
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const checks = [["publint", "--strict"]];
  // A package that is only a command has no types to resolve.
  if (exports?.["."]) checks.push(["attw", "--pack", ".", "--profile", "esm-only", "--format", "ascii", "--quiet"]);
  for (const [command, ...args] of checks) {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
    if (status === 0) continue;
    failed++;
    console.error(`${command} in ${folder.slice(root.length + 1)}:\n${stdout}${stderr}`);
  }
}
console.log(`${folders.length} packages checked, ${failed} problems`);
process.exit(failed ? 1 : 0);
