import { createTracefs } from "@cmodx/ftrace";
import {
  COMMON_FIELDS,
  type EventDefinition,
  type EventField,
  EventSource,
  EventTree,
  type TraceControl,
} from "@cmodx/trace";
import { beforeEach, describe, expect, test } from "vitest";
import { assembledProgram, mcount } from "./assembled-program.js";

// What the kernel's scripts for events, filters and triggers check (tools/testing/selftests/ftrace/test.d), in tests of our own.

/** Rounds without end, counted in r4; two places call `schedule`. */
const source = `
main: mov r4, #0
again: adds r4, #1
 mov r0, r4
 bl f_schedule
 bl f_worker
 bl f_tick
 bl f_softirq
 b again
f_worker:
  ${mcount("push {r4, lr}")}
  mov r0, r4
  bl f_schedule
  pop {r4, pc}
f_schedule:
  ${mcount("push {r4, lr}")}
scheduled: pop {r4, pc}
f_tick:
  ${mcount()}
  bx lr
f_softirq:
  ${mcount()}
  bx lr
`;

const word = (declaration: string, name: string, offset: number): EventField => ({
  name,
  declaration,
  kind: "field",
  element: { size: 4, signed: true },
  text: false,
  offset,
  size: 4,
  signed: true,
});

function definition(system: string, name: string, id: number): EventDefinition {
  const fields = [word("void *call_site", "call_site", 8), word("int round", "round", 12)];
  return { system, name, id, common: COMMON_FIELDS, fields, size: 16, print: '"round=%d", REC->round' };
}

/** A machine of two cores with events where functions begin; a module's come and go. */
function shell(isa: "a32" | "t32" = "a32") {
  const made = assembledProgram(isa, source, { cores: 2 });
  const { machine, recorder, tracer, program, at } = made;
  const tree = new EventTree();
  let here = { core: machine.cores[0]!, ip: 0 };
  const control: TraceControl = {
    get tracing() {
      return recorder.on;
    },
    set tracing(on) {
      recorder.on = on;
    },
    snapshot: () => recorder.snapshot(),
    stacktrace: () => tracer.recordStackAt(here.core, here.ip),
    event: (system, name) => tree.event(system, name),
  };
  let next = 300;
  const event = (system: string, name: string, label: string, module?: string) => {
    const hit = (core: typeof here.core): void => {
      here = { core, ip: core.cells[15]! >>> 0 };
      source.happened({ call_site: core.cells[14]!, round: core.cells[4]! });
    };
    const source: EventSource = new EventSource(definition(system, name, next++), {
      control,
      context: () => ({ cpu: here.core.index, ...recorder.task(here.core), time: recorder.clock() }),
      record: ({ values }) =>
        recorder.add(here.core, (moment) => ({
          ...moment,
          kind: "event",
          name,
          text: `call_site=${recorder.symbol(Number(values["call_site"]))} round=${values["round"]}`,
        })),
      register: (on) => (on ? machine.setBreakpoint(at(label), hit) : machine.clearBreakpoint(at(label), hit)),
      pids: tree.pids,
      functionOf: (wanted) => {
        const place = program.functionAt(typeof wanted === "number" ? wanted : addressOf(wanted));
        const start = typeof wanted === "number" ? wanted - (place?.offset ?? 0) : addressOf(wanted);
        return place === undefined ? undefined : { start, end: start + place.size };
      },
      ...(module !== undefined && { module }),
    });
    return source;
  };
  const addressOf = (name: string) => {
    const label = name === "main" ? name : `f_${name}`;
    return ["main", "f_worker", "f_schedule"].includes(label) ? at(label) : -1;
  };
  const fixed = [
    event("sched", "schedule", "scheduled"),
    event("sched", "tick", "f_tick"),
    event("irq", "softirq", "f_softirq"),
  ];
  let loaded: EventSource[] = [];
  tree.add(() => fixed);
  tree.add(() => loaded);
  const mount = {
    get paths() {
      return tree.paths;
    },
    file: (path: string) => tree.file(path),
    event: (system: string, name: string) => tree.event(system, name),
  };
  const tracefs = createTracefs(tracer, recorder, { mounts: [mount] });
  const echo = (text: string, path: string, append = false) => tracefs.write(path, `${text}\n`, { append });
  const cat = (path: string) => (tracefs.read(path) ?? "no such file").trimEnd();
  const lines = (path = "trace") =>
    cat(path)
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
  return {
    ...made,
    tracefs,
    tree,
    echo,
    cat,
    lines,
    count: (name: string, path = "trace") => lines(path).filter((line) => line.includes(`: ${name}: `)).length,
    sleep: (instructions = 600) => machine.run({ instructions, schedule: { kind: "random", quantum: 5 }, seed: 1 }),
    modprobe: () => {
      loaded = ["foo_bar", "foo_bar_with_cond", "foo_bar_with_fn"].map((name, i) =>
        event("sample-trace", name, ["f_tick", "f_softirq", "f_worker"][i]!, "trace_events_sample"),
      );
      tree.moduleCame("trace-events-sample");
    },
    rmmod: () => {
      for (const { state } of loaded) state.set(false);
      loaded = [];
    },
  };
}

