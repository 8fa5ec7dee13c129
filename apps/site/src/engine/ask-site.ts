import { bytesOf } from "@cmodx/codec";
import { CmodxError } from "@cmodx/errors";
import { exploreSync } from "@cmodx/machine";
import {
  check,
  cost,
  type Edit,
  editOf,
  type Plan,
  PROPERTIES,
  PROTOCOLS,
  type Proof,
  type ProtocolName,
  type ProveOptions,
  plan,
  planToLitmus,
  provePlan,
  type Role,
  type Step,
  type StepOperation,
  scenarioOf,
  stepText,
} from "@cmodx/patching";
import type { Answer, ProofAnswer, Refusal, StepLine } from "./answer.js";
import type { ExecutionView } from "./execution.js";
import { replay } from "./replay.js";
import type { Addable, SiteState, StepChange } from "./state.js";

type Progress = NonNullable<ProveOptions["onProgress"]>;

/** How long one proof may take before it is given up as undecided. */
export const MOST_SECONDS = 30;

/** Judges the edit, and puts one protocol or two to the test. */
export function askSite(state: SiteState, onProgress?: Progress): Answer {
  const edit = attempt(() => editOf({ isa: state.isa, address: state.at, from: state.from, to: state.to }));
  if ("kind" in edit) return edit;
  const judged = check(edit, { architecture: state.architecture });
  const names = [state.protocol, ...(state.versus === undefined ? [] : [state.versus])];
  return {
    kind: "site",
    verdict: judged.verdict,
    rule: { ...judged.rule },
    reasons: judged.reasons,
    nearest: judged.nearest === undefined ? null : `${judged.nearest.text}: ${judged.nearest.why}`,
    bytes: { from: hexBytes(bytesOf(edit.from)), to: hexBytes(bytesOf(edit.to)) },
    proofs: names.map((protocol, i) => {
      // Steps are taken out of the first plan only: the other one is what it is compared with.
      const answer = attempt(() => prove(edit, protocol, i === 0 ? state.changes : [], state, onProgress));
      return answer.kind === "refusal" ? { ...answer, protocol } : answer;
    }),
  };
}

type Proved = ProofAnswer & { readonly kind?: undefined };

