import type { Step, StepOperation } from "./step.js";

/** Bytes that were stored to. */
export interface Range {
  readonly address: number;
  readonly size: number;
}

/**
 * Makes what was stored to `ranges` fetchable: the architecture's sequence after the stores, each line once.
 *
 * @param options.dsb - "st" is what Linux uses between the steps; the architecture's own example has the full barrier
 * @param options.lineBytes - distance from one cache operation to the next
 * @see ARM DDI 0487 E2.2.5; linux arch/arm/mm/cache-v7.S v7_coherent_kern_range
 */
export function maintenanceOf(
  ranges: readonly Range[],
  { dsb = "sy", lineBytes = 32 }: { dsb?: "sy" | "st"; lineBytes?: number } = {},
): Step[] {
  const lines = [...new Set(ranges.flatMap((range) => linesOf(range, lineBytes)))];
  const each = (id: string, why: string, operation: (line: number) => StepOperation): Step[] =>
    lines.map((line, i) => ({ id: lines.length > 1 ? `${id}-${i + 1}` : id, operation: operation(line), why }));
  return [
    ...each(
      "clean",
      "takes the store to the point of unification; without it instruction fetch may miss it in the data cache",
      (line) => ({ op: "clean-dcache", address: line }),
    ),
    {
      id: "dsb-after-clean",
      operation: { op: "dsb", option: dsb },
      why: "completes the clean before the invalidate; else the cache may refill with the old bytes in between",
    },
    ...each(
      "invalidate",
      "drops the old bytes from every instruction cache; without it they may be fetched for ever",
      (line) => ({ op: "invalidate-icache", address: line, scope: "broadcast" }),
    ),
    ...each("invalidate-predictor", "drops what branch predictors remember of the old instruction", (line) => ({
      op: "invalidate-predictor",
      address: line,
      scope: "broadcast",
    })),
    {
      id: "dsb-after-invalidate",
      operation: { op: "dsb", option: dsb },
      why: "completes the invalidates on every core before anyone relies on the new instruction",
    },
  ];
}

function linesOf({ address, size }: Range, lineBytes: number): number[] {
  const first = address - (address % lineBytes);
  const count = Math.ceil((address + size - first) / lineBytes);
  return Array.from({ length: count }, (_, i) => first + i * lineBytes);
}
