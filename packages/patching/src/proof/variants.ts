import type { Plan } from "../protocols/plan.js";
import type { Role, Step, StepOperation } from "../protocols/step.js";

/** A plan with one step left out or weakened. */
export interface Variant {
  /** Which step, and what was done to it: `dsb-after-clean removed`. */
  readonly step: string;
  readonly plan: Plan;
  /** The step that is not there any more. */
  readonly without?: { readonly role: Role; readonly step: Step };
}

/**
 * Every plan that differs from `plan` in one step: the step left out, a full DSB made one that waits for stores only, a
 * broadcast operation made local.
 */
export function variantsOf(plan: Plan): Variant[] {
  return (["patcher", "others"] as const).flatMap((role) =>
    plan.steps[role].flatMap((step, i) => {
      const name = role === "patcher" ? step.id : `${step.id} of the others`;
      return [
        { step: `${name} removed`, plan: replaced(plan, role, i, []), without: { role, step } },
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
 * Every plan that lacks steps which only make sense together: all that has to do with one meeting of the cores, all that one role
 * does to make the stores fetchable, all that the others are interrupted for.
 */
export function togetherVariantsOf(plan: Plan): Variant[] {
  const all = [...plan.steps.patcher, ...plan.steps.others];
  const points = new Set(all.flatMap(({ operation }) => ("point" in operation ? [operation.point] : [])));
  const without = (step: string, drop: (step: Step, role: Role) => boolean): Variant => ({
    step,
    plan: {
      ...plan,
      steps: {
        patcher: plan.steps.patcher.filter((each) => !drop(each, "patcher")),
        others: plan.steps.others.filter((each) => !drop(each, "others")),
      },
    },
  });
  const meets = ({ operation }: Step) => operation.op === "interrupt-others" || "point" in operation;
  return [
    ...[...points].map((point) =>
      without(`meeting "${point}" removed`, ({ operation }) => "point" in operation && operation.point === point),
    ),
    without("interrupts removed", (step, role) => role === "others" || meets(step)),
    ...(["patcher", "others"] as const).map((role) =>
      without(
        `maintenance of the ${role} removed`,
        ({ operation }, who) => who === role && MAINTENANCE.has(operation.op),
      ),
    ),
  ].filter((variant) => length(variant.plan) < length(plan));
}

const MAINTENANCE: ReadonlySet<StepOperation["op"]> = new Set<StepOperation["op"]>([
  "clean-dcache",
  "invalidate-icache",
  "invalidate-predictor",
  "dsb",
  "isb",
]);

function length({ steps }: Plan): number {
  return steps.patcher.length + steps.others.length;
}
