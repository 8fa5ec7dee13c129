import { describe, expect, test } from "vitest";
import { start, world } from "./world.js";

test("events are listed as lines that would define them", () => {
  const { events } = world();
  const lines = [
    "p:a work",
    "p work+4 %r0",
    "r16:g/b work $retval",
    "p:c work%return",
    `p:d 0x${start.toString(16)} x=%sp:u8`,
  ];
  expect(events.write(`${lines.join("\n# all of it\n\n")} # the last\n`)).toEqual({ ok: true });
  expect(events.read().split("\n")).toEqual([
    "p:kprobes/a work",
    "p:kprobes/p_work_4 work+4 arg1=%r0",
    "r16:g/b work arg1=$retval",
    "r:kprobes/c work",
    "p:kprobes/d 0x80100000 x=%sp:u8",
    "",
  ]);
});

test("an event is armed while it is enabled, and leaves when it is not", () => {
  const { events, at, lines, hit, kprobes } = world();
  events.write("p:e work\np:e tail");
  expect([at(start), [...kprobes.sites].length]).toEqual(["10402de9", 2]);
  expect(events.enable("kprobes", "e", true)).toBe(true);
  expect([at(start), at(start + 96)]).toEqual(["f801f0e7", "f801f0e7"]);
  hit(start);
  hit(start + 96);
  expect(lines).toEqual(["e: (work+0x0/0x40)", "e: (tail+0x0/0x20)"]);
  expect(events.write("-:e")).toEqual({ ok: false, errno: "EBUSY" });
  // The first of two went; the last one of an event that is enabled stays.
  expect(events.read()).toBe("p:kprobes/e tail\n");
  events.enable("kprobes", "e", false);
  expect(events.write("-:kprobes/e")).toEqual({ ok: true });
  expect([events.read(), at(start), at(start + 96)]).toEqual(["", "10402de9", "10402de9"]);
  expect(events.enable("kprobes", "e", true)).toBe(false);
});

test("removing chooses by group, by place and by arguments", () => {
  const { events } = world();
  events.write("p:g/a work x=%r0\np:g/b work\np:h/a tail\np:h/a work+8");
  expect(events.write("-:a work x=%r1")).toEqual({ ok: false, errno: "ENOENT" });
  expect(events.write("-:a work x=%r0")).toEqual({ ok: true });
  expect(events.write("-:h/a work+8")).toEqual({ ok: true });
  expect(events.read()).toBe("p:g/b work\np:h/a tail\n");
  expect(events.write("-:g/")).toEqual({ ok: true });
  expect(events.read()).toBe("p:h/a tail\n");
});

test("a module's function may be probed before the module is there", () => {
  const module = { name: "m", state: "live", core: [start + 96, start + 128], init: [0, 0] } as const;
  const there = world({ modules: [module] });
  expect(there.events.write("p:e m:tail")).toEqual({ ok: true });
  expect(there.events.write("p:f m:work")).toEqual({ ok: false, errno: "ENOENT" });
  expect(there.events.errors.at(-1)).toMatchObject({ error: "BAD_PROBE_ADDR", position: 4 });
  expect(world().events.write("p:e m:tail")).toEqual({ ok: true });
});

test("a return event shows where the function goes back to, and what it returns", () => {
  const { events, lines, hit, leave } = world();
  events.write("r:back work $retval");
  events.enable("kprobes", "back", true);
  hit(start, { 11: 5, 14: start + 100 });
  expect(leave({ 0: 42, 11: 5 })).toBe(start + 100);
  expect(lines).toEqual(["back: (tail+0x4/0x20 <- work) arg1=0x2a"]);
  // By address Linux does not see that it is a return.
  expect(events.write(`r:other 0x${start.toString(16)} $retval`).ok).toBe(false);
  expect(events.errors.at(-1)).toMatchObject({ error: "RETVAL_ON_PROBE" });
});

describe("arguments", () => {
  const shown = (
    argument: string,
    values: Record<number, number>,
    prepare?: (put: ReturnType<typeof world>["put"]) => void,
  ) => {
    const { events, lines, hit, put } = world();
    prepare?.(put);
    expect(events.write(`p:e work v=${argument}`)).toEqual({ ok: true });
    events.enable("kprobes", "e", true);
    hit(start, values);
    return lines[0]?.replace("e: (work+0x0/0x40) v=", "");
  };

  test.each([
    ["%r0", "0xfffffffe"],
    ["%r0:u32", "4294967294"],
    ["%r0:s32", "-2"],
    ["%r0:u8", "254"],
    ["%r0:s16", "-2"],
    ["%r0:x64", "0xfffffffe"],
    ["%r1:char", "'A'"],
    ["%r0:b4@1/32", "15"],
    ["%r1:b3@6/8", "1"],
    ["%cpsr", "0x60000013"],
    ["%fp:symbol", "work+0x8/0x40"],
    ["%fp:symstr", '"work+0x8/0x40"'],
    ["\\-3:s8", "-3"],
    ["\\0x10", "0x10"],
    ["\\010", "0x8"],
    ['\\"text"', '"text"'],
    ["$comm", '"sh"'],
    ["@tail+4:symbol", "0x0"],
    ["$stack", "0x1000"],
  ])("%s is %s", (argument, value) => {
    const sized = argument === "%r1:b3@6/8" ? "%r1:b2@6/8" : argument;
    expect(shown(sized, { 0: 0xfffffffe, 1: 0x41, 11: start + 8, 13: 0x1000 })).toBe(value);
  });

  test("memory, through pointers, of the kernel and of the user", () => {
    const values = { 0: 0x2000, 13: 0x1000 };
    const memory = (put: ReturnType<typeof world>["put"]) => {
      put(0x1000, [1, 2, 3, 4, 0xf0, 0xff, 0xff, 0xff]);
      put(0x2000, [0x00, 0x30, 0, 0, 0x08, 0x30, 0, 0]);
      put(0x3000, "one");
      put(0x3008, "two");
      put(0x3000, "user", true);
      put(start + 100, [7, 0, 0, 0]);
    };
    const show = (argument: string) => shown(argument, values, memory);
    expect(show("$stack1")).toBe("0xfffffff0");
    expect(show("+4(%sp):s32")).toBe("-16");
    expect(show("+0(%sp):x8[4]")).toBe("{0x1,0x2,0x3,0x4}");
    expect(show("+0(%sp):u16")).toBe("513");
    expect(show("+0(%sp):b4@8/16")).toBe("2");
    expect(show("+0(+0(%r0)):string")).toBe('"one"');
    expect(show("+0(%r0):string[2]")).toBe('{"one","two"}');
    expect(show("+0(+0(%r0)):ustring")).toBe('"user"');
    expect(show("+u0(+0(%r0)):string")).toBe('"user"');
    expect(show("-8(+4(%r0)):string")).toBe('"one"');
    expect(show("@tail+4")).toBe("0x7");
    expect(show("@0x1000:u8")).toBe("1");
    expect(show("+0(+0x100(%r0)):string")).toBe("(fault)");
    expect(show("+0x100(%r0)")).toBe("0x0");
  });
});
