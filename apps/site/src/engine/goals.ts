import type { Answer, ProofAnswer } from "./answer.js";
import type { PlayState } from "./state.js";

/** What an exercise asks of the reader: each a sentence, and how one knows that it is done. */
export const GOALS: Readonly<Record<GoalName, Goal>> = {
  holds: {
    asks: "the proof holds",
    met: (_, proof) => proof?.verdict === "holds",
  },
  "holds-without-stopping": {
    asks: "the proof holds, and no core is stopped for the change",
    met: (_, proof) => proof?.verdict === "holds" && proof.cost.stalledCores === 0,
  },
  "holds-own-steps": {
    asks: "the proof holds for a plan with a step that you put in",
    met: (state, proof) =>
      proof?.verdict === "holds" && state.mode === "site" && state.changes.some((each) => each.kind === "add"),
  },
  "broken-by-leaving-out": {
    asks: "a plan that held fails, because you left out one step",
    met: (state, proof) =>
      proof?.verdict === "violated" &&
      state.mode === "site" &&
      state.changes.length === 1 &&
      state.changes[0]!.kind === "drop",
  },
  concurrent: {
    asks: "the edit itself may be made while others execute it",
    met: (_, __, answer) => answer.kind === "site" && answer.verdict === "concurrent",
  },
  torn: {
    asks: "some core executes a torn instruction",
    met: (_, proof) => proof?.execution?.frames.some(({ executed }) => executed?.age === "torn") ?? false,
  },
  forbidden: {
    asks: "the test is Forbidden",
    met: (_, __, answer) => answer.kind === "outcomes" && answer.verdict === "Forbidden",
  },
};

interface Goal {
  readonly asks: string;
  readonly met: (state: PlayState, proof: ProofAnswer | undefined, answer: Answer) => boolean;
}

export type GoalName =
  | "holds"
  | "holds-without-stopping"
  | "holds-own-steps"
  | "broken-by-leaving-out"
  | "concurrent"
  | "torn"
  | "forbidden";

export const isGoal = (name: string | null): name is GoalName => name !== null && Object.hasOwn(GOALS, name);

export function isMet(name: GoalName, state: PlayState, answer: Answer): boolean {
  const [first] = answer.kind === "site" ? answer.proofs : [];
  return GOALS[name].met(state, first !== undefined && "verdict" in first ? first : undefined, answer);
}
