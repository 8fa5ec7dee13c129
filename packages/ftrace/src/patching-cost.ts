import { type Cost, cost, type Plan, type Simulation, stopsMachine } from "@cmodx/patching";

/** What patching has cost a machine so far. */
export interface PatchingCost extends Omit<Cost, "stalledCores"> {
  /** Plans carried out, by the name of their protocol. */
  readonly plans: Readonly<Record<string, number>>;
  /** How often every other core was stopped. */
  readonly stops: number;
  /** Instructions that other cores would have executed had they not been held. */
  readonly stalled: number;
  /** Instructions that they executed from the beginning of a change until each of them executes what is new: summed over changes. */
  readonly latency: number;
}

type Counted = Exclude<keyof PatchingCost, "plans">;

const COUNTS: readonly Counted[] = ["stops", "ipis", "stalled", "stores", "maintenance", "barriers", "latency"];

/**
 * Nothing yet.
 *
 * @example
 * ```ts
 * NO_COST.stops; // 0
 * ```
 */
export const NO_COST: PatchingCost = {
  plans: {},
  stops: 0,
  ipis: 0,
  stalled: 0,
  stores: 0,
  maintenance: 0,
  barriers: 0,
  latency: 0,
};

/** With one plan more, as it went on a machine of so many cores. */
export function costWith(
  before: PatchingCost,
  plan: Plan,
  { stalled, latency }: Simulation,
  cores: number,
): PatchingCost {
  const { stalledCores, ...counts } = cost(plan, cores);
  const { protocol } = plan;
  const plans = { ...before.plans, [protocol]: (before.plans[protocol] ?? 0) + 1 };
  const isStop = stopsMachine(plan);
  // A core that only answers an interrupt is held for a few steps, and waits for nobody.
  return sum(before, { ...counts, plans, stops: isStop ? 1 : 0, stalled: isStop ? stalled : 0, latency }, 1);
}

/**
 * What was added to a cost since `before`.
 *
 * @param before - the counts then
 * @param now - the counts of the same patcher now
 *
 * @example
 * ```ts
 * costSince({ ...NO_COST, stores: 1 }, { ...NO_COST, stores: 3 }).stores; // 2
 * ```
 */
export function costSince(before: PatchingCost, now: PatchingCost): PatchingCost {
  const plans = Object.entries(now.plans)
    .map(([name, count]) => [name, count - (before.plans[name] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return sum({ ...now, plans: {} }, { ...before, plans: Object.fromEntries(plans) }, -1);
}

function sum(one: PatchingCost, other: PatchingCost, sign: 1 | -1): PatchingCost {
  const counts = COUNTS.map((name) => [name, one[name] + sign * other[name]]);
  return { ...(Object.fromEntries(counts) as Record<Counted, number>), plans: other.plans };
}

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
  ["stalled core-steps", ({ stalled }) => String(stalled)],
  ["stores", ({ stores }) => String(stores)],
  ["maintenance", ({ maintenance }) => String(maintenance)],
  ["barriers", ({ barriers }) => String(barriers)],
  ["core-steps until effective", ({ latency }) => String(latency)],
];

/**
 * What patching cost as a Markdown table: a row for each thing that was done, its columns under each other.
 *
 * @param rows - what was done, and its cost
 *
 * @example
 * ```ts
 * costTable([["switching on", { ...NO_COST, stops: 2 }]]).split("\n").length; // 4
 * ```
 */
export function costTable(rows: readonly (readonly [what: string, cost: PatchingCost])[]): string {
  const head = ["", ...COLUMNS.map(([title]) => title)];
  const body = rows.map(([what, each]) => [what, ...COLUMNS.map(([, of]) => of(each))]);
  const widths = head.map((title, i) => Math.max(3, title.length, ...body.map((cells) => cells[i]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |\n`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("");
}

/**
 * The same in one line.
 *
 * @param spent - the cost of one thing
 *
 * @example
 * ```ts
 * costLine({ ...NO_COST, stops: 2 }).split("; ")[1]; // "stops 2"
 * ```
 */
export function costLine(spent: PatchingCost): string {
  return COLUMNS.map(([title, of]) => `${title} ${of(spent)}`).join("; ");
}
