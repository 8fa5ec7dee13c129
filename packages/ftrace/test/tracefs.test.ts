import { RingBuffer } from "@cmodx/trace";
import { describe, expect, test } from "vitest";
import { tracedSample as setUp } from "./traced-sample.js";

test("the files that are there", () => {
  const { tracefs } = setUp();
  expect(tracefs.paths).toEqual([
    "/proc/sys/kernel/stack_tracer_enabled",
    "available_filter_functions",
    "available_tracers",
    "current_tracer",
    "dyn_ftrace_total_info",
    "enabled_functions",
    "events/ftrace/print/format",
    "events/ftrace/print/id",
    "events/ftrace/print/trigger",
    "function_profile_enabled",
    "options/context-info",
    "options/function-trace",
    "options/markers",
    "options/overwrite",
    "options/print-parent",
    "options/stacktrace",
    "options/sym-addr",
    "options/sym-offset",
    "patching",
    "patching_cost",
    "set_ftrace_filter",
    "set_ftrace_notrace",
    "set_ftrace_notrace_pid",
    "set_ftrace_pid",
    "set_graph_function",
    "set_graph_notrace",
    "snapshot",
    "stack_max_size",
    "stack_trace",
    "stack_trace_filter",
    "touched_functions",
    "trace",
    "trace_marker",
    "trace_options",
    "trace_pipe",
    "trace_stat/function0",
    "tracing_cpumask",
    "tracing_on",
  ]);
  expect(tracefs.read("available_filter_functions")).toBe("trace_call\nsquare\ntriangle\nmix\ngather\nwork\nsetup\n");
  expect(tracefs.read("nothing")).toBeUndefined();
  expect([tracefs.write("nothing", "1"), tracefs.write("available_tracers", "1")]).toEqual(["-ENOENT", "-EACCES"]);
});

test("a session as one would type it", () => {
  const { machine, tracefs, echo, lines } = setUp();
  expect(echo("nobody", "current_tracer")).toBe("-EINVAL");
  echo("tri* mix", "set_ftrace_filter");
  echo("mix", "set_ftrace_notrace");
  echo("function", "current_tracer");
  expect([tracefs.read("current_tracer"), tracefs.read("enabled_functions")]).toEqual([
    "function\n",
    "triangle (1)           \n",
  ]);
  echo("hello", "trace_marker");
  machine.run();
  expect(lines().map((line) => line.replace(/.*: /, ""))).toEqual(["hello", "triangle <-work", "triangle <-work"]);
  expect(lines("trace_pipe")).toHaveLength(3);
  expect([lines("trace_pipe"), lines()]).toEqual([[], []]);
});

test("tracing can be off, and the buffer emptied", () => {
  const { machine, tracefs, echo, lines } = setUp();
  echo("function", "current_tracer");
  expect([echo("maybe", "tracing_on"), echo("0", "tracing_on"), tracefs.read("tracing_on")]).toEqual([
    "-EINVAL",
    "ok",
    "0\n",
  ]);
  machine.run({ instructions: 100 });
  expect(lines()).toEqual([]);
  echo("1", "tracing_on");
  machine.run();
  const rest = lines().length;
  expect([rest > 0, rest < 8]).toEqual([true, true]);
  tracefs.write("trace", "");
  expect(lines()).toEqual([]);
});

describe("where a graph begins", () => {
  const graph = (functions: string) => {
    const { machine, tracefs, echo, lines } = setUp();
    expect(echo(functions, "set_graph_function")).toBe("ok");
    echo("function_graph", "current_tracer");
    machine.run();
    return { lines: lines().map((line) => line.replace(/.*\| {2}/, "")), read: tracefs.read("set_graph_function") };
  };

  test("at the functions named, with all that they call", () => {
    expect(graph("square")).toEqual({ lines: ["square();", "square();"], read: "square\n" });
    expect(graph("work").lines[0]).toBe("work() {");
    expect(graph("work").lines).toContain("  square();");
  });

  test("anywhere where none is named, and never at one that is not there", () => {
    expect(graph("").read).toBe("#### all functions enabled ####\n");
    expect(setUp().echo("nobody", "set_graph_function")).toBe("-EINVAL");
  });
});

