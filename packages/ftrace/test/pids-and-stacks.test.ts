import { createTracefs, FunctionProfiler, GraphStack, StackTracer } from "@cmodx/ftrace";
import { describe, expect, test } from "vitest";
import { assembledProgram, mcount } from "./assembled-program.js";

const source = `
main:
  mov r5, #3
again:
  bl f_outer
  subs r5, r5, #1
  bne again
  b done
f_outer:
  ${mcount("push {r4, lr}\n sub sp, sp, #24")}
  bl f_inner
  add sp, sp, #24
  pop {r4, pc}
f_inner:
  ${mcount("push {r4, r6}")}
  pop {r4, r6}
  bx lr
f_deep:
  ${mcount("push {lr}\n sub sp, sp, #12")}
  bl f_middle
  add sp, sp, #12
  pop {pc}
f_middle:
  ${mcount("push {r4, r5, r6, lr}")}
  bl f_outer
  pop {r4, r5, r6, pc}
`;

function session(isa: "a32" | "t32" = "a32", cores = 3) {
  const made = assembledProgram(isa, source, { cores });
  for (const core of made.machine.cores) core.waiting = true;
  const tracefs = createTracefs(made.tracer, made.recorder);
  const run = () => {
    for (const core of made.machine.cores) core.waiting = false;
    made.finish();
  };
  return {
    ...made,
    run,
    echo: (text: string, path: string, append = false) => tracefs.write(path, `${text}\n`, { append }),
    cat: (path: string) => tracefs.read(path),
  };
}

describe("who is traced", () => {
  const pidsOf = ({ entries }: ReturnType<typeof session>) =>
    [...new Set(entries().map(({ task }) => task.pid))].toSorted();

  test.each(["function", "function_graph"])("set_ftrace_pid and set_ftrace_notrace_pid: %s", (tracer) => {
    const made = session();
    expect([made.cat("set_ftrace_pid"), made.cat("set_ftrace_notrace_pid")]).toEqual(["no pid\n", "no pid\n"]);
    expect(made.echo("3 2", "set_ftrace_pid")).toBe("ok");
    expect(made.cat("set_ftrace_pid")).toBe("2\n3\n");
    made.echo("3", "set_ftrace_notrace_pid");
    made.echo(tracer, "current_tracer");
    made.run();
    expect(pidsOf(made)).toEqual([2]);
  });

  test("pids are numbers; a line replaces what was there, or adds to it", () => {
    const { echo, cat } = session();
    for (const word of ["x", "-1", "99999999"]) expect(echo(word, "set_ftrace_pid")).toBe("-EINVAL");
    echo("1", "set_ftrace_pid");
    echo("2", "set_ftrace_pid", true);
    expect(cat("set_ftrace_pid")).toBe("1\n2\n");
    echo("3", "set_ftrace_pid");
    expect(cat("set_ftrace_pid")).toBe("3\n");
    echo("", "set_ftrace_pid");
    expect(cat("set_ftrace_pid")).toBe("no pid\n");
  });

  test("tracing_cpumask says on which cores something is recorded", () => {
    const made = session();
    expect(made.cat("tracing_cpumask")).toBe("7\n");
    expect(made.echo("5", "tracing_cpumask")).toBe("ok");
    for (const text of ["8", "g", "", "1,00000001"]) expect(made.echo(text, "tracing_cpumask")).toBe("-EINVAL");
    made.echo("function", "current_tracer");
    made.run();
    expect(pidsOf(made)).toEqual([1, 3]);
    expect(made.cat("tracing_cpumask")).toBe("5\n");
  });

  test("of more than 32 cores the mask has commas", () => {
    const { cat, echo } = session("a32", 40);
    expect(cat("tracing_cpumask")).toBe("ff,ffffffff\n");
    expect(echo("80,00000001", "tracing_cpumask")).toBe("ok");
    expect(cat("tracing_cpumask")).toBe("80,00000001\n");
  });

  test("nothing of a function that set_graph_notrace names, nor of what it calls", () => {
    const made = session("a32", 1);
    made.echo("outer", "set_graph_notrace");
    made.echo("function_graph", "current_tracer");
    made.run();
    expect(made.entries()).toEqual([]);
    const other = session("a32", 1);
    other.echo("inner", "set_graph_notrace");
    other.echo("function_graph", "current_tracer");
    other.run();
    expect(other.entries().map((entry) => "name" in entry && entry.name)).toEqual(
      Array.from({ length: 6 }, () => "outer"),
    );
  });
});

describe("the profiler's text", () => {
  test("as the kernel prints it: what took longest first, with the variance of a sample", () => {
    const profiler = new FunctionProfiler(2);
    for (const time of [1000, 2000, 3000]) {
      profiler.called(1, "schedule");
      profiler.took(1, "schedule", time);
    }
    profiler.called(1, "a_function_whose_name_is_far_too_long");
    profiler.took(1, "a_function_whose_name_is_far_too_long", 12_345_678);
    expect(profiler.text(1)).toBe(`  Function                               Hit    Time            Avg             s^2
  --------                               ---    ----            ---             ---
  a_function_whose_name_is_far_t           1    12345.67 us     12345.67 us     0.000 us    
  schedule                                 3    6.000 us        2.000 us        1.000 us    
`);
    expect(profiler.text(0).split("\n")).toHaveLength(3);
  });

  test("counts every call of every core, and starts anew when it is switched on again", () => {
    const made = session();
    made.echo("1", "function_profile_enabled");
    made.run();
    for (let core = 0; core < 3; core++) {
      const rows = made.cat(`trace_stat/function${core}`)!.split("\n").slice(2, -1);
      expect(rows.map((row) => row.trim().split(/\s+/).slice(0, 2))).toEqual([
        ["outer", "3"],
        ["inner", "3"],
      ]);
    }
    made.echo("0", "function_profile_enabled");
    expect(made.cat("trace_stat/function0")).toContain("outer");
    made.echo("1", "function_profile_enabled");
    expect(made.cat("trace_stat/function0")).not.toContain("outer");
    expect([made.echo("x", "function_profile_enabled"), made.cat("trace_stat/function3")]).toEqual([
      "-EINVAL",
      undefined,
    ]);
  });
});

