import { type Arming, Probe, type TextChange } from "@cmodx/kprobes";
import { provePlan } from "@cmodx/patching";
import { expect, test } from "vitest";
import { kernel } from "./kernel.js";

// Every plan by which probes are put into the text and taken out, explored with a core that executes the site meanwhile.

function plans(isa: "a32" | "t32", insn: string, arming: Arming): TextChange[] {
  const changes: TextChange[] = [];
  const observe = (change: TextChange) => void changes.push(change);
  const { kprobes } = kernel(isa, { f: insn }, { arming, observe, optimise: arming === "kernel" });
  const probe = new Probe({ symbol: "f" });
  kprobes.register(probe);
  kprobes.advance(5);
  kprobes.unregister(probe);
  kprobes.advance(5);
  return changes;
}

test.each([
  ["a32", "nop"],
  ["a32", "push {r4, lr}"],
  ["t32", "nop"],
  ["t32", "movs r0, #1"],
  ["t32", "nop.w"],
] as const)("ours, %s %s: every execution is right", (isa, insn) => {
  const changes = plans(isa, insn, "cmodx");
  expect(changes.map(({ purpose }) => purpose)).toEqual(["arm", "disarm"]);
  for (const { plan } of changes) expect([plan.protocol, provePlan(plan).verdict]).toEqual([plan.protocol, "holds"]);
});

test("a Thumb-2 detour, which only we have: from the breakpoint to the branch and back", () => {
  const changes: TextChange[] = [];
  const observe = (change: TextChange) => void changes.push(change);
  const { kprobes } = kernel(
    "t32",
    { f: "add.w r4, r5, r6" },
    { compat: "strict", arming: "cmodx", observe, detours: { base: 0x7fff0000, callback: 0x80200001 } },
  );
  const probe = new Probe({ symbol: "f" });
  kprobes.register(probe);
  kprobes.advance(5);
  kprobes.unregister(probe);
  kprobes.advance(5);
  expect(changes.map(({ purpose }) => purpose)).toEqual(["arm", "optimize", "unoptimize", "disarm"]);
  for (const { purpose, plan } of changes) expect([purpose, provePlan(plan).verdict]).toEqual([purpose, "holds"]);
});

test("the kernel's: patch_text leaves a core without synchronisation behind its stop, stopping every core for the change does not", () => {
  const changes = plans("a32", "push {r4, lr}", "kernel");
  const verdicts = changes.map(({ purpose, plan }) => `${purpose} ${provePlan(plan).verdict}`);
  expect(verdicts).toEqual(["arm violated", "optimize holds", "unoptimize violated", "disarm holds"]);
});
