import { type Encoding, encoding, encodings, manualReference } from "@cmodx/codec";
import { describe, expect, it } from "vitest";

/** The names that a page's title has: `VMLA, VMLS (floating-point)` has two. */
const names = (reference: string): string[] =>
  reference
    .replace(/^ARM DDI \d+C?, |\(.*?\)|, encoding .*$/g, "")
    .split(/[,/ ]+/)
    .filter((name) => name !== "");

describe("where the manual has an encoding", () => {
  it.each([
    ["a32", "ADC_imm_A1", "ARM DDI 0406C, ADC (immediate), encoding A1"],
    ["t32", "ADD_imm_T3", "ARM DDI 0406C, ADD (immediate, Thumb), encoding T3"],
    ["a32", "MOVW_A2", "ARM DDI 0406C, MOV (immediate), encoding A2"],
    ["t32", "B_T4", "ARM DDI 0406C, B, encoding T4"],
    ["t32", "MCR2_T2", "ARM DDI 0406C, MCR, MCR2, encoding T2"],
    ["a32", "MCR2_A1", "ARM DDI 0406C, MCR, MCR2, encoding A2"],
    ["a32", "VMLA_f32_A1", "ARM DDI 0406C, VMLA, VMLS (floating-point), encoding A2"],
    ["t32", "VMLA_simd_f32_T1", "ARM DDI 0406C, VMLA, VMLS (floating-point), encoding T1"],
    ["a32", "VLD4_all32_128_A1", "ARM DDI 0406C, VLD4 (single 4-element structure to all lanes), encoding A1"],
    ["t32", "HINT_T2", "ARM DDI 0406C, Change Processor State, and hints"],
    ["a32", "STLEX_A1", "ARM DDI 0487, STLEX, encoding A1"],
  ] as const)("of %s %s it is %s", (isa, id, reference) => {
    expect(manualReference(encoding(isa, id)!)).toBe(reference);
  });

  it("is known of every row, and the page's title has the name of the instruction", () => {
    const strange: string[] = [];
    for (const row of encodings) {
      const reference = manualReference(row);
      if (!/^ARM DDI (0406C|0487), .+, encoding [AT]\d$/.test(reference) && !row.id.startsWith("HINT"))
        strange.push(`${row.id}: ${reference}`);
      const base = row.id.split("_")[0]!;
      const near = names(reference).some((name) => base.startsWith(name) || name.startsWith(base));
      if (!near && !/^(HINT|MOVW|F(LD|ST)M|CBN?Z)/.test(base)) strange.push(`${base} is not on ${reference}`);
    }
    expect(strange).toEqual([]);
  });

  it("is a row's own, or the manual's diagram has a field where we have rows: a type, a size, a mode, an operation", () => {
    const rows = new Map<string, Encoding[]>();
    for (const row of encodings) {
      const key = `${row.isa} ${manualReference(row)}`;
      rows.set(key, [...(rows.get(key) ?? []), row]);
    }
    expect(rows.size).toBe(998);
    const same: string[] = [];
    for (const [key, shared] of rows) {
      if (shared.length === 1) continue;
      // What one diagram of the manual covers has one width, one kind of condition and one opcode group.
      const kinds = shared.map(({ size, hasCond, pattern }) => `${size} ${hasCond} ${(pattern.value >>> 25) & 7}`);
      if (new Set(kinds).size > 1) same.push(`${key}: ${shared.map(({ id }) => id).join(" ")}`);
    }
    expect(same).toEqual([]);
  });
});