let sh: ReturnType<typeof shell>;
beforeEach(() => {
  sh = shell();
});

const SCHEDULE = "events/sched/schedule";

describe("events are switched", () => {
  test.each([
    ["set_event", "sched:schedule", "", ["schedule"]],
    ["events/sched/schedule/enable", "1", "0", ["schedule"]],
    ["set_event", "sched:*", "", ["schedule", "tick"]],
    ["set_event", "sched:", "", ["schedule", "tick"]],
    ["events/sched/enable", "1", "0", ["schedule", "tick"]],
    ["set_event", "*:*", "", ["schedule", "tick", "softirq"]],
    ["events/enable", "1", "0", ["schedule", "tick", "softirq"]],
  ])("by %s with %s, and off with %s", (path, on, off, names) => {
    expect(sh.echo(on, path)).toBe("ok");
    sh.sleep();
    for (const name of ["schedule", "tick", "softirq"]) {
      if (names.includes(name)) expect(sh.count(name)).toBeGreaterThan(0);
      else expect(sh.count(name)).toBe(0);
    }
    expect(sh.cat("events/enable")).toBe(names.length === 3 ? "1" : "X");
    expect(sh.echo(off, path)).toBe("ok");
    sh.echo("", "trace");
    sh.sleep();
    expect([sh.lines(), sh.cat("events/enable"), sh.cat("set_event")]).toEqual([[], "0", ""]);
  });

  test("each has its directory", () => {
    expect(["enable", "filter", "trigger"].map((file) => sh.cat(`${SCHEDULE}/${file}`))).toEqual([
      "0",
      "none",
      "# Available triggers:\n# traceon traceoff snapshot stacktrace enable_event disable_event",
    ]);
    expect([sh.cat(`${SCHEDULE}/id`), sh.cat(`${SCHEDULE}/format`).split("\n")[1]]).toEqual(["300", "ID: 300"]);
    expect(sh.cat("available_events")).toBe("sched:schedule\nsched:tick\nirq:softirq");
  });
});

describe("only some tasks' events", () => {
  const pids = () => new Set(sh.lines().map((line) => /-(\d+)\s/.exec(line)?.[1]));

  test("set_event_pid", () => {
    sh.echo("1", "set_event_pid");
    sh.echo("1", "events/enable");
    sh.sleep();
    expect([sh.cat("set_event_pid"), [...pids()]]).toEqual(["1", ["1"]]);
    sh.echo("", "set_event_pid");
    sh.sleep();
    expect([sh.cat("set_event_pid"), [...pids()].toSorted()]).toEqual(["", ["1", "2"]]);
  });

  test("set_event_notrace_pid, with what is appended; what is no number is refused", () => {
    sh.echo("1", "set_event_notrace_pid");
    sh.echo("1", "events/irq/enable");
    sh.sleep();
    expect([...pids()]).toEqual(["2"]);
    sh.echo("2", "set_event_notrace_pid", true);
    sh.echo("", "trace");
    sh.sleep();
    expect([sh.lines(), sh.cat("set_event_notrace_pid")]).toEqual([[], "1\n2"]);
    expect(sh.echo("all", "set_event_notrace_pid")).toBe("-EINVAL");
  });
});

