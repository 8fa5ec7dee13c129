import {
  assembleTrampolines,
  DynRecord,
  FilterFile,
  Ftrace,
  FtraceOps,
  FunctionProbes,
  type SoftEvent,
  type TraceMount,
} from "@cmodx/ftrace";
import { applyEdits, bytesMemory } from "@cmodx/patching";
import { describe, expect, test } from "vitest";
import { CALLS, tracedSample } from "./traced-sample.js";

const ALL = "#### all functions enabled ####\n";

describe("set_ftrace_filter lists functions and triggers", () => {
  test("functions first, then triggers, whatever is written between", () => {
    const { echo, cat } = tracedSample();
    const filter = "set_ftrace_filter";
    expect(cat(filter)).toBe(ALL);
    echo("square:traceoff", filter);
    expect(cat(filter)).toBe(`${ALL}square:traceoff:unlimited\n`);
    echo("square", filter);
    expect(cat(filter)).toBe("square\nsquare:traceoff:unlimited\n");
    echo("mix", filter, true);
    echo("mix:traceoff", filter, true);
    expect(cat(filter)).toBe("square\nmix\nsquare:traceoff:unlimited\nmix:traceoff:unlimited\n");
    echo("square", filter);
    expect(cat(filter)).toBe("square\nsquare:traceoff:unlimited\nmix:traceoff:unlimited\n");
    echo("", filter);
    expect(cat(filter)).toBe(`${ALL}square:traceoff:unlimited\nmix:traceoff:unlimited\n`);
    for (const name of ["square", "mix"]) expect(echo(`!${name}:traceoff`, filter)).toBe("ok");
    expect(cat(filter)).toBe(ALL);
  });

  test("globs set and take away, by what is left at each step", () => {
    const { echo, cat } = tracedSample();
    const names = () =>
      cat("set_ftrace_filter")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => line.split(":")[0]);
    echo("*r*:traceoff", "set_ftrace_filter");
    expect(names()).toEqual(["trace_call", "square", "triangle", "gather", "work"]);
    echo("!*tri*:traceoff", "set_ftrace_filter", true);
    expect(names()).toEqual(["trace_call", "square", "gather", "work"]);
    echo("!s*re:traceoff", "set_ftrace_filter", true);
    expect(names()).toEqual(["trace_call", "gather", "work"]);
    echo("!t*call*:traceoff", "set_ftrace_filter", true);
    expect(names()).toEqual(["gather", "work"]);
    echo("!*:traceoff", "set_ftrace_filter", true);
    expect(names()).toEqual([]);
  });

  test("with a count and without are two triggers; the count that is left is shown", () => {
    const { echo, cat } = tracedSample();
    const filter = "set_ftrace_filter";
    echo("mix:traceoff:0x10 mix:stacktrace:3 mix:snapshot:2 mix:dump:7 mix:cpudump mix:traceon:010", filter);
    expect(cat(filter)).toBe(
      `${ALL}mix:traceoff:count=16\nmix:stacktrace:count=3\nmix:snapshot:count=2\nmix:dump:count=1\nmix:cpudump:count=1\nmix:traceon:count=8\n`,
    );
    expect(echo("!mix:traceoff", filter, true)).toBe("-EINVAL");
    expect(echo("!mix:traceoff:0", filter, true)).toBe("ok");
    expect(echo("!mix:traceoff:0", filter, true)).toBe("-EINVAL");
    for (const rest of ["stacktrace:0", "snapshot:0", "dump", "cpudump", "traceon:0"])
      expect(echo(`!mix:${rest}`, filter, true)).toBe("ok");
    expect(cat(filter)).toBe(ALL);
  });

  test.each([
    ["mix:traceoff:x", "-EINVAL"],
    ["mix:traceoff:4294967296", "-ERANGE"],
    ["nobody:traceoff", "-EINVAL"],
    ["mix:nothing", "-EINVAL"],
    ["!mix:traceoff", "-EINVAL"],
    ["mix:enable_event", "-EINVAL"],
    ["mix:enable_event:sched", "-EINVAL"],
    ["mix:enable_event:sched:sched_switch", "-EINVAL"],
  ])("%s is refused with %s", (word, error) => {
    const { echo, cat } = tracedSample();
    expect(echo(word, "set_ftrace_filter")).toBe(error);
    expect(cat("set_ftrace_filter")).toBe(ALL);
  });

  test("what a function has already it is not given twice, and triggers are no business of notrace", () => {
    const { echo } = tracedSample();
    expect(echo("mix:traceoff", "set_ftrace_filter")).toBe("ok");
    expect(echo("mix:traceoff", "set_ftrace_filter", true)).toBe("-EINVAL");
    expect(echo("m*:traceoff", "set_ftrace_filter", true)).toBe("-EINVAL");
    expect(echo("*:traceoff", "set_ftrace_filter", true)).toBe("ok");
    expect(echo("mix:traceoff", "set_ftrace_notrace")).toBe("-EINVAL");
  });

  test("the first word that is refused ends a line, and those before it hold", () => {
    const { echo, cat } = tracedSample();
    expect(echo("mix nobody square", "set_ftrace_filter")).toBe("-EINVAL");
    expect(cat("set_ftrace_filter")).toBe("mix\n");
  });
});

