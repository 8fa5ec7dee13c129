import { type EventNode, EventSwitch, EventTree } from "@cmodx/trace";
import { describe, expect, test } from "vitest";

describe("an event's switch", () => {
  const made = () => {
    const calls: boolean[] = [];
    return { calls, event: new EventSwitch("sched:sched_switch", (on) => calls.push(on)) };
  };

  test("enable registers, once", () => {
    const { calls, event } = made();
    for (const on of [false, true, true, false, false]) event.set(on);
    expect([calls, event.text]).toEqual([[true, false], "0"]);
  });

  test("a trigger on an event that is off: registered, and seen as off until it fires", () => {
    const { calls, event } = made();
    event.hold();
    expect([event.text, event.registered, event.recording]).toEqual(["0*", true, false]);
    event.softDisabled = false;
    expect([event.text, event.recording]).toEqual(["1*", true]);
    event.set(false);
    expect([event.text, calls]).toEqual(["0*", [true]]);
    event.set(true);
    expect(event.text).toBe("1*");
    event.release();
    expect([event.text, calls]).toEqual(["1", [true]]);
  });

  test("a trigger on an event that is on; when the last goes while it is softly off, it is off", () => {
    const { calls, event } = made();
    event.set(true);
    event.hold();
    event.hold();
    expect(event.text).toBe("1*");
    event.softDisabled = true;
    event.release();
    expect([event.text, calls]).toEqual(["0*", [true]]);
    event.release();
    expect([event.text, calls]).toEqual(["0", [true, false]]);
  });
});

describe("the tree", () => {
  const node = (system: string, name: string, id: number): EventNode => ({
    system,
    name,
    id,
    format: () => `name: ${name}\n`,
    state: new EventSwitch(`${system}:${name}`, () => undefined),
    files: { filter: { read: () => "none\n" } },
  });
  const setUp = () => {
    const [switched, waking, entry] = [
      node("sched", "sched_switch", 1),
      node("sched", "sched_waking", 2),
      node("irq", "entry", 3),
    ];
    const tree = new EventTree();
    let late: EventNode[] = [];
    tree.add(() => [switched, waking, entry]);
    tree.add(() => late);
    const cat = (path: string) => tree.file(path)?.read?.();
    const echo = (text: string, path: string, append = false) => tree.file(path)?.write?.(`${text}\n`, append);
    return { tree, cat, echo, come: () => (late = [node("kprobes", "mine", 4)]) };
  };

  test("lists what there is, also what comes later", () => {
    const { tree, cat, come } = setUp();
    expect(cat("available_events")).toBe("sched:sched_switch\nsched:sched_waking\nirq:entry\n");
    come();
    expect(cat("available_events")).toContain("kprobes:mine\n");
    expect(tree.paths).toContain("events/kprobes/mine/format");
    expect([
      cat("events/sched/sched_switch/id"),
      cat("events/sched/sched_switch/format"),
      cat("events/irq/entry/filter"),
    ]).toEqual(["1\n", "name: sched_switch\n", "none\n"]);
    for (const path of ["events/none/enable", "events/sched/none/enable", "events/sched/filter", "nothing"])
      expect(cat(path)).toBeUndefined();
  });

  test("enable of an event, a system, of all", () => {
    const { cat, echo } = setUp();
    echo("1", "events/sched/sched_switch/enable");
    expect(
      ["events/sched/sched_switch/enable", "events/sched/enable", "events/irq/enable", "events/enable"].map(cat),
    ).toEqual(["1\n", "X\n", "0\n", "X\n"]);
    expect(echo("1", "events/enable")).toBe("ok");
    expect([cat("events/enable"), cat("set_event")]).toEqual([
      "1\n",
      "sched:sched_switch\nsched:sched_waking\nirq:entry\n",
    ]);
    echo("0", "events/sched/enable");
    expect(cat("set_event")).toBe("irq:entry\n");
    expect(echo("2", "events/enable")).toBe("-EINVAL");
  });

  test.each([
    ["sched:sched_switch", "sched:sched_switch\n"],
    ["sched:", "sched:sched_switch\nsched:sched_waking\n"],
    ["sched:*", "sched:sched_switch\nsched:sched_waking\n"],
    ["*:entry", "irq:entry\n"],
    [":entry", "irq:entry\n"],
    ["irq", "irq:entry\n"],
    ["sched_waking", "sched:sched_waking\n"],
    ["*:* !irq", "sched:sched_switch\nsched:sched_waking\n"],
  ])("set_event %s", (text, listed) => {
    const { cat, echo } = setUp();
    expect(echo(text, "set_event")).toBe("ok");
    expect(cat("set_event")).toBe(listed);
  });

  test("set_event replaces, appends, and refuses what there is not", () => {
    const { cat, echo } = setUp();
    echo("irq", "set_event");
    echo("sched_switch", "set_event", true);
    expect(cat("set_event")).toBe("sched:sched_switch\nirq:entry\n");
    expect(echo("nobody", "set_event")).toBe("-EINVAL");
    expect(cat("set_event")).toBe("");
  });
});
