import { type LitmusResult, type LitmusTest, runLitmus } from "../src/index.js";
import { type AxiomaticResult, axiomaticOutcomes } from "./outcomes.js";
import { Unread } from "./program.js";

/** What comparing the engine with the axioms gave: `unread` where they do not know the test. */
export type Comparison =
  | {
      readonly kind: "same";
      readonly states: number;
      readonly executions: AxiomaticResult;
      /** How long the engine took. */
      readonly seconds: number;
    }
  | { readonly kind: "different"; readonly what: string; readonly seconds: number }
  | { readonly kind: "unread"; readonly why: string };

/** The engine's answer, and how many states, beside the axioms'; for data also: the engine must allow no more than ARMv7's envelope. */
export function compare(test: LitmusTest, most?: number): Comparison {
  const result = runLitmus(test, { limits: { seconds: 20 } });
  if (result.error !== undefined) return { kind: "unread", why: result.error };
  try {
    const axioms = axiomaticOutcomes(test, "armv8", most);
    const what = difference(test, result, axioms);
    const { seconds } = result;
    if (what !== undefined) return { kind: "different", what, seconds };
    const envelope = envelopeOf(test, most);
    if (envelope !== undefined) {
      for (const state of axioms.states) {
        if (!envelope.states.has(state))
          return { kind: "different", what: `beyond ARMv7's envelope: ${state}`, seconds };
      }
    }
    return { kind: "same", states: result.states, executions: axioms, seconds };
  } catch (error) {
    if (error instanceof Unread) return { kind: "unread", why: error.message };
    throw error;
  }
}

function difference(test: LitmusTest, result: LitmusResult, axioms: AxiomaticResult): string | undefined {
  const verdict =
    test.quantifier === "forall" ? (axioms.every ? "Required" : "Allowed") : axioms.some ? "Allowed" : "Forbidden";
  if (verdict !== result.verdict) return `${result.verdict} by the engine, ${verdict} by the axioms`;
  if (axioms.states.size !== result.states)
    return `${result.states} states by the engine, ${axioms.states.size} by the axioms`;
  const own = result.outcomes.map(({ state }) => [...state.matchAll(/=([^;]*);/g)].map(([, value]) => value).join(" "));
  const missing = axioms.shown === undefined ? undefined : own.find((state) => !axioms.shown!.has(state));
  return missing === undefined ? undefined : `the state ${missing} by the engine, not by the axioms`;
}

function envelopeOf(test: LitmusTest, most: number | undefined): AxiomaticResult | undefined {
  try {
    return axiomaticOutcomes(test, "armv7", most);
  } catch (error) {
    if (error instanceof Unread) return undefined;
    throw error;
  }
}
