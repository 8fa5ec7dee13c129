import type { Architecture } from "@cmodx/codec";
import { type ExploreOptions, explore, exploreSync, type ScenarioResult, type WitnessStep } from "@cmodx/machine";
import type { Edit } from "../edit.js";
import { PatchingError } from "../patching-error.js";
import type { ProtocolName } from "../protocols/catalogue.js";
import { type Plan, plan } from "../protocols/plan.js";
import { EXECUTION_PROPERTIES, type Property } from "../protocols/property.js";
import type { PlanOptions } from "../protocols/protocol.js";
import { type ExecutedCode, type ExecutorProgram, type Executors, type NamedScenario, scenarioOf } from "./scenario.js";
import { VIOLATION } from "./violations.js";

/** How far a proof goes, and what it is asked. */
export interface ProveOptions extends Partial<Executors> {
  /** Whose list of concurrently modifiable instructions counts; `armv7` by default. */
  readonly architecture?: Architecture;
  /** By default what whoever executes the site relies on: {@link EXECUTION_PROPERTIES}. */
  readonly properties?: readonly Property[];
  /** What the executing cores execute; `site` by default, which has fewer states. */
  readonly code?: ExecutedCode;
  readonly limits?: ExploreOptions["limits"];
  readonly signal?: { readonly aborted: boolean };
  readonly onProgress?: ExploreOptions["onProgress"];
}

/** `unknown` when a limit was hit before a violation was found: it is never a proof. */
export type Verdict = "holds" | "violated" | "unknown";

/** What exploring every execution of a plan found. */
export interface Proof extends Executors {
  readonly verdict: Verdict;
  /** The property that fails; where none does, those that were asked, joined by commas. */
  readonly property: string;
  readonly properties: readonly { readonly property: Property; readonly verdict: Verdict }[];
  readonly protocol: ProtocolName;
  /** Distinct states of one core, summed over cores and memories. */
  readonly states: number;
  readonly transitions: number;
  /** Wall-clock time. */
  readonly seconds: number;
  readonly complete: boolean;
  /** What cut the exploration short, and what to do about it. */
  readonly limit?: NonNullable<ScenarioResult["limit"]>;
  /** For a violated property: the steps of one execution, across cores, in an order in which they became visible. */
  readonly counterexample: readonly WitnessStep[] | null;
}

/**
 * Explores every execution of the plan that `protocol` makes of `edit`, with other cores running through the site.
 *
 * @param edits - one edit, or several that are made together
 * @param protocol - which plan to make of them
 * @param options.executors - cores that run through the site, 1 by default
 * @param options.calls - runs of each through the site, 2 by default
 * @throws {PatchingError} `E_PROTOCOL` for a name that is not in the catalogue
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "t32", address: 0x8000, from: "nop.w", to: "b.w 0x9000" });
 * prove(edit, "store-only").property; // "old-or-new"
 * prove(edit, "stop-machine").verdict; // "holds"
 * ```
 */
export function prove(
  edits: Edit | readonly Edit[],
  protocol: ProtocolName,
  options: ProveOptions & PlanOptions = {},
): Proof {
  return provePlan(plan(edits, protocol, options), options);
}

/**
 * As {@link prove}, for a plan that may be no protocol's own: a step left out, say.
 *
 * @param made - the plan
 * @param options - as for {@link prove}
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * const made = plan(edit, "sync-cores");
 * const patcher = made.steps.patcher.filter(({ id }) => id !== "clean");
 * provePlan({ ...made, steps: { ...made.steps, patcher } }).verdict; // "violated"
 * ```
 */
export function provePlan(made: Plan, options: ProveOptions = {}): Proof {
  const asked = question(made, options);
  const conclusion = new Conclusion(asked);
  for (const one of questions(asked, conclusion)) conclusion.add(one, exploreSync(one.scenario, asked.exploring));
  return conclusion.proof;
}

/**
 * As {@link prove}, letting other work of the thread happen now and then, so that it can be cancelled.
 *
 * @param edits - one edit, or several that are made together
 * @param protocol - which plan to make of them
 * @param options - as for {@link prove}, and a signal that cancels it
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * (await proveAsync(edit, "sync-cores")).verdict; // "holds"
 * ```
 */
export function proveAsync(
  edits: Edit | readonly Edit[],
  protocol: ProtocolName,
  options: ProveOptions & PlanOptions = {},
): Promise<Proof> {
  return provePlanAsync(plan(edits, protocol, options), options);
}

/**
 * As {@link provePlan}, letting other work of the thread happen now and then, so that it can be cancelled.
 *
 * @param made - the plan
 * @param options - as for {@link provePlan}, and a signal that cancels it
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * (await provePlanAsync(plan(edit, "store-only"))).verdict; // "violated"
 * ```
 */
export async function provePlanAsync(made: Plan, options: ProveOptions = {}): Promise<Proof> {
  const asked = question(made, options);
  const conclusion = new Conclusion(asked);
  for (const one of questions(asked, conclusion)) conclusion.add(one, await explore(one.scenario, asked.exploring));
  return conclusion.proof;
}

