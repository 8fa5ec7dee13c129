import type { Group, Row } from "../encoding.js";

/** What Thumb forbids besides: SP as a core register of a transfer, and a PC base where A32 has one for stores and multiples. */
function thumbOnly({ id, diagram }: Row): string[] {
  const clauses: string[] = [];
  if (/ Rt /.test(diagram)) clauses.push("Rt == 13");
  if (/ Rt2 /.test(diagram)) clauses.push("Rt2 == 13");
  if (/^(VSTR|VSTM|VLDM|FSTM|FLDM)/.test(id)) clauses.push("Rn == 15");
  return clauses;
}

function unpredictableOf(row: Row): { unpredictable?: string } {
  const clauses = [row.spec.unpredictable, ...thumbOnly(row)].filter((clause) => clause !== undefined);
  return clauses.length === 0 ? {} : { unpredictable: clauses.join(" || ") };
}

/**
 * The Thumb encodings of floating-point and Advanced SIMD instructions: the same 28 bits as in A32 behind `1110` instead of a
 * condition; data processing `111 U 1111` for `1111001 U`; element loads and stores `11111001` for `11110100`.
 */
export function thumbOf(group: Group): Group {
  return {
    ...group,
    title: `32-bit Thumb: ${group.title}`,
    isa: "t32",
    arch: group.arch === "v6" ? "v6T2" : group.arch,
    rows: () =>
      group.rows().map((row) => ({
        syntax: row.syntax,
        spec: { ...row.spec, ...unpredictableOf(row) },
        id: row.id.replace(/_A(\d)$/, "_T$1"),
        diagram: row.diagram
          .replace(/^cond 1/, "1110 1")
          .replace(/^1111001 ?([U01iQ])/, "111 $1 1111")
          .replace(/^11110100/, "11111001"),
      })),
  };
}
