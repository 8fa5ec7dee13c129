// How fast call sites are switched, what tracing costs a program that runs, and how fast a long recording is written.
//
//   pnpm bench ftrace
//
// Seconds depend on the machine and what else it does: compare the ratios.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { memorySource, openElf } from "@cmodx/elf";
import { callEdits, callsOf, FilterFile, MachineTracer, Recorder } from "@cmodx/ftrace";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { Machine } from "@cmodx/machine/run";
import { applyEdits } from "@cmodx/patching";
import { chromeJson, perfetto, type TraceEntry, traceText } from "@cmodx/trace";

const root = fileURLToPath(new URL("../../../", import.meta.url));

function kernel(): string {
  const inputs = join(root, "real-inputs");
  const releases = existsSync(inputs) ? readdirSync(inputs) : [];
  const found = releases
    .map((name) => join(inputs, name, "vmlinux"))
    .find((path) => /\d-armmp\//.test(path) && existsSync(path));
  return found ?? join(root, "samples/kernel-thumb2.elf");
}

const path = kernel();
const bytes = Uint8Array.from(readFileSync(path));
const calls = callsOf(openElf(memorySource(bytes)), bytes);
for (const wish of ["off", "on", "off", "built"] as const) {
  const started = performance.now();
  const edits = callEdits(calls, calls.records, wish);
  applyEdits(edits, calls.memory);
  console.log(
    `${wish.padEnd(5)} ${edits.length} records of ${path.slice(root.length)} in ${(performance.now() - started).toFixed(0)} ms`,
  );
}

function program(tracer: "none" | "filtered" | "function" | "function_graph"): number {
  const image = openElf(memorySource(readFileSync(join(root, "samples/sites-arm.elf"))));
  let seconds = 0;
  for (let i = 0; i < 200; i++) {
    const machine = new Machine();
    LinuxUser.start(machine, programOf(image), { args: ["p"], output: () => undefined });
    const recorder = new Recorder(machine, image, "p");
    if (tracer !== "none") {
      const made = new MachineTracer({ machine, image, recorder });
      if (tracer === "filtered") new FilterFile(made.ftrace, made.ops, "filter").write("trace_call");
      made.tracer = tracer === "function_graph" ? "function_graph" : "function";
    }
    const started = performance.now();
    machine.run();
    seconds += (performance.now() - started) / 1000;
  }
  return seconds;
}
const untraced = program("none");
for (const tracer of ["filtered", "function", "function_graph"] as const) {
  console.log(`a program of 8 calls, ${tracer}: ${(program(tracer) / untraced).toFixed(2)}x the untraced time`);
}

function* graph(events: number): Generator<TraceEntry> {
  const task = { pid: 1, comm: "bench" };
  for (let i = 0; i < events; i++) {
    const depth = (i >> 1) % 8;
    const at = { core: i & 3, time: i * 100, task, name: `function_${i % 500}`, depth };
    yield (i & 4) === 0 ? { kind: "entry", ...at } : { kind: "exit", ...at, duration: 400 };
  }
}
const EVENTS = 1_000_000;
for (const [name, write] of [
  ["text", traceText],
  ["Perfetto", perfetto],
  ["Chrome JSON", chromeJson],
] as const) {
  const started = performance.now();
  let size = 0;
  const recording = {
    tracer: "function_graph",
    cores: 4,
    entries: graph(EVENTS),
    count: { inBuffer: EVENTS, written: EVENTS },
  };
  for (const piece of write(recording)) size += piece.length;
  const memory = process.memoryUsage().rss / 1e6;
  console.log(
    `${EVENTS} events of a graph as ${name}: ${((performance.now() - started) / 1000).toFixed(2)} s, ${(size / 1e6).toFixed(0)} MB, ${memory.toFixed(0)} MB of memory`,
  );
}