describe("a module's events", () => {
  const on = () => sh.cat("set_event").split("\n");

  test("all of them, of a system, or one, with the module there", () => {
    sh.modprobe();
    sh.echo(":mod:trace-events-sample", "set_event");
    expect(on()).toEqual(["foo_bar", "foo_bar_with_cond", "foo_bar_with_fn"].map((name) => `sample-trace:${name}`));
    sh.echo("1", "events/enable");
    expect(sh.echo("!:mod:trace-events-sample", "set_event", true)).toBe("ok");
    expect([sh.cat("events/enable"), sh.cat("events/sample-trace/enable")]).toEqual(["X", "0"]);
    sh.echo("sample-trace:mod:trace-events-sample", "set_event");
    expect([sh.cat("events/sample-trace/enable"), sh.cat("events/sched/enable")]).toEqual(["1", "0"]);
    sh.echo("foo_bar:mod:trace-events-sample", "set_event");
    expect(on()).toEqual(["sample-trace:foo_bar"]);
    sh.echo("sample-trace:foo_bar_with_cond:mod:trace-events-sample", "set_event", true);
    expect(on()).toHaveLength(2);
    expect(sh.echo("schedule:mod:trace-events-sample", "set_event")).toBe("-EINVAL");
  });

  test("before the module is there they wait, listed as they were asked for", () => {
    sh.echo(":mod:trace-events-sample", "set_event");
    expect(on()).toEqual(["*:*:mod:trace_events_sample"]);
    sh.modprobe();
    expect([sh.cat("events/sample-trace/enable"), on().length]).toEqual(["1", 3]);
    sh.echo("", "set_event");
    sh.rmmod();
    sh.echo("foo_bar:mod:trace-events-sample", "set_event");
    sh.echo("sample-trace:foo_bar_with_cond:mod:trace-events-sample", "set_event", true);
    expect(on()).toEqual(["foo_bar:mod:trace_events_sample", "sample-trace:foo_bar_with_cond:mod:trace_events_sample"]);
    sh.modprobe();
    expect([on(), sh.cat("events/sample-trace/enable")]).toEqual([
      ["sample-trace:foo_bar", "sample-trace:foo_bar_with_cond"],
      "X",
    ]);
    sh.sleep();
    expect([sh.count("foo_bar") > 0, sh.count("foo_bar_with_fn")]).toEqual([true, 0]);
  });

  test("what waits is taken away again", () => {
    sh.echo("foo_bar:mod:late schedule", "set_event");
    expect(sh.echo("!foo_bar:mod:late", "set_event", true)).toBe("ok");
    expect(sh.echo("!foo_bar:mod:late", "set_event", true)).toBe("-EINVAL");
    expect(on()).toEqual(["sched:schedule"]);
  });
});

describe("filters", () => {
  const callers = () => new Set(sh.lines().map((line) => /call_site=(\S+)/.exec(line)?.[1]));

  test("of the function that a pointer is in, and not one behind it", () => {
    sh.echo("1", `${SCHEDULE}/enable`);
    sh.echo("call_site.function == main", `${SCHEDULE}/filter`);
    sh.sleep();
    expect([...callers()]).toEqual(["main"]);
  });

  test.each(["name", "address", "address inside"])("of the function that a pointer is in, by its %s", (by) => {
    sh.echo("1", `${SCHEDULE}/enable`);
    sh.sleep();
    expect([...callers()].toSorted()).toEqual(["main", "worker"]);
    const address = sh.at("f_worker") + (by === "address inside" ? 6 : 0);
    const worker = by === "name" ? "worker" : `0x${address.toString(16)}`;
    for (const [operator, wanted] of [
      ["==", "worker"],
      ["!=", "main"],
    ] as const) {
      expect(sh.echo(`call_site.function ${operator} ${worker}`, `${SCHEDULE}/filter`)).toBe("ok");
      sh.echo("", "trace");
      sh.sleep();
      expect([...callers()]).toEqual([wanted]);
    }
    expect(sh.cat(`${SCHEDULE}/filter`)).toBe(`call_site.function != ${worker}`);
    sh.echo("0", `${SCHEDULE}/filter`);
    expect(sh.cat(`${SCHEDULE}/filter`)).toBe("none");
  });

  test("a function among other terms, its name up to a blank", () => {
    sh.echo("1", `${SCHEDULE}/enable`);
    expect(sh.echo("( call_site.function == worker ) && round > 3", `${SCHEDULE}/filter`)).toBe("ok");
    sh.sleep(2000);
    expect([...callers()]).toEqual(["worker"]);
    expect(sh.lines().some((line) => /round=[1-3]$/.test(line))).toBe(false);
  });

  test.each([
    ["call_site.function == nobody", "Function not found", 28],
    ["call_site.function == 0x10", "Function not found", 26],
    ["call_site.function == 0x1zz", "Invalid value (did you forget quotes)?", 27],
    ["call_site.function == 0x11112222333344445", "Operand too long", 41],
    ["call_site.function < worker", "Invalid operator", 21],
    ["common_preempt_count.function == worker", "Illegal operation for field type", 33],
    ["(call_site.function == worker)", "Function not found", 30],
  ])("%s: %s", (text, message, position) => {
    expect(sh.echo(text, `${SCHEDULE}/filter`)).toBe("-EINVAL");
    expect(sh.cat(`${SCHEDULE}/filter`)).toBe(`${text}\n${" ".repeat(position)}^\nparse_error: ${message}`);
  });
});

