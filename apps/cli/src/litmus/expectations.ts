import type { LitmusVerdict } from "@cmodx/litmus";
import { UsageError } from "../frame/usage-error.js";

/** The verdicts that count as right, by test name. */
export type Expectations = ReadonlyMap<string, readonly LitmusVerdict[]>;

const VERDICTS: Readonly<Record<string, LitmusVerdict>> = {
  Allowed: "Allowed",
  Forbidden: "Forbidden",
  Required: "Required",
  Ok: "Allowed",
  No: "Forbidden",
};

/**
 * Reads a name and a verdict a line; `#` begins a comment.
 *
 * The verdict is `Allowed`, `Forbidden` or `Required`; or two columns of `Ok` and `No`, what a model says and whether hardware
 * showed it. Where the model allows what no hardware showed, either verdict is right.
 *
 * @throws {UsageError} naming the file and the line that is neither
 */
export function parseExpectations(lines: readonly string[], file: string): Expectations {
  const expected = new Map<string, readonly LitmusVerdict[]>();
  lines.forEach((line, i) => {
    const [name, model, hardware] = line
      .replace(/(^|\s)#.*$/, "")
      .trim()
      .split(/\s+/);
    if (name === undefined || name === "") return;
    const verdict = VERDICTS[model ?? ""];
    if (verdict === undefined) {
      throw new UsageError(`${file}:${i + 1}`, `"${line}" has no verdict`, "write NAME Allowed|Forbidden|Required");
    }
    expected.set(name, model === "Ok" && hardware === "No" ? ["Allowed", "Forbidden"] : [verdict]);
  });
  return expected;
}
