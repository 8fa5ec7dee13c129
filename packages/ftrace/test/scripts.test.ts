import { createTracefs } from "@cmodx/ftrace";
import { EventSwitch, EventTree } from "@cmodx/trace";
import { describe, expect, test } from "vitest";
import { assembledProgram, mcount } from "./assembled-program.js";
import { tracedSample } from "./traced-sample.js";

// What the kernel's scripts for ftrace check (tools/testing/selftests/ftrace/test.d), in tests of our own.

/** A program that goes round, so that any time of it is as good as any other. */
const source = `
main: bl f_schedule
 bl f_scheduler_tick
 bl f_do_softirq
 b main
f_schedule:
  ${mcount("push {r4, lr}")}
  bl f_reschedule
  pop {r4, pc}
f_reschedule:
  ${mcount()}
  bx lr
f_scheduler_tick:
  ${mcount()}
  bx lr
f_do_softirq:
  ${mcount()}
  bx lr
f_lock_try:
  ${mcount()}
  bx lr
`;

function shell(isa: "a32" | "t32" = "a32") {
  const made = assembledProgram(isa, source);
  const tree = new EventTree();
  const event = new EventSwitch("sched:sched_switch", () => undefined);
  tree.add(() => [{ system: "sched", name: "sched_switch", id: 300, format: () => "", state: event }]);
  const tracefs = createTracefs(made.tracer, made.recorder, { mounts: [tree] });
  const echo = (text: string, path: string, append = false) => tracefs.write(path, `${text}\n`, { append });
  const cat = (path: string) => (tracefs.read(path) ?? "").trimEnd();
  const sleep = () => made.machine.run({ instructions: 400 });
  const names = () => new Set(made.entries().map((entry) => ("name" in entry ? entry.name : entry.kind)));
  return { ...made, echo, cat, sleep, names, tracefs };
}

describe.each(["a32", "t32"] as const)("%s", (isa) => {
  describe.each([
    ["enable", "0", "1*", "0*"],
    ["disable", "1", "0*", "1*"],
  ])("function event triggers: %s", (does, before, fired, left) => {
    const EVENT = "events/sched/sched_switch/enable";

    test("all the time", () => {
      const { echo, cat, sleep } = shell(isa);
      echo(before, EVENT);
      expect(cat(EVENT)).toBe(before);
      echo(`schedule:${does}_event:sched:sched_switch`, "set_ftrace_filter");
      for (let i = 0; i < 5; i++) {
        sleep();
        expect(cat(EVENT)).toBe(fired);
        echo(before, EVENT);
      }
      sleep();
      expect(cat(EVENT)).toBe(fired);
      echo(`!schedule:${does}_event:sched:sched_switch`, "set_ftrace_filter");
      expect(cat(EVENT)).toBe(fired[0]);
    });

    test("three times and then no more", () => {
      const { echo, cat, sleep } = shell(isa);
      echo(before, EVENT);
      echo(`schedule:${does}_event:sched:sched_switch:3`, "set_ftrace_filter");
      for (let i = 0; i < 3; i++) {
        sleep();
        expect(cat(EVENT)).toBe(fired);
        echo(before, EVENT);
      }
      sleep();
      expect(cat(EVENT)).toBe(left);
    });
  });

  test("traceon and traceoff triggers", () => {
    const { echo, cat, sleep, entries } = shell(isa);
    echo("function", "current_tracer");
    sleep();
    expect(entries().length).toBeGreaterThan(0);
    echo("schedule:traceoff", "set_ftrace_filter");
    sleep();
    const count = entries().length;
    sleep();
    expect([entries().length, cat("tracing_on")]).toEqual([count, "0"]);
    echo("!schedule:traceoff", "set_ftrace_filter", true);
    sleep();
    expect([cat("set_ftrace_filter").includes("schedule"), cat("tracing_on")]).toEqual([false, "0"]);
    echo("schedule:traceon", "set_ftrace_filter");
    sleep();
    expect([entries().length > count, cat("tracing_on")]).toEqual([true, "1"]);
    echo("!schedule:traceon", "set_ftrace_filter", true);
    echo("schedule:traceoff:3", "set_ftrace_filter");
    const states = Array.from({ length: 4 }, () => {
      sleep();
      const on = cat("tracing_on");
      echo("1", "tracing_on");
      return on;
    });
    expect(states).toEqual(["0", "0", "0", "1"]);
    expect(echo("!schedule:traceoff:0", "set_ftrace_filter")).toBe("ok");
    expect(cat("set_ftrace_filter")).toBe("#### all functions enabled ####");
  });

  test("the profiler beside the function tracer, and a filter that comes while both are on", () => {
    const { echo, sleep, names } = shell(isa);
    echo("function", "current_tracer");
    echo("1", "function_profile_enabled");
    sleep();
    echo("*schedule", "set_ftrace_filter");
    echo("", "trace");
    echo("0", "function_profile_enabled");
    sleep();
    expect(names()).toEqual(new Set(["schedule", "reschedule"]));
    echo("", "set_ftrace_filter");
    echo("", "trace");
    sleep();
    expect(names().size).toBe(4);
  });

  test("a filtered graph stays filtered while the stack tracer comes and goes", () => {
    const { echo, sleep, names } = shell(isa);
    echo("schedule", "set_ftrace_filter");
    echo("function_graph", "current_tracer");
    for (const stack of ["1", "0"]) {
      echo(stack, "/proc/sys/kernel/stack_tracer_enabled");
      echo("", "trace");
      sleep();
      expect(names()).toEqual(new Set(["schedule"]));
    }
  });
});

describe("globs choose as the regular expressions do that mean the same", () => {
  test.each([
    ["*schedule*", /schedule/],
    ["schedule*", /^schedule/],
    ["*schedule", /schedule$/],
    ["sch*er_t*k", /^sch.*er_t.*k$/],
    ["*s[cd]he*", /s[cd]he/],
    ["sched?le", /^sched.le$/],
    ["*[!a-r]_*", /[^a-r]_/],
    ["do_soft\\irq", /^do_softirq$/],
    ["schedule", /^schedule$/],
  ])("%s", (glob, pattern) => {
    const { echo, cat } = shell();
    const all = cat("available_filter_functions").split("\n");
    const chosen = all.filter((name) => pattern.test(name));
    expect(echo(glob, "set_ftrace_filter")).toBe(chosen.length > 0 ? "ok" : "-EINVAL");
    if (chosen.length > 0) expect(cat("set_ftrace_filter").split("\n")).toEqual(chosen);
  });
});

test("the number of functions, and the pages that the kernel would keep them in", () => {
  expect(tracedSample().cat("dyn_ftrace_total_info")).toBe("7 pages:1 groups: 1\n");
});
