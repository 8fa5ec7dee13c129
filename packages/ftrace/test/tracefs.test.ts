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
