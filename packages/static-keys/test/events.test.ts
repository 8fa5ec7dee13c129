import { bytesMemory } from "@cmodx/patching";
import {
  decodeRecord,
  type EventValues,
  encodeRecord,
  eventDefinition,
  filterErrorText,
  formatFile,
  liveOrStop,
  PlanPatcher,
  parseFilter,
  printEvent,
  type RecordedEvent,
  StaticKeys,
  staticKey,
  TraceEvent,
  Tracepoints,
  tracepoint,
} from "@cmodx/static-keys";
import { EventSwitch } from "@cmodx/trace";
import { describe, expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";

const TASK = 16;
const switched = eventDefinition({
  system: "sched",
  name: "sched_switch",
  id: 314,
  fields: [
    { kind: "array", type: "char", name: "prev_comm", length: TASK },
    { kind: "field", type: "pid_t", name: "prev_pid" },
    { kind: "field", type: "int", name: "prev_prio" },
    { kind: "field", type: "long", name: "prev_state" },
    { kind: "array", type: "char", name: "next_comm", length: TASK },
    { kind: "field", type: "pid_t", name: "next_pid" },
    { kind: "field", type: "int", name: "next_prio" },
  ],
  print:
    '"prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s%s ==> next_comm=%s next_pid=%d next_prio=%d", REC->prev_comm, REC->prev_pid, REC->prev_prio, (REC->prev_state & 255) ? __print_flags(REC->prev_state & 255, "|", { 0x00000001, "S" }, { 0x00000002, "D" }, { 0x00000080, "I" }) : "R", REC->prev_state & 256 ? "+" : "", REC->next_comm, REC->next_pid, REC->next_prio',
});

const odd = eventDefinition({
  system: "test",
  name: "odd",
  id: 500,
  fields: [
    { kind: "field", type: "u8", name: "byte" },
    { kind: "field", type: "u64", name: "wide" },
    { kind: "dynamic", type: "char", name: "path" },
    { kind: "field", type: "short", name: "small" },
    { kind: "array", type: "u32", name: "words", length: 3 },
    { kind: "dynamic", type: "u16", name: "list" },
    { kind: "field", type: "const char *", name: "where" },
  ],
  print: '"byte=%02x path=%s where=%p wide=%llu", REC->byte, __get_str(path), REC->where, REC->wide',
});

test("the format file is as the kernel prints it", () => {
  expect(formatFile(switched)).toBe(`name: sched_switch
ID: 314
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;
\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;
\tfield:int prev_prio;\toffset:28;\tsize:4;\tsigned:1;
\tfield:long prev_state;\toffset:32;\tsize:4;\tsigned:1;
\tfield:char next_comm[16];\toffset:36;\tsize:16;\tsigned:0;
\tfield:pid_t next_pid;\toffset:52;\tsize:4;\tsigned:1;
\tfield:int next_prio;\toffset:56;\tsize:4;\tsigned:1;

print fmt: ${switched.print}
`);
});

test("fields are aligned as the compiler aligns them", () => {
  expect(odd.fields.map(({ name, offset, size }) => `${name}@${offset}+${size}`)).toEqual([
    "byte@8+1",
    "wide@16+8",
    "path@24+4",
    "small@28+2",
    "words@32+12",
    "list@44+4",
    "where@48+4",
  ]);
  expect(odd.size).toBe(56);
  expect(formatFile(odd)).toContain("\tfield:__data_loc char[] path;\toffset:24;\tsize:4;\tsigned:0;\n");
  expect(formatFile(odd)).toContain("\tfield:const char *where;\toffset:48;\tsize:4;\tsigned:0;\n");
});

describe("records", () => {
  const values: EventValues = {
    common_pid: 7,
    byte: 0xab,
    wide: 2n ** 63n + 1n,
    path: "/etc/passwd",
    small: -2,
    words: [1, 2, 0xffffffff],
    list: [1, 2, 3],
    where: 0x80001000,
  };

  test("are read as they were written", () => {
    const bytes = encodeRecord(odd, values);
    expect(bytes.length).toBe(odd.size + "/etc/passwd".length + 1 + 6);
    expect(decodeRecord(odd, bytes)).toMatchObject({ ...values, common_type: 500 });
  });

  test("a dynamic field says where its bytes are and how many", () => {
    const view = new DataView(encodeRecord(odd, values).buffer);
    expect(view.getUint32(24, true)).toBe((12 << 16) | 56);
    expect(view.getUint32(44, true)).toBe((6 << 16) | 68);
  });

  test("text too long for its array is cut with its zero byte kept", () => {
    const bytes = encodeRecord(switched, { prev_comm: "x".repeat(40) });
    expect(decodeRecord(switched, bytes)["prev_comm"]).toBe("x".repeat(15));
    expect(decodeRecord(switched, bytes)["prev_pid"]).toBe(0);
  });

  test("what is no field, no value of it, or no whole record is refused", () => {
    const event = expect.objectContaining({ code: "E_EVENT" });
    expect(() => encodeRecord(odd, { nobody: 1 })).toThrow(event);
    expect(() => encodeRecord(odd, { byte: "1" })).toThrow(event);
    expect(() => encodeRecord(odd, { words: [1, 2, 3, 4] })).toThrow(event);
    expect(() => decodeRecord(odd, new Uint8Array(20))).toThrow(event);
    const damaged = encodeRecord(odd, values);
    damaged[26] = 0xff;
    expect(() => decodeRecord(odd, damaged)).toThrow(event);
  });

  test("random bytes are a record or refused, and never anything else", () => {
    const next = randomBelow(3);
    for (let i = 0; i < 5000; i++) {
      const bytes = Uint8Array.from({ length: next(90) }, () => next(256));
      try {
        decodeRecord(odd, bytes);
      } catch (error) {
        expect(error).toMatchObject({ code: "E_EVENT" });
      }
    }
  });
});

describe("the event's text", () => {
  test("is what a booted kernel printed", () => {
    const values = {
      prev_comm: "swapper/2",
      prev_pid: 0,
      prev_prio: 120,
      prev_state: 0,
      next_comm: "rcu_preempt",
      next_pid: 13,
      next_prio: 120,
    };
    expect(printEvent(switched, values)).toBe(
      "prev_comm=swapper/2 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=rcu_preempt next_pid=13 next_prio=120",
    );
    expect(printEvent(switched, { ...values, prev_state: 0x81 })).toContain("prev_state=S|I ==>");
    expect(printEvent(switched, { ...values, prev_state: 0x140 })).toContain("prev_state=0x40+ ==>");
  });

  test("conversions are C's", () => {
    const print = (format: string, argument: string, value: number | bigint) =>
      printEvent(
        eventDefinition({
          system: "t",
          name: "t",
          id: 1,
          fields: [{ kind: "field", type: "int", name: "v" }],
          print: `"${format}", ${argument}`,
        }),
        { v: value },
      );
    expect(print("%03u", "REC->v", 2)).toBe("002");
    expect(print("%-5d|", "REC->v", -3)).toBe("-3   |");
    expect(print("%#x", "REC->v", -1)).toBe("0xffffffff");
    expect(print("%+d%%", "REC->v", 4)).toBe("+4%");
    expect(print("%c", "REC->v", 65)).toBe("A");
    expect(print("%llu", "(unsigned long long)REC->v", -1n)).toBe("18446744073709551615");
    expect(print("%s", '__print_symbolic(REC->v, { 1, "one" })', 9)).toBe("0x9");
    expect(print("%s", '__print_symbolic(REC->v, { 1, "one" })', -2)).toBe("0xfffffffe");
  });

  test("a format with anything else in it is refused with its column", () => {
    const event = eventDefinition({ system: "t", name: "t", id: 1, fields: [], print: '"%d", do_something(1)' });
    expect(() => printEvent(event, {})).toThrow("do_something");
    expect(() => printEvent({ ...event, print: '"%d", @' }, {})).toThrow("column");
  });
});

describe("filters", () => {
  const record: EventValues = {
    prev_comm: "bash",
    prev_pid: 100,
    prev_prio: 120,
    prev_state: -1,
    next_comm: "kworker/0:1",
    next_pid: 0,
    next_prio: 0,
  };
  const context = { cpu: 2, comm: "bash" };
  const matches = (text: string) => {
    const parsed = parseFilter(text, switched);
    if (!parsed.ok) throw new Error(filterErrorText(text, parsed.error));
    return parsed.filter.matches(record, context);
  };

  test.each([
    ["prev_pid == 100", true],
    ["prev_pid != 0x64", false],
    ["prev_pid == 0144", true],
    ["prev_state < 0", true],
    ["prev_state == -1", true],
    ["prev_pid & 4", true],
    ["prev_pid & 3", false],
    ['prev_comm == "bash"', true],
    ["prev_comm == 'bash'", true],
    ['prev_comm != "bash"', false],
    ['next_comm ~ "kworker*"', true],
    ['next_comm ~ "*:1"', true],
    ['next_comm ~ "k?orker/[0-3]:*"', true],
    ['next_comm ~ "worker"', false],
    ["prev_pid == 1 || prev_pid == 100 && prev_prio > 100", true],
    ["(prev_pid == 1 || prev_pid == 100) && prev_prio < 100", false],
    ["!(prev_pid == 1)", true],
    ["!!prev_pid == 100", true],
    ["prev_pid==100&&next_pid==0", true],
    ["cpu == 2", true],
    ["cpu & CPUS{0-1,3}", false],
    ["cpu & CPUS{0-2}", true],
    ["cpu == CPUS{2}", true],
    ["cpu == CPUS{1,2}", false],
    ['comm == "bash"', true],
    ["common_pid == 0", true],
  ])("%s", (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  test.each([
    ["", "No filter found", 0],
    ["nobody == 1", "Field not found", 0],
    ["prev_pid == 1 && nobody == 1", "Field not found", 17],
    ["prev_pid", "Invalid operator", 8],
    ["prev_pid = 1", "Invalid operator", 9],
    ["(prev_pid == 1", "Too many '('", 14],
    ["prev_pid == 1)", "Too few '('", 13],
    ['prev_comm == "bash', "Missing matching quote", 13],
    ["prev_comm == bash", "Invalid value (did you forget quotes)?", 13],
    ['prev_pid == "1"', "Expecting string field", 12],
    ["prev_pid == 1x", "Illegal integer value", 12],
    ["prev_pid == 99999999999999999999", "Illegal integer value", 12],
    ["prev_pid ~ 1", "Illegal operation for field type", 9],
    ['prev_comm < "a"', "Illegal operation for field type", 10],
    ["cpu == CPUS{5-1}", "Invalid cpulist", 12],
    ["cpu == CPUS{1", "Missing '}'", 7],
    [`prev_comm == "${"x".repeat(300)}"`, "Operand too long", 13],
  ])("%s is refused: %s", (text, message, position) => {
    expect(parseFilter(text, switched)).toEqual({ ok: false, error: { message, position } });
  });

  test("the file shows the caret", () => {
    expect(filterErrorText("prev_pid = 1", { message: "Invalid operator", position: 9 })).toBe(
      "prev_pid = 1\n         ^\nparse_error: Invalid operator\n",
    );
  });

  test("any text is a filter or refused, quickly", () => {
    const next = randomBelow(9);
    const words = [
      "prev_pid",
      "nobody",
      "prev_comm",
      "==",
      "&",
      "&&",
      "||",
      "!",
      "(",
      ")",
      '"a"',
      "'",
      "1",
      "-",
      "CPUS{1}",
      "~",
      " ",
    ];
    for (let i = 0; i < 20_000; i++) {
      const text = Array.from({ length: next(12) }, () => words[next(words.length)]).join(next(2) === 0 ? " " : "");
      const parsed = parseFilter(text, switched);
      if (parsed.ok) parsed.filter.matches(record, context);
      else expect(parsed.error.position).toBeLessThanOrEqual(text.length);
    }
    expect(parseFilter(`${"!".repeat(100_000)}prev_pid == 1`, switched).ok).toBe(true);
    expect(parseFilter(`${"(".repeat(100_000)}prev_pid == 1${")".repeat(100_000)}`, switched).ok).toBe(false);
  });
});

describe("an event of a tracepoint", () => {
  const setUp = () => {
    const labels = new StaticKeys({ patcher: new PlanPatcher(bytesMemory(0, new Uint8Array(0)), liveOrStop) });
    const point = tracepoint<[prev: number, next: number]>("sched_switch", staticKey("key", { address: 0xa000 }));
    labels.init([], [point.key]);
    const done: string[] = [];
    const control = {
      tracing: true,
      snapshot: () => done.push("snapshot"),
      stacktrace: () => done.push("stacktrace"),
      event: (system: string, event: string) => (system === "sched" ? other(`${system}:${event}`) : undefined),
    };
    const others = new Map<string, EventSwitch>();
    const other = (name: string) => {
      const found = others.get(name) ?? new EventSwitch(name, (on) => done.push(`${name} ${on}`));
      others.set(name, found);
      return found;
    };
    const records: RecordedEvent[] = [];
    const event = new TraceEvent(switched, {
      point,
      points: new Tracepoints({ labels }),
      assign: (prev_pid, next_pid) => ({ prev_pid, next_pid }),
      control,
      context: () => ({ cpu: 1, comm: "sh", pid: 42, time: 0 }),
      record: (recorded) => records.push(recorded),
    });
    const pids = () => records.map(({ values }) => values["prev_pid"]);
    return { point, event, control, done, records, pids, other };
  };

  test("is recorded while it is enabled, and its tracepoint is off otherwise", () => {
    const { point, event, pids, records } = setUp();
    point.call(1, 2);
    event.enabled = true;
    point.call(3, 4);
    event.enabled = false;
    expect(point.enabled()).toBe(false);
    point.call(5, 6);
    expect(pids()).toEqual([3]);
    expect(decodeRecord(switched, records[0]!.bytes)).toMatchObject({
      common_type: 314,
      common_pid: 42,
      prev_pid: 3,
      next_pid: 4,
    });
  });

  test("a filter is kept as it was written, and cleared by 0", () => {
    const { point, event, pids } = setUp();
    event.enabled = true;
    expect(event.filterText).toBe("none\n");
    event.setFilter("prev_pid > 5");
    expect(event.filterText).toBe("prev_pid > 5\n");
    point.call(5, 0);
    point.call(6, 0);
    event.setFilter("0");
    point.call(4, 0);
    expect(pids()).toEqual([6, 4]);
    expect(event.setFilter("prev_pid >").ok).toBe(false);
    expect(event.filterText).toContain("parse_error: ");
  });

  test("triggers act while nobody traces, as often as they may, where their filter matches", () => {
    const { point, event, done, control } = setUp();
    expect(event.setTrigger("stacktrace:2 if prev_pid == 1").ok).toBe(true);
    expect(event.triggers.read()).toBe("stacktrace:count=2 if prev_pid == 1\n");
    for (const pid of [1, 2, 1, 1]) point.call(pid, 0);
    expect(done).toEqual(["stacktrace", "stacktrace"]);
    expect(event.triggers.read()).toBe("stacktrace:count=0 if prev_pid == 1\n");
    expect(event.setTrigger("!stacktrace").ok).toBe(true);
    expect(point.enabled()).toBe(false);
    event.setTrigger("traceoff:1");
    control.tracing = false;
    point.call(1, 0);
    expect(event.triggers.read()).toBe("traceoff:count=1\n");
    control.tracing = true;
    point.call(1, 0);
    expect([control.tracing, event.triggers.read()]).toEqual([false, "traceoff:count=0\n"]);
  });

  test("the event that switches tracing off is the last in the trace", () => {
    const { point, event, pids } = setUp();
    event.enabled = true;
    event.setTrigger("traceoff if prev_pid == 2");
    for (const pid of [1, 2, 3]) point.call(pid, 0);
    expect(pids()).toEqual([1, 2]);
  });

  test("events are switched by others' triggers", () => {
    const { point, event, done, other } = setUp();
    expect(event.setTrigger("enable_event:sched:sched_wakeup:2").ok).toBe(true);
    expect(event.triggers.read()).toBe("enable_event:sched:sched_wakeup:count=2\n");
    expect(other("sched:sched_wakeup").text).toBe("0*");
    point.call(1, 0);
    point.call(1, 0);
    expect([other("sched:sched_wakeup").text, event.triggers.read()]).toEqual([
      "1*",
      "enable_event:sched:sched_wakeup:count=1\n",
    ]);
    event.setTrigger("!enable_event:sched:sched_wakeup");
    expect([other("sched:sched_wakeup").text, done]).toEqual(["1", ["sched:sched_wakeup true"]]);
  });

  test.each([
    ["traceon:x", "-EINVAL"],
    ["traceon:-1", "-EINVAL"],
    ["traceon 5", "-EINVAL"],
    ["traceon if", "-EINVAL"],
    ["enable_event:sched", "-EINVAL"],
    ["nothing", "-EINVAL"],
    ["enable_event:other:event", "-EINVAL"],
    ["traceoff if nobody == 1", "-EINVAL"],
  ])("%s is refused: %s", (text, error) => {
    expect(setUp().event.setTrigger(text)).toMatchObject({ ok: false, error });
  });

  test("one trigger of a kind", () => {
    const { event } = setUp();
    expect(event.setTrigger("traceon").ok).toBe(true);
    expect(event.setTrigger("traceon:5")).toEqual({ ok: false, error: "-EEXIST" });
    expect(event.setTrigger("traceoff")).toEqual({ ok: false, error: "-EEXIST" });
    expect(event.setTrigger("!traceoff")).toEqual({ ok: true });
    expect(event.setTrigger("!traceoff")).toEqual({ ok: true });
    expect(event.triggers.read()).toContain("# Available");
    expect(event.setTrigger("enable_event:sched:a").ok).toBe(true);
    expect(event.setTrigger("disable_event:sched:b").ok).toBe(true);
  });
});