describe("triggers", () => {
  const TRIGGER = `${SCHEDULE}/trigger`;
  const TICK = "events/sched/tick/enable";
  const enable = (text: string) => sh.echo(text, TRIGGER);

  test("switch another event", () => {
    expect(enable("enable_event:irq:softirq:1")).toBe("ok");
    expect(sh.cat("events/irq/softirq/enable")).toBe("0*");
    sh.sleep();
    expect([sh.cat("events/irq/softirq/enable"), sh.cat(TRIGGER)]).toEqual(["1*", "enable_event:irq:softirq:count=0"]);
    expect(sh.count("softirq")).toBeGreaterThan(0);
    sh.echo("0", "events/irq/softirq/enable");
    sh.sleep();
    expect(sh.cat("events/irq/softirq/enable")).toBe("0*");
    expect(enable("!enable_event:irq:softirq")).toBe("ok");
    expect(sh.cat("events/irq/softirq/enable")).toBe("0");
  });

  test("switch an event off, as often as they are told", () => {
    sh.echo("1", TICK);
    enable("disable_event:sched:tick:1");
    expect(sh.cat(TICK)).toBe("1*");
    sh.sleep();
    expect(sh.cat(TICK)).toBe("0*");
    sh.echo("1", TICK);
    sh.sleep();
    expect(sh.cat(TICK)).toBe("1*");
  });

  test("of one event: one for each event that they switch", () => {
    expect(enable("enable_event:sched:tick")).toBe("ok");
    expect(enable("enable_event:sched:tick")).toBe("-EEXIST");
    expect(enable("disable_event:sched:tick")).toBe("-EEXIST");
    expect(enable("enable_event:irq:softirq")).toBe("ok");
    expect(enable("enable_event:no:such")).toBe("-EINVAL");
    expect(enable("enable_event")).toBe("-EINVAL");
    expect(enable("enable_event:sched:tick:none")).toBe("-EINVAL");
    expect(sh.cat(TRIGGER)).toBe("enable_event:sched:tick:unlimited\nenable_event:irq:softirq:unlimited");
  });

  test("have filters of the event's own fields", () => {
    expect(enable("traceoff if nobody == 0")).toBe("-EINVAL");
    expect(enable("traceoff if round <> 0")).toBe("-EINVAL");
    expect(enable("traceoff if round == 1000000")).toBe("ok");
    sh.sleep();
    expect(sh.cat("tracing_on")).toBe("1");
    expect(enable("!traceoff")).toBe("ok");
    expect(enable("traceoff if round > 0")).toBe("ok");
    sh.sleep();
    expect([sh.cat("tracing_on"), sh.cat(TRIGGER)]).toEqual(["0", "traceoff:unlimited if round > 0"]);
  });

  test("switch tracing off behind the record, and on before it; the count is of changes", () => {
    sh.echo("1", `${SCHEDULE}/enable`);
    enable("traceoff:2");
    sh.sleep();
    expect([sh.cat("tracing_on"), sh.cat(TRIGGER), sh.lines().length]).toEqual(["0", "traceoff:count=1", 1]);
    enable("!traceoff");
    sh.echo("", "trace");
    enable("traceon:1");
    expect(enable("traceoff")).toBe("-EEXIST");
    sh.sleep();
    const [first] = sh.lines();
    expect([sh.cat("tracing_on"), sh.cat(TRIGGER), first]).toEqual([
      "1",
      "traceon:count=0",
      expect.stringContaining("schedule:"),
    ]);
    expect(enable("traceon:x")).toBe("-EINVAL");
  });

  test("on before it, but not where it waits for the record", () => {
    sh.echo("0", "tracing_on");
    sh.echo("1", "events/enable");
    enable("traceon if round == 3");
    sh.sleep(2000);
    const [first] = sh.lines();
    expect(first).not.toContain(": schedule: call_site=main round=3");
    expect(sh.count("schedule")).toBeGreaterThan(0);
  });

  test("take snapshots: with a filter, of the event that took it too", () => {
    sh.echo("1", "events/enable");
    sh.sleep(50);
    expect(enable("snapshot:1 if round >= 2")).toBe("ok");
    sh.sleep();
    expect([sh.lines("snapshot").length > 0, sh.cat(TRIGGER)]).toEqual([true, "snapshot:count=0 if round >= 2"]);
    expect(sh.lines("snapshot").at(-1)).toMatch(/schedule: .*round=2$/);
    expect(enable("!snapshot")).toBe("ok");
    sh.echo("2", "snapshot");
    sh.echo("", "trace");
    expect(enable("snapshot:1")).toBe("ok");
    expect(enable("snapshot:1")).toBe("-EEXIST");
    expect(enable("snapshot:one")).toBe("-EINVAL");
    sh.sleep(200);
    expect(sh.lines("snapshot").some((line) => line.includes(": schedule: "))).toBe(false);
    expect(sh.lines()[0]).toContain(": schedule: ");
  });

  test("record stacks behind the event", () => {
    sh.echo("1", `${SCHEDULE}/enable`);
    expect(enable("stacktrace:2 if call_site.function == worker")).toBe("ok");
    sh.sleep();
    const trace = sh.lines();
    const stack = trace.findIndex((line) => line.includes("<stack trace>"));
    expect(trace.slice(stack - 1, stack + 4).map((line) => line.replace(/.*\d: /, ""))).toEqual([
      expect.stringMatching(/^schedule: call_site=worker/),
      "<stack trace>",
      " => schedule",
      " => worker",
      " => main",
    ]);
    expect(trace.filter((line) => line.includes("<stack trace>"))).toHaveLength(2);
  });

  test("several of an event, listed in the order of their coming, taken away one by one", () => {
    for (const text of ["traceoff:5", "snapshot", "stacktrace", "enable_event:irq:softirq"]) enable(text);
    expect(sh.cat(TRIGGER)).toBe(
      "traceoff:count=5\nsnapshot:unlimited\nstacktrace:unlimited\nenable_event:irq:softirq:unlimited",
    );
    for (const line of sh.cat(TRIGGER).split("\n")) expect(enable(`!${line}`)).toBe("ok");
    expect([sh.cat(TRIGGER).split("\n")[0], sh.cat(`${SCHEDULE}/enable`)]).toEqual(["# Available triggers:", "0"]);
  });

  test("act for those whose events are not recorded, unless they look at the record", () => {
    sh.echo("9", "set_event_pid");
    sh.echo("1", `${SCHEDULE}/enable`);
    enable("traceoff if round > 0");
    sh.sleep();
    expect(sh.cat("tracing_on")).toBe("1");
    enable("!traceoff");
    enable("enable_event:irq:softirq");
    sh.sleep();
    expect(sh.cat("events/irq/softirq/enable")).toBe("1*");
  });
});

