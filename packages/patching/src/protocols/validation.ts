import { bytesOf } from "@cmodx/codec";
import type { Change } from "./protocol.js";
import type { Step } from "./step.js";

/**
 * Comparisons of what is at each site with what the edit expects there, before anything is written: a table that is out of
 * date, or another tool's patch, then changes nothing instead of the wrong bytes.
 *
 * @see linux arch/arm/kernel/ftrace.c ftrace_modify_code
 */
export function expectations(changes: readonly Change[]): Step[] {
  return changes.flatMap(({ edit, literal }, i) => {
    const name = changes.length > 1 ? `-${i + 1}` : "";
    const why = "refuses to write over anything but the old instruction";
    if (literal !== undefined) {
      const { address, from: value } = literal;
      return [{ id: `expect${name}`, operation: { op: "expect", address, size: 4, value } as const, why }];
    }
    return unitsAt(edit.address, bytesOf(edit.from)).map((unit, part, { length }) => ({
      id: `expect${name}${length > 1 ? `-${["first", "second"][part]}-halfword` : ""}`,
      operation: { op: "expect", ...unit } as const,
      why,
    }));
  });
}

/** Aligned reads that cover the bytes. */
function unitsAt(address: number, bytes: Uint8Array): { address: number; size: 2 | 4; value: number }[] {
  const half = (at: number) => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  if (bytes.length === 4 && address % 4 === 0) return [{ address, size: 4, value: (half(0) | (half(2) << 16)) >>> 0 }];
  return Array.from({ length: bytes.length / 2 }, (_, i) => ({
    address: address + 2 * i,
    size: 2,
    value: half(2 * i),
  }));
}
