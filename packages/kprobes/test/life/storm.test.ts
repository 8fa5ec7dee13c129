import { readFileSync } from "node:fs";
import { memorySource, openElf } from "@cmodx/elf";
import { imageText, Kprobes, Probe } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { randomBelow } from "../../../../test/random.js";
import { kernel, start } from "./kernel.js";

test.each([
  ["a32", true, "linux"],
  ["a32", true, "strict"],
  ["a32", false, "linux"],
  ["t32", false, "linux"],
  ["t32", false, "strict"],
] as const)("a storm of requests on %s leaves the text as the probes that are left say", (isa, optimise, compat) => {
  const lines = ["push {r4, lr}", "mov r4, r0", "adds r0, r0, #1", "ldr r1, [r2]", "push {r0}", "bx lr"];
  const { kprobes, memory, original, bytes } = kernel(
    isa,
    { f: lines.join("\n"), g: lines.join("\n") },
    { optimise, compat },
  );
  const below = randomBelow(isa === "a32" ? 5 : 6);
  const live: Probe[] = [];
  const step = isa === "a32" ? 4 : 2;
  const act = [
    () => {
      const post = below(4) === 0 ? { post: () => undefined } : {};
      const probe = new Probe({
        symbol: below(2) === 0 ? "f" : "g",
        offset: step * below(6),
        disabled: below(3) === 0,
        ...post,
      });
      if (kprobes.register(probe).ok) live.push(probe);
    },
    () => live.length > 0 && kprobes.unregister(live.splice(below(live.length), 1)[0]!),
    // While all are disarmed Linux forgets what is enabled.
    () => live.length > 0 && (kprobes.armed || compat === "strict") && kprobes.enable(live[below(live.length)]!),
    () => live.length > 0 && kprobes.disable(live[below(live.length)]!),
    () => kprobes.advance(below(8)),
    () => {
      if (below(20) === 0) kprobes.armed = !kprobes.armed;
    },
    () => {
      if (below(20) === 0) kprobes.optimization = !kprobes.optimization;
    },
  ];
  for (let i = 0; i < 4000; i++) {
    act[below(act.length)]!();
    if (i % 40 !== 0) continue;
    kprobes.advance(20);
    for (const site of kprobes.sites) {
      const wanted = kprobes.armed && live.some((probe) => probe.address === site.address && !probe.disabled);
      const now = memory.read(site.address, site.insn.size)!;
      const was = original.subarray(site.address - start, site.address - start + site.insn.size);
      const isBranch = isa === "a32" && (now[3]! & 0x0f) === 0x0a;
      if (compat === "strict") expect(site.optimized).toBe(isBranch);
      expect([site.address.toString(16), Buffer.from(now).equals(was)]).toEqual([site.address.toString(16), !wanted]);
    }
  }
  kprobes.armed = true;
  kprobes.unregisterAll(live);
  kprobes.advance(20);
  expect(bytes).toEqual(original);
  expect([[...kprobes.sites].length, kprobes.slotsInUse]).toEqual([0, 0]);
});

test.each(["sites-arm.elf", "sites-thumb2.elf"])("the functions of %s", (name) => {
  const file = new URL(`../../../../samples/${name}`, import.meta.url);
  const text = imageText(openElf(memorySource(readFileSync(file))));
  expect(text.isa).toBe(name === "sites-arm.elf" ? "a32" : "t32");
  const kprobes = new Kprobes(text);
  const square = text.lookup("square")!;
  expect(text.functionAt(square + 2)).toMatchObject({ name: "square", start: square });
  const before = text.memory.read(square, 32)!;
  const outcomes = Array.from({ length: 16 }, (_, i) =>
    kprobes.register(new Probe({ symbol: "square", offset: 2 * i })),
  );
  // The call of the tracer and the static key lie in it.
  const refused = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.check]));
  expect(refused).toContain("ftrace");
  expect(refused).toContain("jump-label");
  expect(text.memory.read(square, 32)).not.toEqual(before);
});
