/**
 * What one step of a plan does. Each is something an ARM programmer recognises and can port: a store, an operation of the
 * system control coprocessor, a barrier, or a way for cores to meet.
 */
export type StepOperation =
  /** One aligned, single-copy atomic store. `value` is the number a little-endian `STR` or `STRH` would write. */
  | { readonly op: "store"; readonly address: number; readonly size: 2 | 4; readonly value: number }
  /** Goes on only if the aligned location holds `value`: else the plan is given up, before it has changed anything. */
  | { readonly op: "expect"; readonly address: number; readonly size: 2 | 4; readonly value: number }
  /** `DCCMVAU`: clean the data cache line of `address` to the point of unification. */
  | { readonly op: "clean-dcache"; readonly address: number }
  /** `ICIMVAU`: invalidate the instruction cache line of `address` (or `ICIALLU`: all of them), on every core of the Inner Shareable domain or on this one. */
  | { readonly op: "invalidate-icache"; readonly address: number | "all"; readonly scope: "broadcast" | "local" }
  /** `BPIMVA`: invalidate the branch predictor's entry for `address`, or all with `BPIALL`; likewise. */
  | { readonly op: "invalidate-predictor"; readonly address: number | "all"; readonly scope: "broadcast" | "local" }
  | { readonly op: "dsb"; readonly option: "sy" | "st" }
  | { readonly op: "dmb" }
  | { readonly op: "isb" }
  /** Interrupts every other core; each runs its own steps when it takes the interrupt. */
  | { readonly op: "interrupt-others" }
  /** Says that this core has reached `point`. */
  | { readonly op: "arrive"; readonly point: string }
  /** Takes back what the other cores said of `point`, so that they can be waited for again. */
  | { readonly op: "forget-arrivals"; readonly point: string }
  /** Waits until every other core has arrived at `point`. */
  | { readonly op: "await-others"; readonly point: string }
  /** Lets every core pass that waits for `point`. */
  | { readonly op: "release"; readonly point: string }
  | { readonly op: "await-release"; readonly point: string };

/** Who takes a step: the core that changes the code, or each of the others. */
export type Role = "patcher" | "others";

/** One step, with the reason it is there. */
export interface Step {
  /** Stable within the plan, to name a step in a report: `clean`, `dsb-after-clean`. */
  readonly id: string;
  readonly operation: StepOperation;
  /** What it is for: the reordering it forbids, or what breaks without it. */
  readonly why: string;
}