describe("trace_marker", () => {
  const PRINT = "events/ftrace/print";

  test("is an event with triggers: a snapshot has the line that took it", () => {
    expect(sh.cat(`${PRINT}/format`)).toContain("\tfield:unsigned long ip;\toffset:8;\tsize:4;\tsigned:0;\n");
    expect([sh.cat(`${PRINT}/id`), sh.cat(`${PRINT}/enable`)]).toEqual(["5", "no such file"]);
    sh.echo("one", "trace_marker");
    expect(sh.echo('snapshot:1 if buf ~ "*two*"', `${PRINT}/trigger`)).toBe("ok");
    for (const text of ["unlike", "say two", "three"]) sh.echo(text, "trace_marker");
    const said = (path: string) => sh.lines(path).map((line) => line.replace(/.*tracing_mark_write: /, ""));
    expect([said("snapshot"), said("trace")]).toEqual([["one", "unlike", "say two"], ["three"]]);
    expect(sh.cat(`${PRINT}/trigger`)).toBe('snapshot:count=0 if buf ~ "*two*"');
  });

  test("switches events, and tracing; what is written while it is off is refused", () => {
    sh.echo("enable_event:sched:tick", `${PRINT}/trigger`);
    sh.echo("go", "trace_marker");
    expect(sh.cat("events/sched/tick/enable")).toBe("1*");
    sh.echo("traceoff", `${PRINT}/trigger`);
    expect([sh.echo("stop", "trace_marker"), sh.echo("late", "trace_marker"), sh.cat("tracing_on")]).toEqual([
      "ok",
      "-EBADF",
      "0",
    ]);
    expect(sh.echo("nonsense", `${PRINT}/trigger`)).toBe("-EINVAL");
  });
});
