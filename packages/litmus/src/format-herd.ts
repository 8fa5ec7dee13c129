import type { LitmusResult } from "./run.js";

const kinds = { exists: "Allowed", "~exists": "Forbidden", forall: "Required" } as const;

/**
 * A result as herd prints it: states, `Ok` or `No`, witnesses, the condition, and the observation. A test without a verdict says
 * `Unknown` and why in the place of `Ok` and `No`. Counts are those of this engine: they differ from herd's, states do not.
 *
 * @param result - of a test that was run
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM one\n{ %x0=x; }\n P0 ;\n MOV R0,#1 ;\n STR R0,[%x0] ;\nexists (x=1)");
 * const text = parsed.ok ? formatHerd(runLitmus(parsed.test)) : "";
 * text.split("\n").slice(0, 4); // ["Test one Allowed", "States 1", "[x]=1;", "Ok"]
 * ```
 */
export function formatHerd(result: LitmusResult): string {
  const { name, quantifier, outcomes } = result;
  const count = (satisfies: boolean): number =>
    outcomes.reduce((sum, outcome) => sum + (outcome.satisfies === satisfies ? outcome.count : 0), 0);
  const [positive, negative] = [count(true), count(false)];
  const lines = [
    `Test ${name} ${kinds[quantifier]}`,
    `States ${outcomes.length}`,
    ...outcomes.map(({ state }) => state),
    ...(result.truncated ? ["(and others, which are not listed)"] : []),
  ];
  lines.push(result.verdict === "unknown" ? `Unknown (${result.error})` : validated(result) ? "Ok" : "No");
  lines.push("Witnesses", `Positive: ${positive} Negative: ${negative}`, `Condition ${result.condition}`);
  const seen = positive === 0 ? "Never" : negative === 0 ? "Always" : "Sometimes";
  if (result.verdict !== "unknown") lines.push(`Observation ${name} ${seen} ${positive} ${negative}`);
  lines.push(`Time ${name} ${result.seconds.toFixed(2)}`);
  return `${lines.join("\n")}\n`;
}

/** Does the test's condition hold as quantified? */
function validated({ quantifier, verdict }: LitmusResult): boolean {
  if (quantifier === "exists") return verdict === "Allowed";
  return quantifier === "~exists" ? verdict === "Forbidden" : verdict === "Required";
}
