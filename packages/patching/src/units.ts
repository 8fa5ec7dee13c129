import { bytesOf, type Insn } from "@cmodx/codec";

/** An instruction as the fetches of a core see it: one word in A32, halfwords in T32. */
export function unitsOf(insn: Insn): number[] {
  if (insn.isa === "a32") return [insn.word];
  const bytes = bytesOf(insn);
  return Array.from({ length: insn.size / 2 }, (_, i) => (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8));
}

/** Whether `units`, as fetched, are exactly this instruction. */
export function isInsn(units: readonly number[], insn: Insn): boolean {
  const expected = unitsOf(insn);
  return units.length === expected.length && units.every((unit, i) => unit === expected[i]);
}
