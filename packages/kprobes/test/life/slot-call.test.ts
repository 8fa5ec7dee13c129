import { readFileSync } from "node:fs";
import { parse } from "@cmodx/codec";
import { type Decision, decide, enterSlot, leaveSlot, type Registers } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { decodeWord } from "../words.js";

const lines = readFileSync(new URL("../vectors/execution.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

test("there is an instruction of nearly every line", () => {
  expect(lines.length).toBeGreaterThan(60);
});

test.each(lines)("%s", (line) => {
  const [before, plain, called] = line
    .slice(4)
    .split(" | ")
    .map((part) => part.split(" ").map((word) => Number.parseInt(word, 16))) as [number[], number[], number[]];
  const decision = decide(decodeWord(line.startsWith("a32") ? "a32" : "t32", before[0]!), "strict");
  const registers: Registers = { r: Uint32Array.from([...before.slice(2), 0]), cpsr: before[1]! };
  leaveSlot(decision, registers, { r: Uint32Array.from([...called.slice(1), 0]), cpsr: called[0]! });
  expect([...registers.r.subarray(0, 15)]).toEqual(plain.slice(1));
  expect((registers.cpsr & 0xf80f0000) >>> 0).toBe((plain[0]! & 0xf80f0000) >>> 0);
});

/** The decision on an instruction, and registers rN = N * 0x10 + 1 behind it at 0x8000. */
function at(isa: "a32" | "t32", text: string, cpsr = 0x10): { decision: Decision; registers: Registers } {
  const parsed = parse(text, { isa, address: 0x8000 });
  if (!parsed.ok) throw new Error(parsed.issues[0]?.message);
  const r = Uint32Array.from({ length: 16 }, (_, i) => 0x10 * i + 1);
  r[15] = 0x8000 + parsed.insn.size;
  return { decision: decide(parsed.insn, "linux"), registers: { r, cpsr } };
}

const inside = (values: Record<number, number>, cpsr = 0x10): Registers => {
  const r = new Uint32Array(16);
  for (const [index, value] of Object.entries(values)) r[Number(index)] = value;
  return { r, cpsr };
};

test.each([
  ["a32", "add r4, pc, r5", { 2: 0x8008, 3: 0x51, 0: 0x41 }],
  ["a32", "ldrd r6, r7, [r8, r9]", { 0: 0x61, 1: 0x71, 2: 0x81, 3: 0x91 }],
  ["a32", "push {r4, lr}", { 0: 0x21, 2: 0x41, 11: 0xd1, 12: 0xe1 }],
  ["a32", "pop {r4, pc}", { 1: 0x41, 10: 0xd1 }],
  ["t32", "ldrd r6, r7, [pc, #4]", { 0: 0x61, 1: 0x71, 2: 0x8004 }],
  ["t32", "add r8, pc", { 1: 0x81, 0: 0x8004 }],
  ["t32", "push {r4, lr}", { 4: 0x41, 8: 0xe1, 9: 0xd1 }],
] as const)("%s %s is called with its registers", (isa, text, expected) => {
  const { decision, registers } = at(isa, text);
  const { r } = enterSlot(decision, registers);
  for (const [index, value] of Object.entries(expected)) expect([index, r[Number(index)]]).toEqual([index, value]);
});

test("a PC that is written branches, and chooses the instruction set where BX would", () => {
  const results = (
    [
      ["a32", "mov pc, r5", { 0: 0x9001 }],
      ["a32", "pop {r4, pc}", { 12: 0x9000 }],
      ["a32", "pop {r4, pc}", { 12: 0x9003 }],
      ["a32", "ldr pc, [r1]", { 0: 0x9003 }],
      ["t32", "pop {r4, pc}", { 8: 0x9000 }],
      ["t32", "mov pc, r5", { 1: 0x9001 }],
    ] as const
  ).map(([isa, text, values]) => {
    const { decision, registers } = at(isa, text, isa === "t32" ? 0x30 : 0x10);
    leaveSlot(decision, registers, inside(values));
    return [registers.r[15]!.toString(16), registers.cpsr & 0x20];
  });
  expect(results).toEqual([
    ["9000", 0x20],
    ["9000", 0],
    ["9002", 0x20],
    ["9002", 0x20],
    ["9000", 0],
    // ADD and MOV of high registers stay in Thumb.
    ["9000", 0x20],
  ]);
});

test("flags in an IT block are left alone by what does not set them there", () => {
  const inBlock = 0x0000_0830;
  const flagsOf = (text: string) => {
    const { decision, registers } = at("t32", text, inBlock);
    leaveSlot(decision, registers, inside({}, 0xf0000010));
    return registers.cpsr >>> 28;
  };
  expect([flagsOf("adds r0, r1, r2"), flagsOf("cmp r0, r1")]).toEqual([0, 15]);
});