describe("a trigger acts when its function is called, and costs nothing elsewhere", () => {
  test("only its function calls the tracer, and the tracer's own filter says nothing about it", () => {
    const { echo, cat, machine, lines } = tracedSample();
    echo("triangle:traceoff", "set_ftrace_filter");
    expect(cat("enabled_functions")).toBe("triangle (1)           \n");
    echo("square", "set_ftrace_filter", true);
    echo("function", "current_tracer");
    machine.run();
    expect([lines().length, cat("tracing_on")]).toEqual([1, "0\n"]);
  });

  test("traceoff three times and then no more; a count is of changes", () => {
    const { echo, cat, until } = tracedSample();
    echo("square:traceoff:1", "set_ftrace_filter");
    until("setup", 1);
    echo("triangle:traceon:5", "set_ftrace_filter", true);
    expect(cat("tracing_on")).toBe("1\n");
    until("square", 1);
    expect(cat("tracing_on")).toBe("0\n");
    expect(cat("set_ftrace_filter")).toBe(`${ALL}square:traceoff:count=0\ntriangle:traceon:count=5\n`);
    until("triangle", 1);
    expect([cat("tracing_on"), cat("set_ftrace_filter").includes("triangle:traceon:count=4")]).toEqual(["1\n", true]);
    // It is on already: nothing is used up. And what switches off has no more to spend.
    until("triangle", 1);
    until("square", 1);
    expect([cat("tracing_on"), cat("set_ftrace_filter").includes("triangle:traceon:count=4")]).toEqual(["1\n", true]);
  });

  test("traceon begins a trace in the middle", () => {
    const { echo, machine, lines } = tracedSample();
    echo("0", "tracing_on");
    echo("function", "current_tracer");
    echo("gather:traceon", "set_ftrace_filter");
    machine.run();
    const told = lines().map((line) => line.replace(/.*: | <-.*/g, ""));
    // The latest ops is asked first, so the function that switches tracing on is in the trace.
    expect(told).toEqual(CALLS.slice(CALLS.indexOf("gather")));
  });

  test("snapshot keeps what there was", () => {
    const { echo, cat, machine, lines } = tracedSample();
    expect(cat("snapshot")).toContain("Snapshot is freed");
    echo("gather:snapshot:1", "set_ftrace_filter");
    echo("function", "current_tracer");
    machine.run();
    const names = (path: string) => lines(path).map((line) => line.replace(/.*: | <-.*/g, ""));
    // Whoever came last is asked first: the function that takes the snapshot is in it.
    const at = CALLS.indexOf("gather") + 1;
    expect(names("snapshot").concat(names("trace"))).toEqual([...CALLS]);
    expect(names("trace").length).toBe(CALLS.length - at);
    echo("2", "snapshot");
    expect(lines("snapshot")).toEqual([]);
    echo("1", "snapshot");
    expect([names("snapshot").length, lines("trace")]).toEqual([CALLS.length - at, []]);
    echo("0", "snapshot");
    expect(cat("snapshot")).toContain("Snapshot is freed");
  });

  test.each(["sites-arm.elf", "sites-thumb2.elf"])("stacktrace says who called whom: %s", (sample) => {
    const { echo, machine, lines } = tracedSample(sample);
    echo("mix:stacktrace", "set_ftrace_filter");
    machine.run();
    expect(
      lines()
        .slice(0, 3)
        .map((line) => line.replace(/.*: /, "")),
    ).toEqual(["<stack trace>", " => mix", " => work"]);
  });

  test("stacktrace uses nothing up while tracing is off, and no more than it has", () => {
    const { echo, cat, until, lines } = tracedSample();
    echo("square:stacktrace:1 triangle:stacktrace:1", "set_ftrace_filter");
    echo("0", "tracing_on");
    until("square", 1);
    expect(cat("set_ftrace_filter")).toContain("square:stacktrace:count=1\n");
    echo("1", "tracing_on");
    until("triangle", 1);
    until("triangle", 1);
    expect(cat("set_ftrace_filter")).toContain("triangle:stacktrace:count=0\n");
    expect(lines().filter((line) => line.includes("<stack trace>"))).toHaveLength(1);
  });

  test("dump writes the buffer to the console once, and tracing is off then", () => {
    const { echo, cat, machine, recorder } = tracedSample();
    echo("triangle:dump", "set_ftrace_filter");
    echo("function", "current_tracer");
    machine.run();
    expect(recorder.console).toHaveLength(1);
    expect(recorder.console[0]).toContain("Dumping ftrace buffer:\n---");
    expect(recorder.console[0]).toContain("square <-work");
    expect(cat("tracing_on")).toBe("0\n");
  });
});

