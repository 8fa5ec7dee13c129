// A program of four threads, as gcc compiles it with -pg: tracing is started, filtered anew and stopped while four cores execute it, in
// Linux' way and live, and it must print what it prints when nobody traces.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memorySource, openElf } from "@cmodx/elf";
import { createTracefs, MachineTracer, type Patching, Recorder } from "@cmodx/ftrace";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { Machine } from "@cmodx/machine/run";

const GCC = "arm-linux-gnueabihf-gcc";
const CORES = 4;

const SOURCE = `
#include <pthread.h>
#include <stdio.h>
#define noinline __attribute__((noinline, noclone))
static unsigned out[4];
noinline unsigned work_step(unsigned x) { return x * 1103515245u + 12345u; }
noinline unsigned work_loop(unsigned x, int n) { while (n--) x = work_step(x) ^ (work_step(x + n) >> 3); return x; }
void *go(void *a) { long i = (long)a; out[i] = work_loop(i, 1000); return 0; }
int main(void) {
  pthread_t t[3];
  for (long i = 1; i < 4; i++) pthread_create(&t[i - 1], 0, go, (void *)i);
  go(0);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  printf("%08x %08x %08x %08x\\n", out[0], out[1], out[2], out[3]);
  return 0;
}
`;

/** What is written while the program runs, each a slice of it after the one before. */
const WRITES = [
  ["current_tracer", "function"],
  ["set_ftrace_filter", "work_*"],
  ["current_tracer", "nop"],
  ["current_tracer", "function_graph"],
  ["set_ftrace_filter", "work_step"],
  ["function_profile_enabled", "1"],
  ["current_tracer", "nop"],
  ["set_ftrace_filter", "work_loop:stacktrace:3"],
  ["function_profile_enabled", "0"],
] as const;

/** @returns what went wrong, and in how many runs tracing was switched */
export function traceThreads(seeds: number): { readonly wrong: string[]; readonly runs: number } | undefined {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-ftrace-"));
  try {
    execFileSync(GCC, ["--version"], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  try {
    writeFileSync(join(folder, "t.c"), SOURCE);
    const wrong: string[] = [];
    let runs = 0;
    for (const isa of ["-marm", "-mthumb"]) {
      for (const level of ["-O0", "-O2"]) {
        const elf = join(folder, "t.elf");
        const flags = [isa, level, "-march=armv7-a+fp", "-fno-optimize-sibling-calls", "-pg", "-c"];
        execFileSync(GCC, [...flags, "-o", `${elf}.o`, join(folder, "t.c")], { stdio: "ignore" });
        execFileSync(GCC, [isa, "-static", "-o", elf, `${elf}.o`, "-lpthread"], { stdio: "ignore" });
        const bytes = readFileSync(elf);
        const plain = run(bytes, undefined, 0);
        for (let seed = 0; seed < seeds; seed++) {
          for (const patching of ["linux", "live"] as const) {
            runs++;
            const traced = run(bytes, patching, seed);
            if (traced !== plain) wrong.push(`${isa} ${level} ${patching} seed ${seed}: ${traced}, untraced ${plain}`);
          }
        }
      }
    }
    return { wrong, runs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(bytes: Uint8Array, patching: Patching | undefined, seed: number): string {
  const image = openElf(memorySource(bytes));
  const machine = new Machine({ cores: CORES, seed });
  let output = "";
  const linux = LinuxUser.start(machine, programOf(image), {
    args: ["t"],
    output: (_: number, written: Uint8Array) => {
      output += new TextDecoder().decode(written);
    },
  });
  const slice = (instructions: number, turn: number) =>
    machine.run({ instructions, schedule: { kind: "random", quantum: 50 }, seed: seed * 100 + turn });
  if (patching !== undefined) {
    const recorder = new Recorder(machine, image, "t");
    const tracer = new MachineTracer({ machine, image, recorder, patching });
    const tracefs = createTracefs(tracer, recorder);
    for (const [turn, [path, text]] of WRITES.entries()) {
      slice(20_000, turn);
      const answer = tracefs.write(path, `${text}\n`);
      if (answer !== "ok") return `${path} ${text}: ${answer}`;
    }
  }
  const report = slice(20_000_000, WRITES.length);
  return `${linux === "no room" ? linux : linux.exitCode} ${output.trim()}${report.end === "exit" ? "" : ` ${report.reason}`}`;
}
