import type { Edit } from "../edit.js";
import { PatchingError } from "../patching-error.js";
import { PROTOCOL_NAMES } from "../protocols/catalogue.js";
import { burden, type Cost, compareCost, cost } from "../protocols/cost.js";
import { type Plan, plan } from "../protocols/plan.js";
import { EXECUTION_PROPERTIES } from "../protocols/property.js";
import type { PlanOptions } from "../protocols/protocol.js";
import type { Role, Step, StepOperation } from "../protocols/step.js";
import { type Proof, type ProveOptions, provePlanAsync } from "./prove.js";
import { togetherVariantsOf, type Variant, variantsOf } from "./variants.js";

/** What is asked of the plan, and how far the search goes. */
export interface SynthesiseOptions extends ProveOptions, PlanOptions {
  /** Cores of the machine, for the cost; 2 by default. */
  readonly cores?: number;
  /** Plans to try at most; 100 by default. */
  readonly plans?: number;
  /**
   * Whether a step may be left out that the architecture asks for and this model cannot miss: the predictor's invalidation, and
   * the patching core's own ISB. Not by default.
   */
  readonly modelOnly?: boolean;
}

/** The cheapest plan that was found to hold, with its cost and its proof; `complete` where nothing cheaper was left untried. */
export interface Synthesis {
  /** The cheapest plan that was found and proved; undefined where none was. */
  readonly plan: Plan | undefined;
  readonly cost: Cost | undefined;
  /** The proof of `plan`, with as many executing cores as were asked for. */
  readonly proof: Proof | undefined;
  /** Plans that were explored with one executing core. */
  readonly tried: number;
  /** Whether no limit was met: then nothing can be taken away from the plan, nor from any dearer protocol to make it cheaper. */
  readonly complete: boolean;
}

/**
 * The cheapest plan for `edits` that is proved to have the properties, made of the protocols' own operations.
 *
 * It begins with what the protocols in the catalogue make of the edits, cheapest first, and takes away from each that holds: a whole
 * rendezvous or round of maintenance, then single steps, each once and as long as what is left holds. A stopped core costs more
 * than any number of interrupts, and an interrupt more than any number of operations. Other orders of taking away are not tried.
 *
 * @param edits - one edit, or several that are made together
 * @param options.executors - executing cores of the last proof, 2 by default; the search itself uses one
 * @throws {PatchingError} `E_EDITS` for no edit, or edits that overlap
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * const { plan } = await synthesise(edit);
 * plan?.protocol; // "kick-cores"
 * ```
 */
export async function synthesise(edits: Edit | readonly Edit[], options: SynthesiseOptions = {}): Promise<Synthesis> {
  const { executors = 2, plans: most = 100, cores = 2, properties = EXECUTION_PROPERTIES } = options;
  const whole = options.modelOnly !== true && properties.includes("new-after-completion");
  const starts = startsFor(edits, options).toSorted((a, b) => compareCost(cost(a, cores), cost(b, cores)));
  const found: Plan[] = [];
  let tried = 0;
  let complete = true;
  const holds = async (made: Plan): Promise<boolean> => {
    if (tried >= most || options.signal?.aborted) {
      complete = false;
      return false;
    }
    tried++;
    const { verdict } = await provePlanAsync(made, { ...options, executors: 1, properties });
    if (verdict === "unknown") complete = false;
    return verdict === "holds";
  };
  /** `made` without whatever of `parts` it holds without, one after the other. */
  const lessened = async (made: Plan, parts: (plan: Plan) => Variant[]): Promise<Plan> => {
    const refused = new Set<string>();
    for (let now = made; ; ) {
      const next = parts(now).find(({ step, plan: less }) => !refused.has(step) && isSame(now, less, whole));
      if (next === undefined) return now;
      if (await holds(next.plan)) now = { ...next.plan, leftOut: [...(now.leftOut ?? []), next.step] };
      else refused.add(next.step);
    }
  };
  for (const start of starts) {
    if (!(await holds(start))) continue;
    const coarse = await lessened(start, togetherVariantsOf);
    const best = found.toSorted((a, b) => compareCost(cost(a, cores), cost(b, cores)))[0];
    // Single steps take no interrupt and no stop away, so a plan that still has more of these than another cannot become cheaper.
    const dearer = best !== undefined && burden(cost(coarse, cores)) > burden(cost(best, cores));
    found.push(dearer ? coarse : await lessened(coarse, removals));
  }
  for (const made of found.toSorted((a, b) => compareCost(cost(a, cores), cost(b, cores)))) {
    const proof = await provePlanAsync(made, { ...options, executors, properties });
    if (proof.verdict === "holds") {
      return { plan: { ...made, promises: properties }, cost: cost(made, cores), proof, tried, complete };
    }
    if (proof.verdict === "unknown") complete = false;
  }
  return { plan: undefined, cost: undefined, proof: undefined, tried, complete };
}

const removals = (made: Plan): Variant[] => variantsOf(made).filter(({ without }) => without !== undefined);

/** Whether a plan with less still makes the edits, and does what is owed to the architecture. */
function isSame(made: Plan, less: Plan, whole: boolean): boolean {
  return outcome(less) === outcome(made) && (!whole || isWhole(less));
}

const operations = (steps: readonly Step[]) => steps.map(({ operation }) => operation);

/** What each protocol of the catalogue that can make the edits makes of them. */
function startsFor(edits: Edit | readonly Edit[], options: PlanOptions): Plan[] {
  return PROTOCOL_NAMES.flatMap((name) => {
    try {
      return [plan(edits, name, options)];
    } catch (error) {
      if (error instanceof PatchingError && error.code === "E_NOT_APPLICABLE") return [];
      throw error;
    }
  });
}

/** What the patching core has stored when it is done, and what it has compared before: a plan without these is another plan. */
function outcome({ steps: { patcher } }: Plan): string {
  const bytes = new Map<number, number>();
  const compared: number[] = [];
  for (const { operation } of patcher) {
    if (operation.op === "expect") compared.push(operation.address);
    if (operation.op !== "store") continue;
    for (let i = 0; i < operation.size; i++) bytes.set(operation.address + i, (operation.value >>> (8 * i)) & 0xff);
  }
  return JSON.stringify([[...bytes].toSorted(([a], [b]) => a - b), compared]);
}

/**
 * Whether the patching core makes its last stores fetchable for itself, and whoever invalidates an instruction cache also
 * invalidates the predictor. The properties are about the other cores, and a wrong prediction is always found out, so no
 * exploration would miss these; the architecture asks for them, and the patching core executes the site too.
 *
 * @see ARM DDI 0487 E2.2.5
 */
function isWhole({ steps }: Plan): boolean {
  const own = operations(steps.patcher);
  const last = own.slice(own.findLastIndex(({ op }) => op === "store") + 1).map(({ op }) => op);
  let at = 0;
  for (const op of last) if (op === SEQUENCE[at]) at++;
  return at === SEQUENCE.length && ROLES.every((role) => hasPredictor(operations(steps[role])));
}

const SEQUENCE = ["clean-dcache", "dsb", "invalidate-icache", "invalidate-predictor", "dsb", "isb"];

function hasPredictor(own: readonly StepOperation[]): boolean {
  const count = (op: StepOperation["op"]) => own.filter((each) => each.op === op).length;
  return count("invalidate-predictor") >= count("invalidate-icache");
}

const ROLES: readonly Role[] = ["patcher", "others"];