test("others mount their files", () => {
  const { tracefs } = setUp();
  let enabled = "0\n";
  tracefs.mount("events/sched/sched_switch/enable", {
    read: () => enabled,
    write: (text) => {
      enabled = text;
      return "ok";
    },
  });
  expect(tracefs.write("events/sched/sched_switch/enable", "1\n")).toBe("ok");
  expect(tracefs.read("events/sched/sched_switch/enable")).toBe("1\n");
});

describe("trace_options", () => {
  const DEFAULT =
    "print-parent\nnosym-offset\nnosym-addr\ncontext-info\noverwrite\nmarkers\nfunction-trace\nnostacktrace\n";

  test("are listed, each with a file, switched by name, and refused where there is none", () => {
    const { echo, cat } = setUp();
    expect(cat("trace_options")).toBe(DEFAULT);
    expect([echo("noprint-parent", "trace_options"), cat("options/print-parent")]).toEqual(["ok", "0\n"]);
    expect([echo("1", "options/print-parent"), cat("trace_options")]).toEqual(["ok", DEFAULT]);
    expect(["nobody", "nonsense", "", "print-parents"].map((word) => echo(word, "trace_options"))).toEqual(
      Array(4).fill("-EINVAL"),
    );
    expect([echo("2", "options/overwrite"), cat("options/no")]).toEqual(["-EINVAL", ""]);
  });

  const shown = (...options: string[]) => {
    const { machine, echo, cat } = setUp();
    for (const option of options) expect(echo(option, "trace_options")).toBe("ok");
    echo("triangle", "set_ftrace_filter");
    echo("function", "current_tracer");
    machine.run();
    return cat("trace");
  };

  test.each([
    [["noprint-parent"], /: triangle$/m],
    [["sym-offset"], /: triangle\+0x[0-9a-f]+\/0x[0-9a-f]+ <-work\+0x[0-9a-f]+\/0x[0-9a-f]+$/m],
    [["sym-addr"], /: triangle <[0-9a-f]{8}> <-work <[0-9a-f]{8}>$/m],
    [["sym-offset", "sym-addr", "noprint-parent"], /: triangle\+0x[0-9a-f]+\/0x[0-9a-f]+ <[0-9a-f]{8}>$/m],
    [["nocontext-info"], /^# tracer: function\n#\ntriangle <-work\ntriangle <-work\n$/],
  ])("%j", (options, wanted) => {
    expect(shown()).not.toMatch(wanted);
    expect(shown(...options)).toMatch(wanted);
  });

  test("offsets stand in stacks too", () => {
    const { machine, echo, cat } = setUp();
    echo("sym-offset", "trace_options");
    echo("triangle:stacktrace:1", "set_ftrace_filter");
    machine.run();
    expect(cat("trace")).toMatch(/<stack trace>\n => triangle\+0x.*\n => work\+0x[0-9a-f]+\/0x/);
  });

  test("without markers nobody writes them", () => {
    const { echo, lines } = setUp();
    echo("nomarkers", "trace_options");
    expect([echo("a line", "trace_marker"), lines()]).toEqual(["-EINVAL", []]);
  });

  test("a full buffer keeps the latest, or what it has", () => {
    const ring = new RingBuffer(1, 2);
    const add = (name: string) =>
      ring.add({ kind: "function", core: 0, time: 1, task: { pid: 1, comm: "p" }, name, parent: "q" });
    const names = () => [...ring.recording("nop").entries].map((entry) => ("name" in entry ? entry.name : ""));
    for (const name of ["a", "b", "c"]) add(name);
    expect([names(), ring.recording("nop").count]).toEqual([["b", "c"], { inBuffer: 2, written: 3 }]);
    ring.overwrite = false;
    add("d");
    expect([names(), ring.recording("nop").count.written]).toEqual([["b", "c"], 3]);
  });

  test("nooverwrite of the recorder, in the buffer that a snapshot brings too", () => {
    const { machine, recorder, tracer, echo } = setUp("sites-arm.elf", [], { bufferSize: 1 });
    echo("nooverwrite", "trace_options");
    echo("1", "snapshot");
    echo("function", "current_tracer");
    machine.run();
    expect([...recorder.recording(tracer.tracer).entries].map((entry) => "name" in entry && entry.name)).toEqual([
      "work",
    ]);
  });
});
