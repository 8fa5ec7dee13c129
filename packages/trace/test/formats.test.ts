import {
  chromeJson,
  duration,
  flags,
  mark,
  perfetto,
  type Recording,
  RingBuffer,
  seconds,
  type TraceEntry,
  traceText,
} from "@cmodx/trace";
import protobuf from "protobufjs";
import { describe, expect, test } from "vitest";

const task = { pid: 1, comm: "sh" };
const at = (time: number, core = 0) => ({ core, time, task });
const recording = (tracer: string, entries: readonly TraceEntry[], cores = 2): Recording => ({
  tracer,
  cores,
  entries,
  count: { inBuffer: entries.length, written: entries.length + 3 },
});
const text = (made: Recording) => [...traceText(made)].join("");

describe("the trace file", () => {
  test("is the kernel's, to the character", () => {
    const entries: TraceEntry[] = [
      {
        kind: "event",
        core: 3,
        time: 17_258_595_000,
        task,
        circumstances: { irqs: "d", preemptDepth: 2 },
        name: "sched_stat_runtime",
        text: "comm=sh pid=1",
      },
      { kind: "event", core: 3, time: 17_258_958_000, task, name: "sched_process_fork", text: "comm=sh pid=1" },
      {
        kind: "event",
        core: 2,
        time: 17_264_203_000,
        task: { pid: 0, comm: "<idle>" },
        circumstances: { irqs: "d", resched: "n", context: "h", preemptDepth: 2 },
        name: "sched_wakeup",
        text: "pid=13",
      },
      {
        kind: "event",
        core: 2,
        time: 17_264_475_499,
        task: { pid: 13, comm: "rcu_preempt" },
        circumstances: { preemptDepth: 15, migrateDepth: 99 },
        name: "x",
        text: "y",
      },
      {
        kind: "function",
        core: 0,
        time: 138_585_540_500,
        task: { pid: 80, comm: "cat" },
        name: "vfs_read",
        parent: "ksys_read",
      },
      { kind: "mark", core: 0, time: 0, task, text: "hello" },
    ];
    expect(text(recording("nop", entries, 4))).toBe(`# tracer: nop
#
# entries-in-buffer/entries-written: 6/9   #P:4
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
              sh-1       [003] d..2.    17.258595: sched_stat_runtime: comm=sh pid=1
              sh-1       [003] .....    17.258958: sched_process_fork: comm=sh pid=1
          <idle>-0       [002] dnh2.    17.264203: sched_wakeup: pid=13
     rcu_preempt-13      [002] ...ff    17.264475: x: y
             cat-80      [000] .....   138.585541: vfs_read <-ksys_read
              sh-1       [000] .....     0.000000: tracing_mark_write: hello
`);
  });

  test("flags and seconds", () => {
    expect(flags({ irqs: "D", resched: "N", context: "Z", preemptDepth: 1, migrateDepth: 3 })).toBe("DNZ13");
    expect(seconds(999_999_499)).toBe("    0.999999");
    expect(seconds(999_999_500)).toBe("    1.000000");
  });
});

