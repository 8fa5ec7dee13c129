import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What SPIN's compiled checker found, in processor seconds and megabytes; undefined where SPIN or a C compiler is not installed. */
export interface SpinRun {
  readonly states: number;
  readonly transitions: number;
  readonly seconds: number;
  readonly megabytes: number;
}

const model = fileURLToPath(new URL("./two-halves.pml", import.meta.url));

/** Runs `pan` on two-halves.pml, compiled as SPIN's manual says is fastest for safety; `hash` is the logarithm of its table's size. */
export function spin(cores: number, calls: number, hash: number): SpinRun | undefined {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-spin-"));
  const run = (command: string, ...options: string[]) => spawnSync(command, options, { cwd: folder, encoding: "utf8" });
  try {
    if (run("spin", `-DCORES=${cores}`, `-DCALLS=${calls}`, "-a", model).status !== 0) return undefined;
    if (run("gcc", "-O2", "-DSAFETY", "-DMEMLIM=16000", "-o", "pan", "pan.c").status !== 0) return undefined;
    // The shell's own clock of what its child used, as pan counts the wall only.
    const { stdout, stderr } = run("bash", "-c", `TIMEFORMAT='%U %S'; time ./pan -m1000000 -w${hash}`);
    const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? Number.NaN);
    const [user = 0, system = 0] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number);
    return {
      states: number(/([\d.e+]+) states, stored/),
      transitions: number(/([\d.e+]+) transitions/),
      seconds: user + system,
      megabytes: number(/([\d.]+)\s+total actual memory usage/),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
