import { Probe, ProbeCore, ReturnProbe, ReturnProbes } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { kernel, registers, start } from "./kernel.js";

const trampoline = 0x80300000;
const functions = { f: "push {r4, lr}", g: "bx lr" };

function world(options = {}) {
  const made = kernel("a32", functions, options);
  const returns = new ReturnProbes(made.kprobes, trampoline, 4, [start + 32]);
  const core = new ProbeCore(made.kprobes, () => undefined);
  /** Enters f from `caller` with a frame pointer. */
  const enter = (caller: number, frame: number) => {
    const state = registers(start);
    state.r[14] = caller;
    state.r[11] = frame;
    core.trap(state);
    return state.r[14];
  };
  const leave = (frame: number) => {
    const state = registers(trampoline);
    state.r[11] = frame;
    return returns.returned(state);
  };
  return { ...made, returns, enter, leave };
}

test("a return is hooked, and goes where it came from", () => {
  const { returns, enter, leave } = world();
  const seen: number[] = [];
  const probe = new ReturnProbe({
    symbol: "f",
    handler: ({ returnAddress }, { r }) => void seen.push(returnAddress, r[15]!),
  });
  expect(returns.register(probe)).toEqual({ ok: true });
  expect([probe.maxActive, probe.free]).toEqual([10, 10]);
  expect(enter(0x8004, 0x100)).toBe(trampoline);
  expect(probe.free).toBe(9);
  expect(leave(0x100)).toBe(0x8004);
  expect([seen, probe.free]).toEqual([[0x8004, 0x8004], 10]);
  expect(leave(0x100)).toBeUndefined();
});

test("recursion, several probes on one function, and tasks that take turns", () => {
  const { returns, enter, leave } = world();
  const log: string[] = [];
  const make = (name: string) =>
    new ReturnProbe({ symbol: "f", handler: ({ frame }) => void log.push(`${name}${frame}`) });
  returns.register(make("a"));
  returns.register(make("b"));
  enter(0x8004, 1);
  enter(0x8008, 2);
  returns.task = 7;
  enter(0x9000, 3);
  expect(returns.calls(7).length).toBe(2);
  returns.task = 0;
  expect([leave(2), log.splice(0)]).toEqual([0x8008, ["a2", "b2"]]);
  returns.task = 7;
  expect([leave(3), log.splice(0)]).toEqual([0x9000, ["a3", "b3"]]);
  returns.task = 0;
  expect([leave(1), log.splice(0)]).toEqual([0x8004, ["a1", "b1"]]);
});

test("calls beyond the pool are missed, and entries that are not wanted take nothing", () => {
  const { returns, enter, leave } = world();
  const handled: number[] = [];
  const probe = new ReturnProbe({
    symbol: "f",
    maxActive: 2,
    entry: (_, { r }) => r[11] === 99,
    handler: ({ frame }) => void handled.push(frame),
  });
  returns.register(probe);
  expect([enter(0x8000, 99), probe.free]).toEqual([0x8000, 2]);
  enter(0x8004, 1);
  enter(0x8008, 2);
  expect([enter(0x800c, 3), probe.nmissed]).toEqual([0x800c, 1]);
  leave(2);
  leave(1);
  expect([handled, probe.free]).toEqual([[2, 1], 2]);
});

test("a probe that is taken out while calls are under way", () => {
  const { returns, enter, leave, at } = world();
  let handled = 0;
  const probe = new ReturnProbe({ symbol: "f", handler: () => void handled++ });
  returns.register(probe);
  enter(0x8004, 1);
  returns.unregister(probe);
  expect(at(start)).toBe("10402de9");
  expect([leave(1), handled]).toEqual([0x8004, 0]);
  returns.register(probe);
  enter(0x8004, 1);
  returns.flush(0);
  expect([probe.free, returns.calls(0)]).toEqual([10, []]);
});

test("another frame's return calls no handler", () => {
  const { returns, enter, leave } = world();
  let handled = 0;
  returns.register(new ReturnProbe({ symbol: "f", handler: () => void handled++ }));
  enter(0x8004, 1);
  expect([leave(2), handled]).toEqual([0x8004, 0]);
});

test.each([
  [{ symbol: "f", offset: 4 }, "EINVAL", "entry"],
  [{ symbol: "nowhere" }, "ENOENT", "symbol"],
  [{ symbol: "g" }, "EINVAL", "return-blacklist"],
  [{ symbol: "f", dataBytes: 4097 }, "E2BIG", "data-size"],
] as const)("%o: %s", (spec, errno, check) => {
  expect(world().returns.register(new ReturnProbe(spec))).toMatchObject({ ok: false, errno, check });
});

test("the pointer to a Thumb function is no entry to Linux", () => {
  const { kprobes } = kernel("t32", { f: "push {r4, lr}" });
  const returns = new ReturnProbes(kprobes, trampoline, 4);
  expect(returns.register(new ReturnProbe({ address: start + 1 }))).toMatchObject({ errno: "EINVAL", check: "entry" });
  expect(returns.register(new ReturnProbe({ symbol: "f" }))).toEqual({ ok: true });
});

test("a module that goes away takes its probes with it", () => {
  const module = {
    name: "m",
    state: "live" as "coming" | "live" | "going",
    core: [start, start + 16] as const,
    init: [start + 16, start + 32] as const,
  };
  const { kprobes, at } = kernel("a32", functions, { optimise: true, lists: { modules: [module] } });
  const probe = new Probe({ symbol: "f" });
  kprobes.register(probe);
  kprobes.advance(5);
  const there = at(start);
  module.state = "going";
  kprobes.moduleChanged(module);
  // The text is freed as it is.
  expect([at(start), probe.gone, kprobes.slotsInUse]).toEqual([there, true, 0]);
  expect(kprobes.enable(probe)).toMatchObject({ errno: "EINVAL", check: "gone" });
  expect(kprobes.register(new Probe({ symbol: "f" }))).toMatchObject({ errno: "ENOENT", check: "module-going" });
  kprobes.unregister(probe);
  expect([...kprobes.sites]).toEqual([]);
});
