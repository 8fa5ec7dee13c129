import type { CheckVerdict, Cost, Property, ProtocolName, Verdict } from "@cmodx/patching";
import type { ExecutionView } from "./execution.js";

/** What was wrong with the question, for whoever asked it. */
export interface Refusal {
  readonly kind: "refusal";
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

export interface StepLine {
  readonly id: string;
  readonly text: string;
  readonly why: string;
  /** Its place in the protocol's own plan; of an added step, the one it stands in front of. */
  readonly index: number;
  readonly state: "own" | "dropped" | "added";
}

/** One protocol put to the test. */
export interface ProofAnswer {
  readonly protocol: ProtocolName;
  readonly summary: string;
  readonly patcher: readonly StepLine[];
  readonly others: readonly StepLine[];
  readonly cost: Cost;
  readonly verdict: Verdict;
  readonly properties: readonly { readonly property: Property; readonly says: string; readonly verdict: Verdict }[];
  readonly failed: string | null;
  readonly states: number;
  readonly transitions: number;
  readonly seconds: number;
  readonly limit: string | null;
  /** Where it fails, how; where it holds, one of its executions. */
  readonly execution: ExecutionView | null;
  readonly litmus: string | null;
}

export interface SiteAnswer {
  readonly kind: "site";
  readonly verdict: CheckVerdict;
  readonly rule: { readonly id: string; readonly title: string; readonly reference: string };
  readonly reasons: readonly string[];
  readonly nearest: string | null;
  readonly bytes: { readonly from: string; readonly to: string };
  /** One, or two side by side; a protocol that is no way to make the edit says why. */
  readonly proofs: readonly (ProofAnswer | (Refusal & { readonly protocol: ProtocolName }))[];
}

interface OutcomeRow {
  readonly state: string;
  readonly count: number;
  readonly satisfies: boolean | null;
}

export interface OutcomesAnswer {
  readonly kind: "outcomes";
  /** Of a litmus test: whether its condition is reached. Of a program: null. */
  readonly verdict: string | null;
  readonly condition: string | null;
  readonly outcomes: readonly OutcomeRow[];
  readonly seconds: number;
  readonly complete: boolean;
  /** Why not everything was seen. */
  readonly limit: string | null;
  /** Of a program: of the outcome that was asked for, or of the rarest. Of a litmus test: one that satisfies the condition. */
  readonly execution: ExecutionView | null;
  /** The outcome that `execution` ends in, where it is known. */
  readonly shown: string | null;
  /** What herd would print, where it is a litmus test. */
  readonly herd: string | null;
}

export type Answer = SiteAnswer | OutcomesAnswer | Refusal;
