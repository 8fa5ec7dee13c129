import { type Check, checks, Probe, type ProbeSpec } from "@cmodx/kprobes";
import { describe, expect, test } from "vitest";
import { kernel, start } from "./kernel.js";

const functions = { f: "push {r4, lr}\nmov r4, r0\nldrex r0, [r3]\nstr r0, [sp, #-68]!\nldr r1, [r2]", g: "bx lr" };
const module = (state: "coming" | "live" | "going") =>
  ({ name: "m", state, core: [start + 32, start + 48], init: [start + 48, start + 64] }) as const;

/** Every check with a probe that fails it and passes all before it. */
const failing: readonly [Check, string, ProbeSpec, Parameters<typeof kernel>[2]?][] = [
  ["address-or-symbol", "EINVAL", {}],
  ["address-or-symbol", "EINVAL", { address: start, symbol: "f" }],
  ["symbol", "ENOENT", { symbol: "nowhere" }],
  ["covered", "ENOENT", { address: 0x1000 }],
  ["ftrace", "EINVAL", { symbol: "f", offset: 4 }, { lists: { ftraceSites: [start + 4] } }],
  ["blacklist", "EINVAL", { symbol: "f", offset: 4 }, { lists: { blacklist: [{ start, end: start + 8, name: "f" }] } }],
  ["blacklist", "EINVAL", { symbol: "f", offset: 4 }, { lists: { forbidden: [[start + 4, start + 8]] } }],
  ["jump-label", "EINVAL", { symbol: "f" }, { lists: { jumpLabels: [start] } }],
  ["bug", "EINVAL", { symbol: "f" }, { lists: { bugs: [start] } }],
  ["module-going", "ENOENT", { symbol: "g" }, { lists: { modules: [module("going")] } }],
  ["module-init", "ENOENT", { symbol: "g", offset: 16 }, { lists: { modules: [module("live")] } }],
  ["alignment", "EINVAL", { symbol: "f", offset: 2 }],
  ["instruction", "EINVAL", { symbol: "f", offset: 8 }],
  ["stack", "EINVAL", { symbol: "f", offset: 12 }],
  ["slot", "ENOMEM", { symbol: "f" }, { slotPages: 0 }],
];

test.each(failing)("%s: %s", (check, errno, spec, options) => {
  const { kprobes, bytes, original } = kernel("a32", functions, options);
  expect(kprobes.register(new Probe(spec))).toMatchObject({ ok: false, errno, check });
  expect(bytes).toEqual(original);
  expect([...kprobes.sites]).toEqual([]);
});

test("the first check that fails is told, in the kernel's order", () => {
  const order: Check[] = ["ftrace", "blacklist", "jump-label", "bug", "instruction"];
  const lists = {
    ftrace: { ftraceSites: [start + 8] },
    blacklist: { forbidden: [[start + 8, start + 12]] as const },
    "jump-label": { jumpLabels: [start + 8] },
    bug: { bugs: [start + 8] },
    instruction: {},
  };
  expect(order.map((check) => checks.indexOf(check)).toSorted((a, b) => a - b)).toEqual(
    order.map((check) => checks.indexOf(check)),
  );
  order.forEach((check, i) => {
    const all = Object.assign({}, ...order.slice(i).map((name) => lists[name as keyof typeof lists]));
    const { kprobes } = kernel("a32", functions, { lists: all });
    expect(kprobes.register(new Probe({ symbol: "f", offset: 8 }))).toMatchObject({ check });
  });
});

test("a part split off a function is where the function may be probed", () => {
  const blacklist = [{ start, end: start + 32, name: "f" }];
  const { kprobes, text } = kernel("a32", { f: "nop", "f.part.0": "nop" }, { lists: { blacklist } });
  expect(text.functionAt(start + 32)?.name).toBe("f.part.0");
  expect(kprobes.register(new Probe({ symbol: "f.part.0" }))).toMatchObject({ check: "blacklist" });
});

test("a probe is registered once", () => {
  const { kprobes, at } = kernel("a32", functions);
  const probe = new Probe({ symbol: "f" });
  expect(kprobes.register(probe)).toEqual({ ok: true });
  expect(kprobes.register(probe)).toMatchObject({ errno: "EINVAL", check: "registered" });
  expect(at(start)).toBe("f801f0e7");
  kprobes.unregister(probe);
  expect(at(start)).toBe("10402de9");
  expect(kprobes.register(probe)).toEqual({ ok: true });
});

