import type { Plan } from "../protocols/plan.js";
import type { Property } from "../protocols/property.js";
import { type Proof, type ProveOptions, provePlanAsync } from "./prove.js";
import { variantsOf } from "./variants.js";

/** Whether a step is needed, for the properties that were asked, and what breaks without it. */
export interface Necessity {
  readonly step: string;
  /** `undefined` when a limit was hit before the question was decided. */
  readonly needed: boolean | undefined;
  /** The property that fails without it. */
  readonly broken: Property | null;
  readonly counterexample: Proof["counterexample"];
}

/**
 * For each step of a plan that holds, whether it still holds without that step.
 *
 * @param plan - one that holds
 * @param options - as for `prove`; the properties asked are those a step is needed for
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * const steps = await necessary(plan(edit, "sync-cores"));
 * steps.find(({ step }) => step === "invalidate made local")?.broken; // "new-after-completion"
 * ```
 */
export async function necessary(plan: Plan, options: ProveOptions = {}): Promise<Necessity[]> {
  const found: Necessity[] = [];
  for (const variant of variantsOf(plan)) {
    const { verdict, properties, counterexample } = await provePlanAsync(variant.plan, options);
    const broken = properties.find((each) => each.verdict === "violated")?.property ?? null;
    found.push({
      step: variant.step,
      needed: verdict === "unknown" ? undefined : verdict === "violated",
      broken,
      counterexample,
    });
    if (options.signal?.aborted) break;
  }
  return found;
}
