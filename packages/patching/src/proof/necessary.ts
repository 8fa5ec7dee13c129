import type { Plan } from "../protocols/plan.js";
import type { Property } from "../protocols/property.js";
import type { Role, Step } from "../protocols/step.js";
import { type Proof, type ProveOptions, provePlanAsync } from "./prove.js";

/** A plan with one step left out or weakened. */
interface Variant {
  /** Which step, and what was done to it: `dsb-after-clean removed`. */
  readonly step: string;
  readonly plan: Plan;
}

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
 * Every plan that differs from `plan` in one step: the step left out, a full DSB made one that waits for stores only, a
 * broadcast operation made local.
 */
function variantsOf(plan: Plan): Variant[] {
  return (["patcher", "others"] as const).flatMap((role) =>
    plan.steps[role].flatMap((step, i) => {
      const name = role === "patcher" ? step.id : `${step.id} of the others`;
      return [
        { step: `${name} removed`, plan: replaced(plan, role, i, []) },
        ...weakenings(step).map(([how, weaker]) => ({
          step: `${name} ${how}`,
          plan: replaced(plan, role, i, [weaker]),
        })),
      ];
    }),
  );
}

function replaced(plan: Plan, role: Role, at: number, by: readonly Step[]): Plan {
  return { ...plan, steps: { ...plan.steps, [role]: plan.steps[role].toSpliced(at, 1, ...by) } };
}

function weakenings(step: Step): [how: string, weaker: Step][] {
  const { operation } = step;
  if (operation.op === "dsb" && operation.option === "sy") {
    return [["made DSB ISHST", { ...step, operation: { op: "dsb", option: "st" } }]];
  }
  if (operation.op === "invalidate-icache" && operation.scope === "broadcast") {
    return [["made local", { ...step, operation: { ...operation, scope: "local" } }]];
  }
  return [];
}

/**
 * For each step of a plan that holds, whether it still holds without that step.
 *
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