/** An event that can be held and switched, as tracefs' events are. */
function softEvent(): { mount: TraceMount; event: SoftEvent & { held: number } } {
  const event = {
    name: "sched:sched_switch",
    softDisabled: false,
    held: 0,
    hold() {
      if (event.held++ === 0) event.softDisabled = true;
    },
    release() {
      event.held--;
    },
  };
  const mount = {
    paths: [],
    file: () => undefined,
    event: (system: string, name: string) => (`${system}:${name}` === event.name ? event : undefined),
  };
  return { mount, event };
}

describe("triggers that switch events", () => {
  test("are listed with the event, and hold it while they are there", () => {
    const { mount, event } = softEvent();
    const { echo, cat } = tracedSample("sites-arm.elf", [mount]);
    echo("square:enable_event:sched:sched_switch mix:disable_event:sched:sched_switch:3", "set_ftrace_filter");
    expect(cat("set_ftrace_filter")).toBe(
      `${ALL}square:enable_event:sched:sched_switch:unlimited\nmix:disable_event:sched:sched_switch:count=3\n`,
    );
    expect(event.held).toBe(2);
    echo("!square:enable_event:sched:sched_switch !mix:disable_event:sched:sched_switch:3", "set_ftrace_filter");
    expect([event.held, cat("set_ftrace_filter")]).toEqual([0, ALL]);
  });

  test("enable each time, or only so often", () => {
    for (const [count, expected] of [
      ["", [false, false]],
      [":1", [false, true]],
    ] as const) {
      const { mount, event } = softEvent();
      const { echo, until } = tracedSample("sites-arm.elf", [mount]);
      echo(`triangle:enable_event:sched:sched_switch${count}`, "set_ftrace_filter");
      expect(event.softDisabled).toBe(true);
      const seen = [1, 2].map(() => {
        event.softDisabled = true;
        until("triangle", 1);
        return event.softDisabled;
      });
      expect(seen).toEqual(expected);
    }
  });

  test("functions of one line share their count", () => {
    const { mount, event } = softEvent();
    const { echo, cat, until } = tracedSample("sites-arm.elf", [mount]);
    echo("*r*:enable_event:sched:sched_switch:4", "set_ftrace_filter");
    until("square", 1);
    expect(event.softDisabled).toBe(false);
    expect(cat("set_ftrace_filter").match(/count=3/g)).toHaveLength(5);
  });
});