describe("the stack tracer", () => {
  const FILE = "/proc/sys/kernel/stack_tracer_enabled";

  test("says that it is off until it has seen something", () => {
    const { cat } = session();
    expect(cat("stack_max_size")).toBe("0\n");
    expect(cat("stack_trace")).toBe(
      "        Depth    Size   Location    (0 entries)\n        -----    ----   --------\n#\n#  Stack tracer disabled\n#\n# To enable the stack tracer, either add 'stacktrace' to the\n# kernel command line\n# or 'echo 1 > /proc/sys/kernel/stack_tracer_enabled'\n#\n",
    );
  });

  test.each(["a32", "t32"] as const)("finds the deepest chain, with the size of each frame: %s", (isa) => {
    const made = session(isa, 1);
    made.echo("1", FILE);
    made.run();
    const rows = made
      .cat("stack_trace")!
      .split("\n")
      .slice(2, -1)
      .map((row) => row.trim().split(/\s+/));
    expect(made.cat("stack_trace")!.split("\n")[0]).toBe("        Depth    Size   Location    (3 entries)");
    expect(rows.map(([, , , place]) => place!.replace(/\+.*/, ""))).toEqual(["inner", "outer", "main"]);
    // The address behind inner's call lies below the word that inner pushed: LR, as nothing else has saved it. Above that are r4 and
    // r6, and outer's 24 bytes and r4; what outer returns to is on top.
    expect(rows.map(([, depth, size]) => [depth, size])).toEqual([
      ["48", "4"],
      ["44", "40"],
      ["4", "4"],
    ]);
    expect(made.cat("stack_max_size")).toBe("48\n");
  });

  test("through as many frames as there are", () => {
    const made = session("a32", 1);
    made.echo("inner:stacktrace", "set_ftrace_filter");
    made.machine.cores[0]!.cells[15] = made.at("f_deep");
    made.machine.cores[0]!.cells[14] = made.at("done");
    made.run();
    const [entry] = made.entries();
    expect(entry?.kind === "stack" && entry.frames).toEqual(["inner", "outer", "middle", "deep", "done"]);
  });

  test.each(["nop", "function_graph"] as const)("from the middle of a function, too: %s", (tracer) => {
    const made = session("t32", 1);
    made.tracer.tracer = tracer;
    const [core] = made.machine.cores;
    core!.cells[15] = made.at("f_deep");
    core!.cells[14] = made.at("done") | 1;
    const hit = () => made.tracer.recordStackAt(core!, core!.cells[15]! >>> 0);
    // Behind outer's call of inner.
    made.machine.setBreakpoint(made.tracer.ftrace.records.find(({ name }) => name === "outer")!.ip + 8, hit);
    made.run();
    const frames = made.entries().flatMap((entry) => (entry.kind === "stack" ? [entry.frames] : []));
    expect(frames).toEqual([["outer", "middle", "deep", "done"]]);
  });

  test("a size that is written is the one to be exceeded; a filter says by whom", () => {
    const made = session("a32", 1);
    made.echo("1000", "stack_max_size");
    made.echo("1", FILE);
    made.run();
    expect([made.cat("stack_max_size"), made.echo("x", "stack_max_size")]).toEqual(["1000\n", "-EINVAL"]);
    const other = session("a32", 1);
    other.echo("outer", "stack_trace_filter");
    expect(other.cat("stack_trace_filter")).toBe("outer\n");
    other.echo("1", FILE);
    other.run();
    expect(other.cat("stack_trace")).not.toContain("inner");
  });

  test("with the graph tracer it shows who is really returned to", () => {
    const made = session("a32", 1);
    made.echo("function_graph", "current_tracer");
    made.echo("1", FILE);
    made.run();
    expect(made.cat("stack_trace")).toContain("outer+");
    expect(made.cat("stack_trace")).toContain("main+");
  });

  test("a shallower chain is not kept", () => {
    const tracer = new StackTracer();
    const chain = (...slots: number[]) => slots.map((slot) => ({ pc: slot, slot }));
    tracer.saw(chain(0x100, 0x120));
    tracer.saw(chain(0x110, 0x120));
    tracer.saw([]);
    expect(tracer.most).toBe(0x24);
  });
});

test("a graph's stack forgets what was left by a jump, and no more", () => {
  const HANDLER = 0x9000;
  const stack = new GraphStack(new Set([HANDLER]));
  const frame = (name: string, slot: number, parent: number) =>
    stack.push({ name, ip: 0, slot, parent, entered: 0, recorded: true, profiled: false, hidden: false });
  frame("a", 0x100, 1);
  frame("b", 0xf0, 2);
  frame("c", 0xe0, 3);
  expect(stack.realAt(0xf0)).toBe(2);
  expect(stack.returned(0x80)).toBeUndefined();
  expect(stack.returned(0xf4)?.name).toBe("b");
  expect(stack.depth).toBe(1);
  frame("d", 0xf0, 4);
  frame("tail", 0xf0, HANDLER);
  expect(stack.returned(0xf4)?.name).toBe("tail");
  expect(stack.returned(0xf4)?.name).toBe("d");
  expect(stack.top?.name).toBe("a");
});