describe("a graph", () => {
  const enter = (time: number, name: string, depth: number, core = 0): TraceEntry => ({
    kind: "entry",
    ...at(time, core),
    name,
    depth,
  });
  const leave = (time: number, name: string, depth: number, took: number, core = 0): TraceEntry => ({
    kind: "exit",
    ...at(time, core),
    name,
    depth,
    duration: took,
  });

  test("is drawn as the kernel draws it", () => {
    const entries = [
      enter(0, "sys_open", 0),
      enter(1, "getname", 1),
      enter(2, "leaf", 2),
      leave(3, "leaf", 2, 1382),
      leave(4, "getname", 1, 2478),
      leave(5, "sys_open", 0, 668_622),
      enter(6, "slow", 0, 1),
      leave(7, "slow", 0, 12_345, 1),
    ];
    expect(text(recording("function_graph", entries))).toBe(`# tracer: function_graph
#
# CPU  DURATION                  FUNCTION CALLS
# |     |   |                     |   |   |   |
 0)               |  sys_open() {
 0)               |    getname() {
 0)   1.382 us    |      leaf();
 0)   2.478 us    |    }
 0) ! 668.622 us  |  }
 1) + 12.345 us   |  slow();
`);
  });

  test("a leaf is one line though another core was recorded in between", () => {
    const entries = [enter(0, "a", 0, 0), enter(1, "b", 0, 1), leave(2, "a", 0, 10, 0), leave(3, "b", 0, 20, 1)];
    expect(text(recording("function_graph", entries)).split("\n").slice(4)).toEqual([
      " 0)   0.010 us    |  a();",
      " 1)   0.020 us    |  b();",
      "",
    ]);
  });

  test("another task on the same core is told", () => {
    const other: TraceEntry = { ...enter(2, "b", 0), task: { pid: 25, comm: "kworker" } };
    expect(text(recording("function_graph", [enter(0, "a", 0), other]))).toContain(`
 ------------------------------------------
 0)         sh-1  =>  kworker-25  
 ------------------------------------------
`);
  });

  test.each([
    [0, "0.000 us    "],
    [9_999, "9.999 us    "],
    [99_999, "99.999 us   "],
    [999_999, "999.999 us  "],
    [9_999_999, "9999.999 us "],
    [99_999_999, "99999.99 us "],
    [999_999_999, "999999.9 us "],
    [9_999_999_999, "9999999 us  "],
  ])("%d ns takes the room there is", (time, expected) => {
    expect(duration(time)).toBe(expected);
  });

  test("marks grow with the time", () => {
    expect([1e4, 10_001, 1e5 + 1, 1e6 + 1, 1e7 + 1, 1e8 + 1, 1e9 + 1].map(mark).join("")).toBe(" +!#*@$");
  });
});

const mixed: TraceEntry[] = [
  { kind: "entry", ...at(1000), name: "work", depth: 0 },
  { kind: "event", ...at(1500, 1), name: "tick", text: "n=1" },
  { kind: "function", ...at(1600, 1), name: "leaf", parent: "work" },
  { kind: "exit", ...at(2500), name: "work", depth: 0, duration: 1500 },
  { kind: "mark", ...at(3000), text: 'quote " and \\ and \n' },
];

test("Chrome's JSON is JSON, with a thread for each core and a slice for each call", () => {
  const { traceEvents } = JSON.parse([...chromeJson(recording("function_graph", mixed))].join("")) as {
    traceEvents: { ph: string; tid: number; ts: number; name: string }[];
  };
  expect(traceEvents.map(({ ph, tid, ts, name }) => `${ph} ${tid} ${ts} ${name}`)).toEqual([
    "M undefined undefined process_name",
    "M 0 undefined thread_name",
    "M 1 undefined thread_name",
    "B 0 1 work",
    "i 1 1.5 tick",
    "i 1 1.6 leaf",
    "E 0 2.5 work",
    'i 0 3 quote " and \\ and \n',
  ]);
});

