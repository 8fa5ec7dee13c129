import { Probe, ProbeCore, ReturnProbe, ReturnProbes } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { kernel, named, registers } from "./kernel.js";

// What the kernel's own unit tests of kprobes (lib/test_kprobes.c) check, by their names.

const trampoline = 0x80300000;
const functions = { target: "push {r4, lr}", target2: "push {r4, lr}", recursed: "push {r4, lr}" };

function world() {
  const made = kernel("a32", functions, { optimise: true });
  const returns = new ReturnProbes(made.kprobes, trampoline, 4);
  const core = new ProbeCore(made.kprobes, () => undefined);
  const call = (name: string, from: number, frame = 1) => {
    const state = registers(made.of(name));
    state.r[14] = from;
    state.r[11] = frame;
    const result = core.trap(state);
    return { result, state };
  };
  const leave = (value: number, frame = 1) => {
    const state = registers(trampoline);
    state.r[0] = value;
    state.r[11] = frame;
    return returns.returned(state);
  };
  return { ...made, returns, core, call, leave };
}

test("kprobe: handlers run before and behind the instruction, and not once it is unregistered", () => {
  const { kprobes, call, at, of } = world();
  const log: string[] = [];
  const probe = named(log, "pre", { symbol: "target", post: () => void log.push("post") });
  expect(kprobes.register(probe).ok).toBe(true);
  call("target", 0x8000);
  expect(log).toEqual(["pre", "post"]);
  kprobes.unregister(probe);
  expect(at(of("target"))).toBe("10402de9");
  expect([call("target", 0x8000).result, log.length]).toEqual(["gone", 2]);
});

test("kprobes: several at once", () => {
  const { kprobes, call } = world();
  const log: string[] = [];
  const probes = ["target", "target2"].map((name) => named(log, name, { symbol: name }));
  expect(kprobes.registerAll(probes).ok).toBe(true);
  call("target", 0x8000);
  call("target2", 0x8000);
  expect(log).toEqual(["target", "target2"]);
  kprobes.unregisterAll(probes);
});

test("missed: a probed function called from both handlers of a probe is missed twice", () => {
  const { kprobes, call } = world();
  let called = 0;
  const inner = new Probe({ symbol: "recursed", pre: () => void called++ });
  const again = () => void call("recursed", 0x8000);
  kprobes.registerAll([inner, new Probe({ symbol: "target", pre: again, post: again })]);
  call("target", 0x8000);
  expect([inner.nmissed, called]).toEqual([2, 0]);
});

test("kretprobe, kretprobes: the entry and the return with its value", () => {
  const { returns, call, leave } = world();
  const seen: string[] = [];
  const make = (symbol: string) =>
    new ReturnProbe({
      symbol,
      entry: () => void seen.push(`${symbol} entered`),
      handler: (_, { r }) => void seen.push(`${symbol} returned ${r[0]}`),
    });
  for (const name of ["target", "target2"]) expect(returns.register(make(name)).ok).toBe(true);
  expect(call("target", 0x8004).state.r[14]).toBe(trampoline);
  expect(leave(7)).toBe(0x8004);
  call("target2", 0x8008);
  expect(leave(8)).toBe(0x8008);
  expect(seen).toEqual(["target entered", "target returned 7", "target2 entered", "target2 returned 8"]);
});

test("stacktrace, nested stacktrace: a trace shows where functions return to, not the trampoline", () => {
  const { returns, call, leave, of } = world();
  const traces: number[][] = [];
  const handler = () => void traces.push(returns.realTrace(0, [0x9000, trampoline, trampoline, 0xa000]));
  for (const name of ["target", "target2"]) returns.register(new ReturnProbe({ symbol: name, handler }));
  call("target", 0x8004, 1);
  call("target2", of("target") + 8, 2);
  expect(returns.realTrace(0, [trampoline, 0x9000, trampoline])).toEqual([of("target") + 8, 0x9000, 0x8004]);
  expect(returns.realTrace(9, [trampoline])).toEqual([trampoline]);
  leave(0, 2);
  leave(0, 1);
  expect(traces).toEqual([
    [0x9000, of("target") + 8, 0x8004, 0xa000],
    [0x9000, 0x8004, trampoline, 0xa000],
  ]);
});