/** The machines to explore, each once for all properties that it puts to the test; those that would tell nothing more are left out. */
function* questions(asked: Question, conclusion: Conclusion): Generator<Asked> {
  const { how, plan, architecture, code } = asked;
  const made = (program: ExecutorProgram, properties: readonly Property[]): Asked => ({
    properties,
    ...scenarioOf(plan, architecture, how.executors, { ...program, code }),
  });
  const programs = new Map<string, { readonly program: ExecutorProgram; readonly properties: Property[] }>();
  for (const property of asked.properties) {
    const program = PROGRAMS[property](how.calls);
    const key = JSON.stringify(program);
    const known = programs.get(key);
    if (known === undefined) programs.set(key, { program, properties: [property] });
    else known.properties.push(property);
  }
  for (const { program, properties } of programs.values()) {
    yield made(program, properties);
    // Whatever happens in one call happens in the first of several: the last ones can always be made. So where several were seen to hold, one
    // holds. Where they were not, one makes the shorter story, or is within the limit that several were not.
    const open = properties.filter((property) => property === "old-or-new" && !conclusion.holds(property));
    if (program.kind === "calls" && (program.calls ?? 1) > 1 && open.length > 0) {
      yield made({ ...program, calls: 1 }, open);
    }
  }
}

interface Question {
  readonly plan: Plan;
  readonly architecture: Architecture;
  readonly properties: readonly Property[];
  readonly how: Executors;
  readonly code: ExecutedCode;
  readonly exploring: ExploreOptions;
}

interface Asked extends NamedScenario {
  readonly properties: readonly Property[];
}

function question(made: Plan, options: ProveOptions): Question {
  const { architecture = "armv7", properties = EXECUTION_PROPERTIES, executors = 1, calls = 2 } = options;
  const { limits, signal, onProgress, code = "site" } = options;
  if (executors < 1 || calls < 1) {
    throw new PatchingError({
      code: "E_EXECUTORS",
      what: `${executors} executing cores with ${calls} calls execute nothing`,
      remedy: "use at least one core and one call",
      facts: { executors, calls },
    });
  }
  const exploring = {
    ...(limits === undefined ? {} : { limits }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  return { plan: made, architecture, properties, how: { executors, calls }, code, exploring };
}

/** What the executing cores do to put a property to the test. */
const PROGRAMS: Readonly<Record<Property, (calls: number) => ExecutorProgram>> = {
  "old-or-new": (calls) => ({ kind: "calls", calls }),
  "new-after-completion": () => ({ kind: "after-completion" }),
  "never-new-then-old": (calls) => ({ kind: "calls", calls: Math.max(calls, 2) }),
  "no-deadlock": () => ({ kind: "after-completion" }),
  "validated-old-value": () => ({ kind: "calls", calls: 1, start: "foreign" }),
};

/** The step with flags called by their names. */
function named({ core, event, detail }: WitnessStep, names: NamedScenario["names"]): WitnessStep {
  const read = detail.replaceAll(/0x[0-9a-f]+/g, (hex) => names.get(Number(hex)) ?? hex);
  return { core, event, detail: read };
}

/** Gathers what the explorations of one proof found. */
class Conclusion {
  readonly #question: Question;
  readonly #verdicts = new Map<Property, Verdict>();
  readonly #counterexamples = new Map<Property, readonly WitnessStep[]>();
  #limit: ScenarioResult["limit"];
  #states = 0;
  #transitions = 0;
  #seconds = 0;

  constructor(question: Question) {
    this.#question = question;
  }

  holds(property: Property): boolean {
    return this.#verdicts.get(property) === "holds";
  }

  add({ properties, names, map }: Asked, result: ScenarioResult): void {
    for (const property of properties) {
      const steps = VIOLATION[property](map, result);
      const known = this.#counterexamples.get(property);
      if (steps !== undefined && (known === undefined || steps.length < known.length)) {
        this.#counterexamples.set(
          property,
          steps.map((step) => named(step, names)),
        );
      }
      const violated = known !== undefined || steps !== undefined;
      const unsure = this.#verdicts.get(property) === "unknown" || !result.complete;
      this.#verdicts.set(property, violated ? "violated" : unsure ? "unknown" : "holds");
    }
    this.#limit ??= result.limit;
    this.#states += result.states;
    this.#transitions += result.transitions;
    this.#seconds += result.seconds;
  }

  get proof(): Proof {
    const { plan: made, properties, how } = this.#question;
    const limit = this.#limit;
    const violated = properties.find((property) => this.#counterexamples.has(property));
    return {
      verdict: violated !== undefined ? "violated" : limit === undefined ? "holds" : "unknown",
      property: violated ?? properties.join(", "),
      properties: properties.map((property) => ({ property, verdict: this.#verdicts.get(property) ?? "unknown" })),
      protocol: made.protocol,
      ...how,
      states: this.#states,
      transitions: this.#transitions,
      seconds: this.#seconds,
      complete: limit === undefined,
      ...(limit === undefined ? {} : { limit }),
      counterexample: violated === undefined ? null : this.#counterexamples.get(violated)!,
    };
  }
}
