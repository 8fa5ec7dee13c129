// Programs of ours with -pg, as gcc compiles them: traced and untraced they must end alike, and a function's calls be counted right.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memorySource, openElf } from "@cmodx/elf";
import { MachineTracer, type Patching, Recorder, type TracerName } from "@cmodx/ftrace";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { Machine } from "@cmodx/machine/run";

const GCC = "arm-linux-gnueabihf-gcc";

const SOURCE = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define noinline __attribute__((noinline, noclone))
noinline unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
noinline double mean(const double *x, int n) { double s = 0; for (int i = 0; i < n; i++) s += x[i]; return s / n; }
noinline long long mix(int a, long long b, int c, int d, int e, int f) { return a * 3 + b * 5 + c * 7 + d * 11 + e * 13 + f * 17; }
noinline int order(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
noinline unsigned text(const char *s) { char big[300]; strcpy(big, s); unsigned h = 5381; for (char *p = big; *p; p++) h = h * 33 + *p; return h; }
noinline int variadic(int n, ...) { __builtin_va_list l; __builtin_va_start(l, n); int s = 0; while (n--) s += __builtin_va_arg(l, int); __builtin_va_end(l); return s; }
int main(void) {
  int v[] = { 5, 3, 9, 1, 7, 2 };
  double d[] = { 1.5, 2.5, 3.5 };
  qsort(v, 6, sizeof *v, order);
  printf("%u %f %lld %d%d%d %u %d\\n", fib(15), mean(d, 3), mix(1, 1LL << 40, 3, 4, 5, 6), v[0], v[1], v[5], text("hello"), variadic(4, 1, 2, 3, 4));
  return 7;
}
`;

/** Without tail calls, which would make loops of some of them, fib(15) calls itself so often. */
const FIBS = 1973;

/** @returns what went wrong; undefined where the compiler is not installed */
export function tracePrograms(): string[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-ftrace-"));
  try {
    execFileSync(GCC, ["--version"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  try {
    writeFileSync(join(folder, "p.c"), SOURCE);
    const wrong: string[] = [];
    for (const isa of ["-marm", "-mthumb"]) {
      for (const level of ["-O0", "-O1", "-O2", "-O3", "-Os"]) {
        for (const flag of ["-fno-inline", "-fno-omit-frame-pointer"]) {
          const elf = join(folder, "p.elf");
          execFileSync(
            GCC,
            [
              isa,
              level,
              flag,
              "-march=armv7-a+fp",
              "-fno-optimize-sibling-calls",
              "-pg",
              "-c",
              "-o",
              `${elf}.o`,
              join(folder, "p.c"),
            ],
            { stdio: "ignore" },
          );
          execFileSync(GCC, [isa, "-static", "-o", elf, `${elf}.o`], { stdio: "ignore" });
          for (const problem of compare(readFileSync(elf))) wrong.push(`${isa} ${level} ${flag}: ${problem}`);
        }
      }
    }
    return wrong;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compare(bytes: Uint8Array): string[] {
  const plain = run(bytes, "nop", "linux");
  const wrong: string[] = [];
  for (const tracer of ["function", "function_graph"] as const) {
    for (const patching of ["linux", "live"] as const) {
      const name = `${tracer}, ${patching}`;
      const traced = run(bytes, tracer, patching);
      if (traced.end !== plain.end) wrong.push(`${name} ends with ${traced.end}, untraced it is ${plain.end}`);
      if (traced.fibs !== FIBS) wrong.push(`${name} counted ${traced.fibs} calls of fib`);
      if (traced.open !== 0) wrong.push(`${name}: ${traced.open} calls never returned`);
    }
  }
  return wrong;
}

function run(bytes: Uint8Array, tracer: TracerName, patching: Patching) {
  const image = openElf(memorySource(bytes));
  const machine = new Machine();
  let output = "";
  const linux = LinuxUser.start(machine, programOf(image), {
    args: ["p"],
    output: (_: number, written: Uint8Array) => {
      output += new TextDecoder().decode(written);
    },
  });
  const recorder = new Recorder(machine, image, "p");
  new MachineTracer({ machine, image, recorder, patching }).tracer = tracer;
  const report = machine.run({ instructions: 50_000_000 });
  const entries = [...recorder.recording(tracer).entries];
  const count = (kind: string) => entries.filter((entry) => entry.kind === kind).length;
  return {
    end: `${linux === "no room" ? linux : linux.exitCode} ${output.trim()}${report.end === "exit" ? "" : ` ${report.reason}`}`,
    fibs: entries.filter((entry) => (entry.kind === "function" || entry.kind === "entry") && entry.name === "fib")
      .length,
    open: count("entry") - count("exit"),
  };
}
