import { ProbeFiles, probeDefinition } from "@cmodx/kprobes";
import { EventSource, EventTree, type EventValues } from "@cmodx/trace";
import { describe, expect, test } from "vitest";
import { start, world } from "./world.js";

/** Events of probes with a tracing file system's `filter` and `trigger`, joined as whoever has one does it. */
function joined() {
  const made = world();
  const files = new ProbeFiles(made.events);
  const recorded: EventValues[] = [];
  const control = {
    tracing: true,
    snapshot: () => undefined,
    stacktrace: () => undefined,
    event: (system: string, name: string) => tree.event(system, name),
  };
  const sources = new Map<number, EventSource>();
  const tree = new EventTree();
  tree.add(() =>
    files.events.map(({ id, system, name, definition }) => {
      const source =
        sources.get(id) ??
        new EventSource(definition, {
          control,
          context: () => ({ cpu: 0, comm: "sh", pid: 1, time: 0 }),
          record: ({ values }) => recorded.push(values),
          register: (on) => made.events.enable(system, name, on),
          functionOf: (wanted) => (wanted === "work" ? { start, end: start + 64 } : undefined),
        });
      sources.set(id, source);
      return source;
    }),
  );
  made.told.push((_, { id }, values) => sources.get(id)?.happened(values));
  const echo = (text: string, path: string, append = false) => tree.file(path)?.write?.(`${text}\n`, append);
  const cat = (path: string) => tree.file(path)?.read?.();
  return { ...made, files, recorded, control, tree, echo, cat };
}

describe("an event of a probe", () => {
  test("is filtered by what it fetches, and by where it is", () => {
    const { events, echo, cat, hit, put, recorded } = joined();
    events.write(
      "p:ev work+4 n=%r0:s8 s=+0(%r1):string wide=+0(%r1):u64 a=+0(%r1):u8[2] b=%r0:b4@4/32 none=+0(%r3):string",
    );
    put(0x1000, "/etc/fstab");
    const DIR = "events/kprobes/ev";
    echo("1", `${DIR}/enable`);
    const passes = (filter: string) => {
      expect([filter, echo(filter, `${DIR}/filter`)]).toEqual([filter, "ok"]);
      recorded.length = 0;
      hit(start + 4, { 0: 0xf9, 1: 0x1000, 3: 0x4000 });
      return recorded.length === 1;
    };
    expect(
      [
        "n == -7",
        "n < 0",
        's ~ "*fstab"',
        's == "/etc/fstab"',
        "wide == 0x7473662f6374652f",
        "b == 15",
        'none == ""',
      ].map(passes),
    ).toEqual([true, true, true, true, true, true, true]);
    expect(["n > 0", 's ~ "fstab"', "wide == 1", "b == 9", 'none ~ "?*"'].map(passes)).toEqual(Array(5).fill(false));
    expect(passes("__probe_ip.function == work")).toBe(true);
    expect(passes(`__probe_ip == 0x${(start + 4).toString(16)}`)).toBe(true);
    expect(echo("a == 1", `${DIR}/filter`)).toBe("-EINVAL");
    expect(cat(`${DIR}/filter`)).toBe("a == 1\n  ^\nparse_error: Illegal operation for field type\n");
  });

  test("has triggers, while it is on for nobody else; then it is nobody's to take away", () => {
    const { events, echo, cat, hit, leave, control, recorded } = joined();
    events.write("p:go work+4 n=%r0\nr:back work $retval:s32\n");
    expect(echo("traceoff:1 if n == 3", "events/kprobes/go/trigger")).toBe("ok");
    expect(echo("enable_event:kprobes:back if n == 2", "events/kprobes/go/trigger")).toBe("ok");
    expect(cat("events/kprobes/go/enable")).toBe("0*\n");
    expect(events.write("-:go")).toEqual({ ok: false, errno: "EBUSY" });
    const call = (n: number) => {
      hit(start, { 0: n, 14: start + 64 });
      hit(start + 4, { 0: n });
      leave({ 0: -n });
    };
    for (const n of [1, 2, 3, 2]) call(n);
    expect([control.tracing, cat("events/kprobes/back/enable"), recorded]).toEqual([
      false,
      "1*\n",
      [{ __probe_func: start, __probe_ret_ip: start + 64, arg1: -2 }],
    ]);
    for (const trigger of ["!traceoff", "!enable_event:kprobes:back"]) echo(trigger, "events/kprobes/go/trigger");
    expect(echo("0", "events/enable")).toBe("ok");
    expect(events.write("-:go")).toEqual({ ok: true });
  });

  test("that is defined anew is another, with no filter", () => {
    const { events, echo, cat, tree } = joined();
    events.write("p:ev work+4 n=%r0");
    echo("n == 1", "events/kprobes/ev/filter");
    const [before] = tree.events;
    events.write("p:ev work+8 n=%r0");
    expect([tree.events[0], cat("events/kprobes/ev/filter")]).toEqual([before, "n == 1\n"]);
    events.write("-:ev\np:ev work+4 n=%r0");
    expect([tree.events[0]?.id, cat("events/kprobes/ev/filter")]).toEqual([before!.id + 1, "none\n"]);
  });
});

test("kprobe_profile counts each probe's hits and misses", () => {
  const { events, files, hit, leave } = joined();
  events.write("p:first work+4\nr1:second work\np:off work+8");
  events.enable("kprobes", "first", true);
  events.enable("kprobes", "second", true);
  for (let i = 0; i < 3; i++) hit(start + 4);
  hit(start, { 14: start + 64 });
  hit(start, { 14: start + 64 });
  leave();
  expect(files.files.kprobe_profile.read()).toBe(
    [
      "  first                                                      3               0",
      "  second                                                     1               1",
      "  off                                                        0               0",
      "",
    ].join("\n"),
  );
});

test("a record's fields have no gaps", () => {
  const { events } = joined();
  events.write("r:ev work a=%r0:u8 b=%r1:u64 c=+0(%r2):string");
  const { fields, size } = probeDefinition(events.defined[0]!, 7);
  expect([fields.map(({ offset }) => offset), size]).toEqual([[8, 12, 16, 17, 25], 29]);
});
