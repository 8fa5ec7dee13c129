import type { ScenarioResult, WitnessStep } from "@cmodx/machine";

/** A way in which changing running code goes wrong, reduced to the smallest machine that shows it. */
export interface Pattern {
  readonly id: PatternId;
  /** The mistake in a few words. */
  readonly title: string;
  /** What happens, and what is done right in the corrected version. */
  readonly explanation: string;
  /** Explores every execution of the mistake, or of its correction. */
  reproduce(version: Version): Reproduction;
}

/** P1 to P11 are ways to patch wrongly, L1 is the way to wait for ever. */
export type PatternId = "P1" | "P2" | "P3" | "P4" | "P5" | "P6" | "P7" | "P8" | "P9" | "P10" | "P11" | "L1";

/** As it was done, or as it is right. */
export type Version = "faulty" | "fixed";

/** What came of looking for a pattern's fault: whether it was found, in how many states, and the shortest way to it. */
export interface Reproduction {
  /** Whether some execution goes wrong; `unknown` when none was found before a limit was hit. */
  readonly found: boolean | "unknown";
  readonly states: number;
  readonly transitions: number;
  readonly seconds: number;
  /** The execution that goes wrong. */
  readonly counterexample: readonly WitnessStep[] | null;
}

/** What an exploration says, given an execution of it that goes wrong, if there is one. */
export function reproduction(result: ScenarioResult, wrong: readonly WitnessStep[] | undefined): Reproduction {
  const { states, transitions, seconds, complete } = result;
  const found = wrong !== undefined ? true : complete ? false : "unknown";
  return { found, states, transitions, seconds, counterexample: wrong ?? null };
}
