import type { PatchingCost } from "./plan-runner.js";

const COLUMNS: readonly (readonly [title: string, of: (cost: PatchingCost) => string])[] = [
  [
    "plans",
    ({ plans }) =>
      Object.entries(plans)
        .map(([name, count]) => `${count} ${name}`)
        .join(", ") || "none",
  ],
  ["stops", ({ stops }) => String(stops)],
  ["IPIs", ({ ipis }) => String(ipis)],
  ["stalled core-steps", ({ stalledSteps }) => String(stalledSteps)],
  ["stores", ({ stores }) => String(stores)],
  ["maintenance", ({ maintenance }) => String(maintenance)],
  ["barriers", ({ barriers }) => String(barriers)],
  ["rounds until effective", ({ rounds }) => String(rounds)],
];

/** What patching cost as a Markdown table: a row for each thing that was done. */
export function costTable(rows: readonly (readonly [what: string, cost: PatchingCost])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const body = rows.map(([what, cost]) => line([what, ...COLUMNS.map(([, of]) => of(cost))]));
  return [line(["", ...COLUMNS.map(([title]) => title)]), line(["", ...COLUMNS].map(() => "---")), ...body].join("");
}

/** The same in one line. */
export function costLine(cost: PatchingCost): string {
  return COLUMNS.map(([title, of]) => `${title} ${of(cost)}`).join("; ");
}

/** What was added to a cost since `before`. */
export function costSince(before: PatchingCost, now: PatchingCost): PatchingCost {
  const less = (name: Exclude<keyof PatchingCost, "plans">) => now[name] - before[name];
  const plans = Object.entries(now.plans)
    .map(([name, count]) => [name, count - (before.plans[name] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return {
    plans: Object.fromEntries(plans),
    stops: less("stops"),
    ipis: less("ipis"),
    stalledSteps: less("stalledSteps"),
    stores: less("stores"),
    maintenance: less("maintenance"),
    barriers: less("barriers"),
    rounds: less("rounds"),
  };
}
