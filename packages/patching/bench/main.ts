// How long an audit takes and how much memory, beside disassemblers of the same file in the same run.
//
//   pnpm bench patching [IMAGE]     the audit to JSON by the built command; objdump -d and llvm-objdump -d where installed
//
// Seconds depend on the machine and what else it does: compare the ratios.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const command = join(root, "apps/cli/dist/cmodx.js");
const rounds = 7;

interface Run {
  readonly seconds: number;
  readonly megabytes: number;
}

/** The armmp vmlinux where scripts/real-inputs.mjs has brought it, otherwise a sample, which only shows the start-up. */
function defaultImage(): string {
  const inputs = join(root, "real-inputs");
  const releases = existsSync(inputs) ? readdirSync(inputs).filter((name) => !name.startsWith(".")) : [];
  const images = releases.map((release) => join(inputs, release, "vmlinux")).filter((path) => existsSync(path));
  return images.find((path) => /\d-armmp\//.test(path)) ?? images[0] ?? join(root, "samples/sites-arm.elf");
}

/** One run under GNU time, its output thrown away; undefined where the tool is not installed or fails. */
function measure(tool: string, args: readonly string[]): Run | undefined {
  const shell = 'exec /usr/bin/time -f "%e %M" "$@" > /dev/null';
  const { stderr, status } = spawnSync("sh", ["-c", shell, "sh", tool, ...args], { encoding: "utf8" });
  const [, seconds, kilobytes] = /([0-9.]+) ([0-9]+)\s*$/.exec(stderr) ?? [];
  return status === 0 && seconds !== undefined
    ? { seconds: Number(seconds), megabytes: Number(kilobytes) / 1000 }
    : undefined;
}

/** The fastest of several runs of each, in turns: what else the host does meets all alike, and the fastest least. */
function best(commands: readonly (readonly [string, readonly string[]])[]): (Run | undefined)[] {
  const fastest: (Run | undefined)[] = commands.map(() => undefined);
  for (let round = 0; round < rounds; round++)
    for (const [i, [tool, args]] of commands.entries()) {
      const run = measure(tool, args);
      if (run !== undefined && run.seconds < (fastest[i]?.seconds ?? Number.POSITIVE_INFINITY)) fastest[i] = run;
    }
  return fastest;
}

const image = process.argv[2] ?? defaultImage();
if (!existsSync(command) || !existsSync("/usr/bin/time")) {
  console.error("bench: needs the built command (pnpm build) and GNU time (apt-get install time)");
  process.exit(2);
}
console.log(`audit of ${image}, best of ${rounds}, in turns`);
const [ours, objdump, llvm] = best([
  [process.execPath, [command, "audit", "--json", image]],
  ["arm-linux-gnueabihf-objdump", ["-d", image]],
  ["llvm-objdump", ["-d", image]],
]);
if (ours === undefined) throw new Error(`cmodx audit --json ${image} failed`);
const rows: readonly (readonly [string, Run | undefined])[] = [
  ["cmodx audit --json", ours],
  ["objdump -d", objdump],
  ["llvm-objdump -d", llvm],
];
for (const [name, run] of rows) {
  const told =
    run === undefined
      ? "not installed"
      : `${run.seconds.toFixed(2).padStart(7)} s  ${run.megabytes.toFixed(0).padStart(4)} MB  ${(run.seconds / ours.seconds).toFixed(2)}x`;
  console.log(`  ${name.padEnd(20)} ${told}`);
}