test("all or none are registered", () => {
  const { kprobes, bytes, original } = kernel("a32", functions);
  const probes = [0, 4, 8].map((offset) => new Probe({ symbol: "f", offset }));
  expect(kprobes.registerAll(probes)).toMatchObject({ check: "instruction" });
  expect(bytes).toEqual(original);
  expect(kprobes.slotsInUse).toBe(0);
  expect(kprobes.registerAll([])).toMatchObject({ errno: "EINVAL", check: "count" });
  expect(kprobes.registerAll(probes.slice(0, 2))).toEqual({ ok: true });
  expect(kprobes.slotsInUse).toBe(2);
});

test("Linux loses a slot when the stack use is refused; strict does not", () => {
  for (const [compat, lost] of [
    ["linux", 1],
    ["strict", 0],
  ] as const) {
    const { kprobes } = kernel("a32", functions, { compat });
    kprobes.register(new Probe({ symbol: "f", offset: 12 }));
    expect(kprobes.slotsInUse).toBe(lost);
  }
});

describe("Thumb", () => {
  const thumb = { f: "f: push {r4, lr}\nnop.w\nmov r4, r0\nbl f" };

  test("breakpoints are as wide as what they replace", () => {
    const { kprobes, at } = kernel("t32", thumb);
    kprobes.register(new Probe({ symbol: "f" }));
    kprobes.register(new Probe({ symbol: "f", offset: 2 }));
    expect(at(start, 6)).toBe("18def0f718a0");
  });

  test("the bit of function pointers hides the tracer's call from Linux", () => {
    const lists = { ftraceSites: [start + 8] };
    const address = start + 8;
    expect(kernel("t32", thumb, { lists }).kprobes.register(new Probe({ address }))).toMatchObject({ check: "ftrace" });
    const { kprobes } = kernel("t32", thumb, { lists });
    expect(kprobes.register(new Probe({ address: address + 1 })).ok).toBe(true);
    expect(kprobes.siteAt(address)?.address).toBe(address + 1);
    const strict = kernel("t32", thumb, { lists, compat: "strict" }).kprobes;
    expect(strict.register(new Probe({ address: address + 1 }))).toMatchObject({ check: "ftrace" });
  });

  test("Linux probes the second half of an instruction; strict does not", () => {
    const middle = { symbol: "f", offset: 4 };
    expect(kernel("t32", thumb).kprobes.register(new Probe(middle)).ok).toBe(true);
    const { kprobes } = kernel("t32", thumb, { compat: "strict" });
    expect(kprobes.register(new Probe(middle))).toMatchObject({ errno: "EILSEQ", check: "boundary" });
    expect(kprobes.register(new Probe({ symbol: "f", offset: 6 })).ok).toBe(true);
  });
});

test("ours arms with BKPT, by a protocol that needs no stop where the edit is listed", () => {
  const plans: string[] = [];
  const observe = ({ purpose, plan }: { purpose: string; plan: { protocol: string } }) =>
    plans.push(`${purpose} ${plan.protocol}`);
  const a32 = kernel("a32", { f: "nop", g: "push {r4, lr}" }, { arming: "cmodx", observe });
  const listed = new Probe({ symbol: "f" });
  const unlisted = new Probe({ symbol: "g" });
  a32.kprobes.registerAll([listed, unlisted]);
  expect([a32.at(a32.of("f")), a32.at(a32.of("g"))]).toEqual(["700020e1", "700020e1"]);
  a32.kprobes.unregisterAll([listed, unlisted]);
  expect(a32.bytes).toEqual(a32.original);
  expect(plans[0]).not.toMatch(/stop/);
  expect(plans[1]).toMatch(/stop-machine/);
  const t32 = kernel("t32", { f: "nop.w" }, { arming: "cmodx" });
  const wide = new Probe({ symbol: "f" });
  t32.kprobes.register(wide);
  expect(t32.at(start)).toBe("00be0080");
  t32.kprobes.unregister(wide);
  expect(t32.bytes).toEqual(t32.original);
});

test("the kernel arms by patch_text, and stops every core to disarm", () => {
  const plans: string[] = [];
  const { kprobes } = kernel("a32", functions, {
    observe: ({ purpose, plan }) => plans.push(`${purpose} ${plan.protocol}`),
  });
  const probe = new Probe({ symbol: "f" });
  kprobes.register(probe);
  kprobes.unregister(probe);
  expect(plans).toEqual(["arm kernel-patch-text", "disarm stop-machine-all"]);
});
