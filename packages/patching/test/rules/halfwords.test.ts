import { check, editOf, type RuleId } from "@cmodx/patching";
import { expect, test } from "vitest";

// T32 is fetched by halfwords, so the manual lists changes of one halfword. The rows below are its bullets and what they leave out.
// Targets are chosen so that exactly the halfwords named change.

type Row = readonly [name: string, from: string, to: string, v7: RuleId, v8?: RuleId];

const ROWS: readonly Row[] = [
  // One halfword, listed.
  ["BL to BL in the first halfword", "bl 0x9000", "bl 0xa000", "t32-first-halfword"],
  ["BLX to BLX in the first halfword", "blx 0x9000", "blx 0xa000", "t32-first-halfword"],
  ["BL to BL in the second halfword", "bl 0x8100", "bl 0x8200", "t32-second-halfword"],
  ["BLX to BLX in the second halfword", "blx 0x8100", "blx 0x8200", "t32-second-halfword"],
  ["B.W to B.W in the second halfword", "b.w 0x8100", "b.w 0x8200", "t32-second-halfword"],
  ["B<c>.W to B<c>.W in the second halfword", "beq.w 0x8100", "beq.w 0x8200", "t32-second-halfword"],
  // One halfword, not listed.
  ["B.W to B.W in the first halfword", "b.w 0x9000", "b.w 0xa000", "halfword-not-listed"],
  ["B<c>.W to B<c>.W in the first halfword", "beq.w 0x9000", "beq.w 0xa000", "halfword-not-listed"],
  ["the condition of a wide branch", "beq.w 0x8100", "bne.w 0x8100", "halfword-not-listed"],
  ["BL to BLX", "bl 0x8100", "blx 0x8100", "halfword-not-listed"],
  ["B.W to BL", "b.w 0x8100", "bl 0x8100", "halfword-not-listed"],
  ["NOP.W to YIELD.W", "nop.w", "yield.w", "halfword-not-listed"],
  // Both halfwords: two modifications, whatever the instructions.
  ["NOP.W to B.W", "nop.w", "b.w 0x9000", "both-halfwords"],
  ["B.W to NOP.W", "b.w 0x9000", "nop.w", "both-halfwords"],
  ["BL to BL in both halfwords", "bl 0x8100", "bl 0x9200", "both-halfwords"],
  ["ADD.W SP to BL, as ftrace does", "add.w sp, sp, #4", "bl 0x9000", "both-halfwords"],
  ["UDF.W to B.W", "udf.w #24", "b.w 0x9000", "both-halfwords"],
  // The first halfword of BL or BLX against a 16-bit instruction, both ways.
  ["BL to B", "bl 0x9000", "b.n 0x8004", "t32-first-halfword-t16"],
  ["B to BL", "b.n 0x8004", "bl 0x9000", "t32-first-halfword-t16"],
  ["BL to BKPT", "bl 0x9000", "bkpt #0", "t32-first-halfword-t16"],
  ["BL to SVC", "bl 0x9000", "svc #0", "t32-first-halfword-t16"],
  ["BLX to B", "blx 0x9000", "b.n 0x8004", "t32-first-halfword-t16"],
  ["BL to BX", "bl 0x9000", "bx lr", "size-change", "t32-first-halfword-t16"],
  ["BX to BL", "bx lr", "bl 0x9000", "size-change", "t32-first-halfword-t16"],
  ["BL to BLX of a register", "bl 0x9000", "blx r3", "size-change", "t32-first-halfword-t16"],
  // The seed of many bugs: 16-bit NOP is listed as a whole instruction, and not against a first halfword.
  ["BL to NOP", "bl 0x9000", "nop", "size-change"],
  ["NOP to BL", "nop", "bl 0x9000", "size-change"],
  ["B.W to B", "b.w 0x9000", "b.n 0x8004", "size-change"],
  ["NOP.W to NOP", "nop.w", "nop", "size-change"],
  ["PUSH to BL", "push {lr}", "bl 0x9000", "size-change"],
];

const CONCURRENT = new Set<RuleId>(["t32-first-halfword", "t32-second-halfword", "t32-first-halfword-t16"]);

const CASES = ROWS.flatMap(([name, from, to, v7, v8 = v7]) => [
  { name, from, to, architecture: "armv7" as const, rule: v7 },
  { name, from, to, architecture: "armv8-aarch32" as const, rule: v8 },
]);

test.each(CASES)("$name, $architecture: $rule", ({ from, to, architecture, rule }) => {
  const judgement = check(editOf({ isa: "t32", address: 0x8000, from, to }), { architecture });
  expect(judgement.rule.id).toBe(rule);
  expect(judgement.verdict).toBe(CONCURRENT.has(rule) ? "concurrent" : "synchronise");
});
