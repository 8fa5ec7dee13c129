import type { Plan } from "./plan.js";
import type { StepOperation } from "./step.js";

/** What a plan costs the machine, in counts that hold on any core. */
export interface Cost {
  readonly stores: number;
  /** Cache and predictor operations, broadcast ones counted once. */
  readonly maintenance: number;
  readonly barriers: number;
  /** Interrupts sent to other cores. */
  readonly ipis: number;
  /** Cores that can do nothing else from the interrupt until they are released. */
  readonly stalledCores: number;
}

const MAINTENANCE: ReadonlySet<string> = new Set(["clean-dcache", "invalidate-icache", "invalidate-predictor"]);
const BARRIERS: ReadonlySet<string> = new Set(["dsb", "dmb", "isb"]);

/**
 * Whether a plan has every other core wait until it is released: a machine stop, however the protocol is called.
 *
 * @param plan - of any protocol
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * stopsMachine(plan(edit, "stop-machine")); // true
 * ```
 */
export function stopsMachine({ steps }: Plan): boolean {
  return steps.others.some(({ operation }) => operation.op === "await-release");
}

/**
 * Counts what `plan` costs on a machine of `cores` cores, the patching one among them.
 *
 * @param plan - of any protocol
 * @param cores - at least 1
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * const { stores, ipis, stalledCores } = cost(plan(edit, "stop-machine"), 4);
 * [stores, ipis, stalledCores]; // [1, 3, 3]
 * ```
 */
export function cost(plan: Plan, cores: number): Cost {
  const { patcher, others } = plan.steps;
  const remote = Math.max(cores - 1, 0);
  const count = (is: (op: StepOperation["op"]) => boolean) =>
    patcher.filter(({ operation }) => is(operation.op)).length +
    remote * others.filter(({ operation }) => is(operation.op)).length;
  return {
    stores: count((op) => op === "store"),
    maintenance: count((op) => MAINTENANCE.has(op)),
    barriers: count((op) => BARRIERS.has(op)),
    ipis: remote * patcher.filter(({ operation }) => operation.op === "interrupt-others").length,
    stalledCores: stopsMachine(plan) ? remote : 0,
  };
}

/** Stopping a core outweighs interrupting it; the rest is a matter of a few operations. */
export function burden({ stalledCores, ipis }: Cost): number {
  return stalledCores * 1e6 + ipis;
}

/**
 * Less than zero where `one` disturbs the machine less than `other`; between equals, the operations count.
 *
 * @param one - what a plan costs
 * @param other - what another costs on the same number of cores
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * const [live, stop] = [cost(plan(edit, "nop-toggle"), 4), cost(plan(edit, "stop-machine"), 4)];
 * compareCost(live, stop) < 0; // true
 * ```
 */
export function compareCost(one: Cost, other: Cost): number {
  const operations = ({ stores, maintenance, barriers }: Cost) => stores + maintenance + barriers;
  return burden(one) - burden(other) || operations(one) - operations(other);
}
