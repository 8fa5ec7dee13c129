import { listText, Probe, ProbeCore } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { kernel, named, registers, start } from "./kernel.js";

const functions = { f: "push {r4, lr}\nmov r4, r0", g: "movseq r0, r1" };
const udf = "f801f0e7";

test("probes of one address are called, the newest first, until one changes where execution goes on", () => {
  const { kprobes } = kernel("a32", functions);
  const log: string[] = [];
  const [a, b, c] = ["a", "b", "c"].map((name) => named(log, name, { symbol: "f" })) as [Probe, Probe, Probe];
  kprobes.registerAll([a, b, c]);
  const core = new ProbeCore(kprobes, () => undefined);
  const state = registers(start);
  expect(core.trap(state)).toBe("handled");
  expect(log.splice(0)).toEqual(["c", "b", "a"]);
  expect(state.r[15]).toBe(start + 4);
  kprobes.disable(b);
  core.trap(registers(start));
  expect(log.splice(0)).toEqual(["c", "a"]);
  const jump = new Probe({
    symbol: "f",
    pre: (_, { r }) => {
      r[15] = 0x8000;
      return true;
    },
  });
  kprobes.register(jump);
  const jumped = registers(start);
  expect(core.trap(jumped)).toBe("redirected");
  expect([jumped.r[15], log, core.busy]).toEqual([0x8000, [], false]);
});

test("the last probe that is disabled takes the breakpoint away, and the first that is enabled brings it back", () => {
  const { kprobes, at } = kernel("a32", functions);
  const [a, b] = [new Probe({ symbol: "f" }), new Probe({ symbol: "f" })];
  kprobes.registerAll([a, b]);
  kprobes.disable(a);
  expect(at(start)).toBe(udf);
  kprobes.disable(b);
  expect(at(start)).toBe("10402de9");
  expect(listText(kprobes)).toBe("80100000  k  f+0x0    [DISABLED]\n80100000  k  f+0x0    [DISABLED]\n");
  kprobes.enable(b);
  expect(at(start)).toBe(udf);
  kprobes.unregister(b);
  expect(at(start)).toBe("10402de9");
  kprobes.unregister(a);
  expect([listText(kprobes), kprobes.slotsInUse]).toEqual(["", 0]);
  expect(kprobes.enable(a)).toMatchObject({ errno: "EINVAL", check: "known" });
  expect(kprobes.disable(a)).toMatchObject({ errno: "EINVAL", check: "known" });
});

test("a probe that joins disabled ones arms them", () => {
  const { kprobes, at } = kernel("a32", functions);
  kprobes.register(new Probe({ symbol: "f", disabled: true }));
  expect(at(start)).toBe("10402de9");
  kprobes.register(new Probe({ symbol: "f" }));
  expect(at(start)).toBe(udf);
});

test("the switch for all probes", () => {
  const { kprobes, at } = kernel("a32", functions, { optimise: true });
  const probe = new Probe({ symbol: "f" });
  kprobes.register(probe);
  kprobes.advance(5);
  expect(at(start)).not.toBe(udf);
  kprobes.armed = false;
  expect(at(start)).toBe("10402de9");
  const late = new Probe({ symbol: "f", offset: 4 });
  kprobes.register(late);
  expect(at(start + 4)).toBe("0040a0e1");
  kprobes.armed = true;
  expect([at(start), at(start + 4)]).toEqual([udf, udf]);
});

test.each([
  ["linux", "10402de9"],
  ["strict", udf],
] as const)("enabled while all are disarmed, then all are armed: %s", (compat, left) => {
  const { kprobes, at } = kernel("a32", functions, { compat });
  const probes = [new Probe({ symbol: "f", disabled: true }), new Probe({ symbol: "f", disabled: true })] as const;
  kprobes.registerAll(probes);
  kprobes.armed = false;
  expect(kprobes.enable(probes[0])).toEqual({ ok: true });
  kprobes.armed = true;
  expect([probes[0].disabled, at(start)]).toEqual([false, left]);
});

