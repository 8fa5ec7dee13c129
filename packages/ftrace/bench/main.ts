// How fast call sites are switched, what tracing costs a program that runs, and how fast a long recording is written.
//
//   pnpm bench ftrace
//
// Seconds depend on the machine and what else it does: compare the ratios.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { memorySource, openElf } from "@cmodx/elf";
import { callEdits, callsOf, DynRecord, FilterFile, Ftrace, FtraceOps } from "@cmodx/ftrace";
import { applyEdits } from "@cmodx/patching";
import { chromeJson, perfetto, type TraceEntry, traceText } from "@cmodx/trace";
import { assembledProgram, mcount } from "../test/assembled-program.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

function kernel(): string {
  const inputs = join(root, "real-inputs");
  const releases = existsSync(inputs) ? readdirSync(inputs) : [];
  const found = releases
    .map((name) => join(inputs, name, "vmlinux"))
    .find((path) => /\d-armmp\//.test(path) && existsSync(path));
  return found ?? join(root, "samples/kernel-thumb2.elf");
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

/** Microseconds that a call of an empty function takes, on the compiled machine. */
function perCall(tracer: "not built with -pg" | "nop" | "filtered out" | "function" | "function_graph"): number {
  const body = tracer === "not built with -pg" ? "" : mcount();
  const { machine, tracer: traced } = assembledProgram(
    "a32",
    `main: mov r5, #0\n again: bl f_empty\n b again\n f_empty: ${body}\n bx lr\n f_other: ${mcount()}\n bx lr\n`,
  );
  if (tracer === "filtered out") new FilterFile(traced.ftrace, traced.ops, "filter").write("other");
  if (tracer === "function_graph") traced.tracer = "function_graph";
  if (tracer === "function" || tracer === "filtered out") traced.tracer = "function";
  let calls = 0;
  const count = { "not built with -pg": 3, nop: 5, "filtered out": 5, function: 15, function_graph: 29 }[tracer];
  machine.run({ instructions: 20_000 * count });
  const started = performance.now();
  for (let i = 0; i < 10; i++) calls += machine.run({ instructions: 20_000 * count }).instructions / count;
  return (1000 * (performance.now() - started)) / calls;
}
for (const tracer of ["not built with -pg", "nop", "filtered out", "function", "function_graph"] as const)
  console.log(`a call of an empty function, ${tracer}: ${perCall(tracer).toFixed(3)} us`);

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

// The same by ftrace itself: counted, compared with what is there, and written in the kernel's order.
const none = { ftraceCalls: [], graphCalls: [], stub: 0, listFunction: 0 };
const { text, init } = calls.tracer;
const code = { caller: text, regsCaller: text, callerFromInit: init, ...none };
const ftrace = new Ftrace({
  records: calls.records.map((record) => new DynRecord(record)),
  code: { a32: code, t32: code },
  booted: false,
  patcher: { memory: calls.memory, patch: (edits) => applyEdits(edits, calls.memory) },
});
ftrace.initialise();
const everybody = new FtraceOps("all", () => undefined);
for (const [what, act] of [
  ["on", () => ftrace.register(everybody)],
  ["off", () => ftrace.unregister(everybody)],
] as const) {
  const started = performance.now();
  const answer = act();
  console.log(`ftrace ${what}: ${answer}, ${(performance.now() - started).toFixed(0)} ms`);
}
