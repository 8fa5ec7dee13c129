import { format } from "@cmodx/codec";
import type { Plan } from "../protocols/plan.js";
import type { Step } from "../protocols/step.js";

/**
 * A plan as a Graphviz digraph: one column a role, steps in order, and an arrow from each step that another core waits for.
 *
 * @param plan - of any protocol
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * planToDot(plan(edit, "store-only")).startsWith("digraph plan {"); // true
 * ```
 */
export function planToDot(plan: Plan): string {
  const { changes, protocol, steps } = plan;
  const titles = changes.map(({ edit }) => `${format(edit.from)} -> ${format(edit.to)}`);
  const roles = Object.entries(steps).filter(([, own]) => own.length > 0);
  return [
    "digraph plan {",
    `  label="${titles.join(", ")} by ${protocol}"; labelloc=t; rankdir=TB; node [shape=box];`,
    ...roles.flatMap(([role, own]) => [
      `  subgraph cluster_${role} { label="${role === "patcher" ? "the patching core" : "every other core"}";`,
      ...own.map((step) => `    "${role} ${step.id}" [label="${step.id}" tooltip="${step.why}"];`),
      `    ${own.map((step) => `"${role} ${step.id}"`).join(" -> ")};`,
      "  }",
    ]),
    ...signals(steps.patcher, steps.others),
    "}",
    "",
  ].join("\n");
}

/** From a step that tells to the step of another core that waits for it. */
function signals(patcher: readonly Step[], others: readonly Step[]): string[] {
  const arrow = (from: string, to: string) => `  "${from}" -> "${to}" [style=dashed constraint=false];`;
  const [first] = others;
  return [
    ...patcher.flatMap(({ id, operation }) => {
      if (operation.op === "interrupt-others")
        return first === undefined ? [] : [arrow(`patcher ${id}`, `others ${first.id}`)];
      if (operation.op !== "release") return [];
      return others
        .filter((other) => other.operation.op === "await-release" && other.operation.point === operation.point)
        .map((other) => arrow(`patcher ${id}`, `others ${other.id}`));
    }),
    ...others.flatMap(({ id, operation }) =>
      operation.op !== "arrive"
        ? []
        : patcher
            .filter((step) => step.operation.op === "await-others" && step.operation.point === operation.point)
            .map((step) => arrow(`others ${id}`, `patcher ${step.id}`)),
    ),
  ];
}
