import type { Group, Row } from "../encoding.js";

/** Thumb's name of a row of A32. */
export function thumbId(id: string): string {
  return id.replace(/_A(\d)$/, "_T$1");
}

/** Thumb's diagram of a row of A32. */
export function thumbDiagram(diagram: string): string {
  return diagram
    .replace(/^cond 1/, "1110 1")
    .replace(/^1111001 ?([U01iQ])/, "111 $1 1111")
    .replace(/^11110100/, "11111001");
}

/** With what Thumb forbids besides: SP as a core register of a transfer, and a PC base where A32 has one for stores and multiples. */
export function thumbUnpredictable(id: string, diagram: string, clauses: string | undefined): string | undefined {
  const all = clauses === undefined ? [] : [clauses];
  if (diagram.includes(" Rt ")) all.push("Rt == 13");
  if (diagram.includes(" Rt2 ")) all.push("Rt2 == 13");
  if (/^(VSTR|VSTM|VLDM|FSTM|FLDM)/.test(id)) all.push("Rn == 15");
  return all.length === 0 ? undefined : all.join(" || ");
}

function specOf({ id, diagram, spec }: Row): Row["spec"] {
  const unpredictable = thumbUnpredictable(id, diagram, spec.unpredictable);
  return unpredictable === undefined ? spec : { ...spec, unpredictable };
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
        id: thumbId(row.id),
        diagram: thumbDiagram(row.diagram),
        syntax: row.syntax,
        spec: specOf(row),
      })),
  };
}