describe("modules", () => {
  const none = { on: true, snapshot: () => undefined, stacktrace: () => undefined, dump: () => undefined };
  const setUp = () => {
    const record = (name: string, ip: number, module?: string) =>
      new DynRecord({ isa: "a32", ip, name, ...(module === undefined ? {} : { module }) });
    const memory = bytesMemory(0x8000, new Uint8Array(0x1000));
    for (const at of [0x8000, 0x8010, 0x8020]) memory.write(at, Uint8Array.of(0, 0, 0, 0xeb));
    const { bytes, code } = assembleTrampolines("a32", 0x8800);
    memory.write(0x8800, bytes);
    const ftrace = new Ftrace({
      records: [record("schedule", 0x8000)],
      code: { a32: code },
      patcher: { memory, patch: (edits) => applyEdits(edits, memory) },
    });
    ftrace.initialise();
    const ops = new FtraceOps("user", () => undefined);
    const probes = new FunctionProbes(ftrace, none);
    const file = new FilterFile(ftrace, ops, "filter", { ftrace, probes, event: () => undefined });
    const load = () => {
      expect(ftrace.loadModule([record("irq_work", 0x8010, "printk"), record("init", 0x8020, "printk")])).toBe("ok");
    };
    return { ftrace, file, load };
  };

  test("a filter for a module that is not there waits for it, is resolved when it comes, and names nobody when it goes", () => {
    const { ftrace, file, load } = setUp();
    file.write("non_exist_func:mod:non_exist_module");
    expect(file.read()).toContain("non_exist_func");
    file.write("*:mod:printk");
    expect(file.read()).toBe(`${ALL}*:mod:printk\n`);
    load();
    expect(file.read()).toBe(`${ALL}*:mod:printk\n`);
    expect(ftrace.enableModule("printk")).toBe("ok");
    expect(file.read()).toBe("irq_work [printk]\ninit [printk]\n");
    ftrace.unloadModule("printk");
    expect(file.read()).toBe("");
  });

  test("until it is live its functions are nobody's", () => {
    const { ftrace, file, load } = setUp();
    load();
    expect(file.write("irq_work")).toBe("-EINVAL");
    const ops = new FtraceOps("all", () => undefined);
    ftrace.register(ops);
    expect(ftrace.records.map(({ count }) => count)).toEqual([1, 0, 0]);
    ftrace.enableModule("printk");
    expect(ftrace.records.map(({ count }) => count)).toEqual([1, 1, 1]);
  });

  test("what waits can be taken away; what is loaded and has no such function is refused", () => {
    const { file, ftrace, load } = setUp();
    file.write("a:mod:later b:mod:later :mod:other");
    expect(file.read()).toBe(`${ALL}a:mod:later\nb:mod:later\n*:mod:other\n`);
    expect(file.write("!a:mod:later", true)).toBe("ok");
    expect(file.write("!a:mod:later", true)).toBe("-EINVAL");
    expect(file.write("!*:mod:other", true)).toBe("ok");
    expect(file.read()).toBe(`${ALL}b:mod:later\n`);
    load();
    ftrace.enableModule("printk");
    expect(file.write("nobody:mod:printk", true)).toBe("-EINVAL");
    expect(file.write("*:mod:p*k")).toBe("ok");
    expect(file.read()).toBe("irq_work [printk]\ninit [printk]\n");
    expect(file.write("*:mod:!")).toBe("ok");
    expect(file.read()).toBe("schedule\n");
    expect(file.write("*:mod:!printk")).toBe("ok");
    expect(file.read()).toBe("schedule\n");
  });
});
