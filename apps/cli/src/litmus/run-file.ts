import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { formatHerd, type LitmusResult, parseLitmus, runLitmus } from "@cmodx/litmus";

/** What one litmus file gave: a result, or what is wrong with the file. */
export interface FileResult {
  readonly file: string;
  readonly result: Omit<LitmusResult, "quantifier" | "witness">;
  /** Herd's text form; empty for a file that is no test. */
  readonly herd: string;
  readonly malformed: boolean;
}

/** Runs one file. A malformed one is a result too, so that the rest of a directory goes on. */
export function runFile(file: string, seconds: number): FileResult {
  const parsed = parseLitmus(readFileSync(file, "utf8"));
  if (parsed.ok) {
    const { quantifier: _, witness: __, ...result } = runLitmus(parsed.test, { limits: { seconds } });
    return { file, result, herd: formatHerd({ ...result, quantifier: parsed.test.quantifier }), malformed: false };
  }
  const [issue] = parsed.issues;
  const error = `${file}:${issue?.line ?? 1}:${issue?.column ?? 1}: ${issue?.message ?? "is not a litmus test"}`;
  const name = basename(file, ".litmus");
  const nothing = { condition: "", outcomes: [], states: 0, seconds: 0, complete: false };
  return { file, result: { name, arch: "", verdict: "unknown", ...nothing, error }, herd: "", malformed: true };
}
