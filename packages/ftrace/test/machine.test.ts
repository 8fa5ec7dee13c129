import { readFileSync } from "node:fs";
import { assemble } from "@cmodx/codec";
import { memorySource, openElf } from "@cmodx/elf";
import { FilterFile, type FtraceError, frameShape, MachineTracer, Recorder } from "@cmodx/ftrace";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { Machine } from "@cmodx/machine/run";
import { bytesMemory } from "@cmodx/patching";
import { traceText } from "@cmodx/trace";
import { describe, expect, test } from "vitest";

function program(name: string) {
  const bytes = readFileSync(new URL(`../../../samples/${name}`, import.meta.url));
  const image = openElf(memorySource(bytes));
  const machine = new Machine();
  let output = "";
  LinuxUser.start(machine, programOf(image), {
    args: [name],
    output: (_: number, written: Uint8Array) => {
      output += new TextDecoder().decode(written);
    },
  });
  const recorder = new Recorder(machine, image, name);
  const trace = () => new MachineTracer({ machine, image, recorder });
  const kept = (tracer: string) => [...recorder.recording(tracer).entries];
  return { machine, recorder, trace, kept, output: () => output };
}

const names = ["sites-arm.elf", "sites-thumb2.elf"] as const;
/** What the samples call, in order. */
const CALLS = ["work", "setup", "square", "triangle", "gather", "mix", "triangle", "square"];

describe.each(names)("%s", (name) => {
  const plain = program(name);
  const untraced = plain.machine.run();
  const registers = [...plain.machine.cores[0]!.cells.subarray(0, 15)];

  test.each(["nop", "function", "function_graph"] as const)("ends as it does untraced: %s", (kind) => {
    const { machine, trace, output } = program(name);
    trace().tracer = kind;
    const report = machine.run();
    expect([report.end, output()]).toEqual([untraced.end, plain.output()]);
    expect([...machine.cores[0]!.cells.subarray(0, 15)].map((value, i) => [i, value])).toEqual(
      registers.map((value, i) => [i, i === 12 || i === 14 ? machine.cores[0]!.cells[i] : value]),
    );
  });

  test("the function tracer tells each call and who called", () => {
    const { machine, trace, kept } = program(name);
    trace().tracer = "function";
    machine.run();
    const calls = kept("function").map((entry) => (entry.kind === "function" ? [entry.name, entry.parent] : []));
    expect(calls.map(([callee]) => callee)).toEqual(CALLS);
    expect(new Set(calls.slice(1).map(([, caller]) => caller))).toEqual(new Set(["work"]));
  });

  test("the graph nests, and every call returns", () => {
    const { machine, trace, kept } = program(name);
    trace().tracer = "function_graph";
    machine.run();
    const entries = kept("function_graph");
    const opened = entries.filter(({ kind }) => kind === "entry");
    const closed = entries.filter(({ kind }) => kind === "exit");
    expect(opened.map((entry) => (entry.kind === "entry" ? `${entry.depth} ${entry.name}` : ""))).toEqual(
      CALLS.map((callee) => `${callee === "work" ? 0 : 1} ${callee}`),
    );
    expect(closed).toHaveLength(opened.length);
    const whole = closed.at(-1)!;
    const inner = closed.slice(0, -1).reduce((sum, entry) => sum + (entry.kind === "exit" ? entry.duration : 0), 0);
    expect(whole.kind === "exit" && whole.duration).toBeGreaterThan(inner);
  });

  test("a filter leaves the rest untraced, a new one takes over while the program runs", () => {
    const { machine, trace, kept } = program(name);
    const tracer = trace();
    const file = new FilterFile(tracer.ftrace, tracer.ops, "filter");
    file.write("setup");
    tracer.tracer = "function";
    while (kept("function").length === 0) machine.run({ instructions: 1 });
    file.write("mix tri*");
    machine.run();
    expect(kept("function").map((entry) => entry.kind === "function" && entry.name)).toEqual([
      "setup",
      "triangle",
      "mix",
      "triangle",
    ]);
  });

  test("tracing can be stopped on the way", () => {
    const { machine, trace, recorder, kept, output } = program(name);
    const tracer = trace();
    tracer.tracer = "function";
    while (kept("function").length < 3) machine.run({ instructions: 1 });
    tracer.tracer = "nop";
    machine.run();
    expect(kept("function")).toHaveLength(3);
    expect(output()).toBe(plain.output());
    expect([...traceText(recorder.recording("function"))].join("")).toContain("#P:1");
  });
});

test("the same run gives the same trace", () => {
  const once = () => {
    const { machine, trace, recorder } = program("sites-arm.elf");
    trace().tracer = "function_graph";
    machine.run();
    return [...traceText(recorder.recording("function_graph"))].join("");
  };
  expect(once()).toBe(once());
});

test("a program without call sites says how to build it", () => {
  const { machine, recorder } = program("sites-arm.elf");
  const image = openElf(memorySource(readFileSync(new URL("../../../samples/programs/alu-arm.elf", import.meta.url))));
  try {
    new MachineTracer({ machine, image, recorder });
    expect.unreachable();
  } catch (error) {
    expect((error as FtraceError).code).toBe("E_RECORDS");
  }
});

describe("where a function keeps its return address", () => {
  const slot = (isa: "a32" | "t32", ...prologue: string[]) => {
    const made = assemble([...prologue, "push {lr}", "nop"].join("\n"), { isa, address: 0x8000 });
    if (!made.ok) throw new Error(made.issues[0]?.message);
    const ip = 0x8000 + made.insns.slice(0, -1).reduce((sum, { size }) => sum + size, 0);
    return frameShape(bytesMemory(0x8000, made.code), isa, 0x8000, ip).slot;
  };

  test.each(["a32", "t32"] as const)("%s", (isa) => {
    expect(slot(isa)).toBeUndefined();
    expect(slot(isa, "push {r4, lr}")).toBe(4);
    expect(slot(isa, "push {r4, r5, r6, lr}", "sub sp, sp, #92")).toBe(12 + 92);
    expect(slot(isa, "push {r4}", "sub sp, sp, #8")).toBeUndefined();
    expect(slot(isa, "push {r4, lr}", "vpush {d8-d9}", "sub sp, sp, #8")).toBe(4 + 16 + 8);
    expect(slot(isa, "push {r4, lr}", "sub sp, sp, #8", "add sp, sp, #4")).toBe(4 + 4);
  });

  test("the old frame has PC above LR", () => {
    expect(slot("a32", "mov ip, sp", "push {fp, ip, lr, pc}", "sub fp, ip, #4")).toBe(8);
  });
});