test("a condition that does not hold is no hit, and a probe inside a probe is missed", () => {
  const { kprobes, of } = kernel("a32", functions);
  const log: string[] = [];
  const inner = named(log, "inner", { symbol: "f", offset: 4 });
  const core = new ProbeCore(kprobes, ({ insn }) => {
    log.push(insn.mnemonic);
    return undefined;
  });
  const results: string[] = [];
  const hit = (pc: number) => results.push(core.trap(registers(pc)));
  const outer = new Probe({ symbol: "f", pre: () => void hit(start + 4), post: () => void hit(start + 4) });
  const conditional = named(log, "conditional", { symbol: "g" });
  kprobes.registerAll([inner, outer, conditional]);
  hit(start);
  expect(results.splice(0)).toEqual(["missed", "missed", "handled"]);
  expect(log.splice(0)).toEqual(["mov", "push", "mov"]);
  expect([inner.nmissed, outer.nmissed]).toEqual([2, 0]);
  const state = registers(of("g"), 0x13);
  expect(core.trap(state)).toBe("skipped");
  expect([state.r[15], conditional.nmissed, log]).toEqual([of("g") + 4, 0, []]);
  expect(core.trap(registers(of("g"), 0x40000013))).toBe("handled");
  kprobes.unregister(inner);
  expect(core.trap(registers(start + 4))).toBe("gone");
});

test("a third level stops the kernel", () => {
  const { kprobes } = kernel("a32", functions);
  const results: string[] = [];
  const core: ProbeCore = new ProbeCore(kprobes, ({ insn }) => {
    if (insn.address === start + 4 && results.length === 0) results.push(core.trap(registers(start + 4)));
    return undefined;
  });
  kprobes.register(new Probe({ symbol: "f", pre: () => void core.trap(registers(start + 4)) }));
  kprobes.register(new Probe({ symbol: "f", offset: 4 }));
  core.trap(registers(start));
  expect(results).toEqual(["dead"]);
});

test("a fault while the instruction is executed is that of the probed address", () => {
  const { kprobes } = kernel("a32", functions);
  let posts = 0;
  kprobes.register(new Probe({ symbol: "f", post: () => void posts++ }));
  const core = new ProbeCore(kprobes, () => "fault");
  const state = registers(start);
  expect([core.trap(state), state.r[15], posts, core.busy]).toEqual(["faulted", start, 0, false]);
});

test.each([
  ["linux", start + 1],
  ["strict", start],
] as const)("a fault at an address that was given with the Thumb bit: %s", (compat, pc) => {
  const { kprobes } = kernel("t32", { f: "ldr r0, [r1]" }, { compat });
  kprobes.register(new Probe({ address: start + 1 }));
  const state = registers(start, 0x33);
  expect([new ProbeCore(kprobes, () => "fault").trap(state), state.r[15]]).toEqual(["faulted", pc]);
});

test("ITSTATE advances behind a Thumb instruction, and an IT instruction does not advance it", () => {
  const { kprobes } = kernel("t32", { f: "itt eq\nmoveq r0, r1\nmoveq r1, r2" });
  const probes = [0, 2, 4].map((offset) => new Probe({ symbol: "f", offset }));
  kprobes.registerAll(probes);
  // As executing IT does: the low byte of the instruction is the new ITSTATE.
  const core = new ProbeCore(kprobes, ({ insn }, state) => {
    if (insn.encoding?.id === "IT_T1") state.cpsr |= ((insn.word & 0xfc) << 8) | ((insn.word & 3) << 25);
    return undefined;
  });
  const state = registers(start, 0x40000033);
  expect(core.trap(state)).toBe("handled");
  expect(state.cpsr.toString(16)).toBe("40000433");
  expect(core.trap(state)).toBe("handled");
  expect(state.cpsr.toString(16)).toBe("40000833");
  state.cpsr &= ~0x40000000;
  expect(core.trap(state)).toBe("skipped");
  expect([state.cpsr.toString(16), state.r[15]]).toEqual(["33", start + 6]);
});
