import { conditionHolds, itStateOf, withItAdvanced } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { decodeWord } from "../words.js";

type Flags = { n: boolean; z: boolean; c: boolean; v: boolean };

/** As the manual's table of conditions says. */
const meaning: readonly ((flags: Flags) => boolean)[] = [
  ({ z }) => z,
  ({ z }) => !z,
  ({ c }) => c,
  ({ c }) => !c,
  ({ n }) => n,
  ({ n }) => !n,
  ({ v }) => v,
  ({ v }) => !v,
  ({ c, z }) => c && !z,
  ({ c, z }) => !c || z,
  ({ n, v }) => n === v,
  ({ n, v }) => n !== v,
  ({ n, z, v }) => !z && n === v,
  ({ n, z, v }) => z || n !== v,
  () => true,
];

const scenarios = Array.from({ length: 16 }, (_, i) => ({
  cpsr: (i << 28) >>> 0,
  flags: { n: (i & 8) !== 0, z: (i & 4) !== 0, c: (i & 2) !== 0, v: (i & 1) !== 0 },
}));

test("every condition in every state of the flags, in each place that a condition has", () => {
  for (const [condition, holds] of meaning.entries())
    for (const { cpsr, flags } of scenarios) {
      const expected = holds(flags);
      const a32 = decodeWord("a32", ((condition << 28) | 0x01a00001) >>> 0);
      expect([condition, conditionHolds(a32, cpsr)]).toEqual([condition, expected]);
      // ITSTATE of a block's last instruction, and a 16-bit instruction that has no condition of its own.
      const block = cpsr | ((((condition << 4) | 8) & 0xfc) << 8);
      expect([condition, conditionHolds(decodeWord("t32", 0x4608), block)]).toEqual([condition, expected]);
      if (condition === 14) continue;
      expect(conditionHolds(decodeWord("t32", 0xd000 | (condition << 8)), cpsr)).toBe(expected);
      expect(conditionHolds(decodeWord("t32", (0xf0008000 | (condition << 22)) >>> 0), cpsr)).toBe(expected);
    }
});

test("an instruction of the unconditional space, and one outside of a block, always hold", () => {
  for (const { cpsr } of scenarios) {
    expect(conditionHolds(decodeWord("a32", 0xfa000000), cpsr)).toBe(true);
    expect(conditionHolds(decodeWord("t32", 0x4608), cpsr)).toBe(true);
  }
});

test("ITSTATE lies in two parts of the flags, and a block of four ends", () => {
  let cpsr = 0xf0000030 | ((0x15 & 0xfc) << 8) | ((0x15 & 3) << 25);
  const states: number[] = [];
  for (let i = 0; i < 5; i++) {
    states.push(itStateOf(cpsr));
    cpsr = withItAdvanced(cpsr);
  }
  // ITTET NE … as the manual's ITAdvance goes on.
  expect(states.map((state) => state.toString(2).padStart(8, "0"))).toEqual([
    "00010101",
    "00001010",
    "00010100",
    "00001000",
    "00000000",
  ]);
  expect(cpsr >>> 28).toBe(15);
});
