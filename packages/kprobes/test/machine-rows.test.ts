import { decodeA32 } from "@cmodx/codec";
import { Probe } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";
import { code, compareRows, page, stack, World } from "./machine-rows.js";

test.each([
  ["a32", 11],
  ["t32", 12],
] as const)("%s: every row through the breakpoint and the detour, in every state of the flags", (isa, seed) => {
  const { rows, probed, optimised, hits, difference } = compareRows(isa, 3, randomBelow(seed));
  expect(difference).toBeUndefined();
  expect(rows).toBeGreaterThan(230);
  expect(probed).toBeGreaterThan(9000);
  expect(optimised).toBeGreaterThan(3000);
  expect(hits).toBeGreaterThan(probed / 2);
});

test("a byte stored below SP, at an odd place", () => {
  const world = new World("a32");
  world.write(decodeA32(0xe54d0001, code)); // strb r0, [sp, #-1]
  const probe = new Probe({ symbol: "site" });
  expect(world.probes.kprobes.register(probe).ok).toBe(true);
  world.probes.kprobes.advance(5);
  expect(world.probes.kprobes.siteOf(probe)?.optimized).toBe(true);
  world.set([0xab, ...Array<number>(12).fill(0), stack, 0], 0x10, new Uint8Array(page));
  expect(world.go().stopped).toBeUndefined();
  expect(world.machine.memory.read(stack - 1, 1)[0]).toBe(0xab);
});