function prove(
  edit: Edit,
  protocol: ProtocolName,
  changes: readonly StepChange[],
  state: SiteState,
  onProgress?: Progress,
): Proved {
  const own = plan(edit, protocol, {
    island: ((edit.address + 0x100) & ~3) >>> 0,
    literal: ((edit.address + 0x200) & ~3) >>> 0,
  });
  const made = changed(own, changes);
  const { architecture, executors, calls, code, property } = state;
  const proof = provePlan(made, {
    architecture,
    executors,
    calls,
    code,
    limits: { seconds: MOST_SECONDS },
    ...(property === undefined ? {} : { properties: [property] }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const { limit } = proof;
  return {
    protocol,
    summary: PROTOCOLS[protocol].summary,
    patcher: stepLines(own, "patcher", changes),
    others: stepLines(own, "others", changes),
    cost: cost(made, executors + 1),
    verdict: proof.verdict,
    properties: proof.properties.map((each) => ({ ...each, says: PROPERTIES[each.property] })),
    failed: proof.counterexample === null ? null : proof.property,
    states: proof.states,
    transitions: proof.transitions,
    seconds: proof.seconds,
    limit: limit === undefined ? null : `${limit.limit} reached ${limit.value}; ${limit.remedy}`,
    execution: executionOf(made, proof, state) ?? exampleOf(made, proof, state),
    litmus: litmusOf(made),
  };
}

/** The counterexample with every core's state at each line. */
function executionOf(made: Plan, proof: Proof, { architecture, code, calls }: SiteState): ExecutionView | null {
  if (proof.counterexample === null) return null;
  const start = proof.property === "validated-old-value" ? ("foreign" as const) : ("old" as const);
  const programs = [
    { kind: "after-completion" as const },
    ...[...new Set([1, calls, Math.max(calls, 2)])].map((n) => ({ kind: "calls" as const, calls: n })),
  ];
  let lines: ExecutionView | undefined;
  for (const program of programs) {
    const { scenario, names } = scenarioOf(made, architecture, proof.executors, { ...program, start, code });
    const addresses = new Map([...names].map(([address, name]) => [name, `0x${address.toString(16)}`]));
    const raw = proof.counterexample.map((step) => ({
      ...step,
      detail: step.detail.replaceAll(/flag "[^"]*"/g, (name) => addresses.get(name) ?? name),
    }));
    const view = replay(scenario, raw);
    const named = { ...view, frames: view.frames.map((frame, i) => ({ ...frame, ...proof.counterexample![i]! })) };
    if (view.hasStates) return named;
    lines ??= named;
  }
  return lines ?? null;
}

const EXAMPLE_LIMITS = { seconds: 1, states: 20_000 };

/** Of a plan that holds: one of its executions, by one core that waits for the change and then runs through the site. */
function exampleOf(made: Plan, proof: Proof, { architecture, code }: SiteState): ExecutionView | null {
  if (proof.verdict !== "holds") return null;
  const { scenario, names } = scenarioOf(made, architecture, 1, { kind: "after-completion", code });
  const result = exploreSync(scenario, { limits: EXAMPLE_LIMITS });
  const [outcome] = result.outcomes;
  if (outcome === undefined) return null;
  const view = replay(scenario, result.witness(outcome));
  const named = (line: string): string => line.replaceAll(/0x[0-9a-f]+/g, (hex) => names.get(Number(hex)) ?? hex);
  return { ...view, frames: view.frames.map((frame) => ({ ...frame, detail: named(frame.detail) })) };
}

function changed(made: Plan, changes: readonly StepChange[]): Plan {
  if (changes.length === 0) return made;
  const role = (who: Role): Step[] =>
    [...made.steps[who], undefined].flatMap((step, index) => [
      ...changes.flatMap((change) =>
        change.kind === "add" && change.role === who && change.index === index ? [added(change.what, made)] : [],
      ),
      ...(step === undefined || isDropped(changes, who, index) ? [] : [step]),
    ]);
  return { ...made, steps: { patcher: role("patcher"), others: role("others") } };
}

const isDropped = (changes: readonly StepChange[], role: Role, index: number): boolean =>
  changes.some((change) => change.kind === "drop" && change.role === role && change.index === index);

function added(what: Addable, { changes: [{ edit }] }: Plan): Step {
  const { address } = edit;
  const operations: Readonly<Record<Addable, StepOperation>> = {
    clean: { op: "clean-dcache", address },
    dsb: { op: "dsb", option: "sy" },
    dmb: { op: "dmb" },
    isb: { op: "isb" },
    invalidate: { op: "invalidate-icache", address, scope: "broadcast" },
    "invalidate-local": { op: "invalidate-icache", address, scope: "local" },
  };
  return { id: `added-${what}`, operation: operations[what], why: "put in by you" };
}

function stepLines(made: Plan, role: Role, changes: readonly StepChange[]): StepLine[] {
  const line = (step: Step, index: number, state: StepLine["state"]): StepLine => ({
    id: step.id,
    text: stepText(step),
    why: step.why,
    index,
    state,
  });
  return [...made.steps[role], undefined].flatMap((step, index) => [
    ...changes.flatMap((change) =>
      change.kind === "add" && change.role === role && change.index === index
        ? [line(added(change.what, made), index, "added")]
        : [],
    ),
    ...(step === undefined ? [] : [line(step, index, isDropped(changes, role, index) ? "dropped" : "own")]),
  ]);
}

function litmusOf(made: Plan): string | null {
  const text = attempt(() => ({ kind: undefined, text: planToLitmus(made) }));
  return "text" in text ? text.text : null;
}

/** What a caller's mistake says, as an answer. */
function attempt<T extends object>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof CmodxError) return { kind: "refusal", message: `${error.what}; ${error.remedy}` };
    throw error;
  }
}

const hexBytes = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
