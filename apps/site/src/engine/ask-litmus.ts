import { formatHerd, lowerLitmus, parseLitmus, runLitmus } from "@cmodx/litmus";
import type { ExploreOptions } from "@cmodx/machine";
import type { Answer } from "./answer.js";
import { MOST_SECONDS } from "./ask-site.js";
import { replay } from "./replay.js";

/** Decides a litmus test, and follows one execution that satisfies its condition. */
export function askLitmus(text: string, onProgress?: ExploreOptions["onProgress"]): Answer {
  const parsed = parseLitmus(text);
  if (!parsed.ok) {
    const [issue] = parsed.issues;
    return {
      kind: "refusal",
      message: issue?.message ?? "no litmus test",
      line: issue?.line ?? 1,
      column: issue?.column ?? 1,
    };
  }
  const result = runLitmus(parsed.test, {
    witness: true,
    limits: { seconds: MOST_SECONDS },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return {
    kind: "outcomes",
    verdict: result.verdict,
    condition: result.condition,
    outcomes: result.outcomes,
    seconds: result.seconds,
    complete: result.complete,
    limit: result.error ?? null,
    execution: result.witness === undefined ? null : replay(lowerLitmus(parsed.test).scenario, result.witness),
    shown: null,
    herd: formatHerd(result),
  };
}