describe("Perfetto's format", () => {
  // What a reader needs of protos/perfetto/trace, read by a decoder that is not ours.
  const schema = protobuf
    .parse(`syntax = "proto2";
    message Trace { repeated TracePacket packet = 1; }
    message TracePacket {
      optional uint64 timestamp = 8; optional uint32 trusted_packet_sequence_id = 10; optional TrackEvent track_event = 11;
      optional InternedData interned_data = 12; optional uint32 sequence_flags = 13; optional TrackDescriptor track_descriptor = 60;
    }
    message TrackEvent { optional uint32 type = 9; optional uint64 name_iid = 10; optional uint64 track_uuid = 11; }
    message InternedData { repeated EventName event_names = 2; }
    message EventName { optional uint64 iid = 1; optional string name = 2; }
    message TrackDescriptor { optional uint64 uuid = 1; optional ProcessDescriptor process = 3; optional ThreadDescriptor thread = 4; }
    message ProcessDescriptor { optional int32 pid = 1; optional string process_name = 6; }
    message ThreadDescriptor { optional int32 pid = 1; optional int32 tid = 2; optional string thread_name = 5; }
  `)
    .root.lookupType("Trace");
  interface Packet {
    readonly timestamp?: number;
    readonly trackEvent?: { readonly type: number; readonly nameIid?: number; readonly trackUuid: number };
    readonly internedData?: { readonly eventNames: readonly { readonly iid: number; readonly name: string }[] };
    readonly trackDescriptor?: { readonly uuid: number; readonly thread?: { readonly threadName: string } };
  }
  const packets = (made: Recording): Packet[] => {
    const chunks = [...perfetto(made)];
    const decoded = schema.decode(Buffer.concat(chunks));
    return (schema.toObject(decoded, { longs: Number }) as { packet: Packet[] }).packet;
  };

  test("has a track for each core, and names once", () => {
    const all = packets(recording("function_graph", [...mixed, ...mixed]));
    expect(all.flatMap(({ trackDescriptor }) => trackDescriptor?.thread?.threadName ?? [])).toEqual([
      "core 0",
      "core 1",
    ]);
    const names = new Map(
      all.flatMap(({ internedData }) => internedData?.eventNames ?? []).map(({ iid, name }) => [iid, name]),
    );
    expect([...names.values()]).toEqual(["work", "tick: n=1", "leaf", 'quote " and \\ and \n']);
    const events = all.filter(({ trackEvent }) => trackEvent !== undefined).slice(0, 5);
    expect(
      events.map(({ timestamp, trackEvent }) => [
        timestamp,
        trackEvent!.type,
        trackEvent!.trackUuid,
        names.get(trackEvent!.nameIid ?? 0),
      ]),
    ).toEqual([
      [1000, 1, 2, "work"],
      [1500, 3, 3, "tick: n=1"],
      [1600, 3, 3, "leaf"],
      [2500, 2, 2, undefined],
      [3000, 3, 2, 'quote " and \\ and \n'],
    ]);
  });

  test("a long recording comes in chunks that are one trace together", () => {
    const many = Array.from(
      { length: 20_000 },
      (_, i): TraceEntry => ({ kind: "function", ...at(i * 1e6, i % 2), name: `f${i % 100}`, parent: "p" }),
    );
    const made = recording("function", many);
    expect([...perfetto(made)].length).toBeGreaterThan(3);
    const events = packets(made).filter(({ trackEvent }) => trackEvent !== undefined);
    expect(events).toHaveLength(20_000);
    expect(events.at(-1)!.timestamp).toBe(19_999e6);
  });
});

describe("the ring buffer", () => {
  const entry = (core: number, time: number): TraceEntry => ({ kind: "mark", ...at(time, core), text: "" });
  const times = (ring: RingBuffer) => [...ring.recording("nop").entries].map(({ core, time }) => `${core}@${time}`);

  test("keeps the last of each core, merged by time", () => {
    const ring = new RingBuffer(2, 2);
    for (const [core, time] of [
      [0, 1],
      [0, 2],
      [1, 3],
      [0, 4],
      [1, 4],
    ] as const)
      ring.add(entry(core, time));
    expect(times(ring)).toEqual(["0@2", "1@3", "0@4", "1@4"]);
    expect(ring.recording("nop").count).toEqual({ inBuffer: 4, written: 5 });
  });

  test("a recording stays as it was, and a cleared buffer is empty", () => {
    const ring = new RingBuffer(1, 4);
    ring.add(entry(0, 1));
    ring.clear();
    expect([times(ring), ring.recording("nop").count]).toEqual([[], { inBuffer: 0, written: 0 }]);
    ring.add(entry(5, 1));
    expect(times(ring)).toEqual([]);
  });
});
