import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { formatHerd, type LitmusResult, parseLitmus, runLitmus, witnessDot, witnessSvg } from "@cmodx/litmus";
import { isSystemError, systemReason } from "../frame/system-error.js";
import { lanes } from "../text/lanes.js";

/** What one litmus file gave: a result, or what is wrong with the file. */
export interface FileResult {
  readonly file: string;
  readonly result: Omit<LitmusResult, "quantifier" | "witness">;
  /** Herd's text form; empty for a file that is no test. */
  readonly herd: string;
  readonly malformed: boolean;
  /** An execution that the condition is about, drawn as was asked for; undefined when there is none, or none was asked for. */
  readonly witness?: string;
}

/** How a witness may be drawn. */
export const DRAWINGS = ["text", "svg", "dot"] as const;
export type Drawing = (typeof DRAWINGS)[number];

/** What is asked of each file. */
export interface Asked {
  readonly seconds: number;
  readonly witness?: Drawing;
  readonly columns?: number;
}

/** Runs one file. One that is malformed or cannot be read is a result too, so that the rest of a directory goes on. */
export function runFile(file: string, asked: Asked): FileResult {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return noTest(file, `${file}: ${systemReason(error)}`);
  }
  return runText(file, text, asked);
}

function runText(file: string, text: string, { seconds, witness, columns }: Asked): FileResult {
  const parsed = parseLitmus(text);
  if (parsed.ok) {
    const options = { limits: { seconds }, witness: witness !== undefined };
    const { quantifier, witness: steps, ...result } = runLitmus(parsed.test, options);
    const drawn = steps === undefined || witness === undefined ? undefined : draw(result.name, steps, witness, columns);
    return {
      file,
      result,
      herd: formatHerd({ ...result, quantifier }),
      malformed: false,
      ...(drawn === undefined ? {} : { witness: drawn }),
    };
  }
  const [issue] = parsed.issues;
  return noTest(file, `${file}:${issue?.line ?? 1}:${issue?.column ?? 1}: ${issue?.message ?? "is not a litmus test"}`);
}

function noTest(file: string, error: string): FileResult {
  const name = basename(file, ".litmus");
  const nothing = { condition: "", outcomes: [], states: 0, seconds: 0, complete: false };
  return { file, result: { name, arch: "", verdict: "unknown", ...nothing, error }, herd: "", malformed: true };
}

type Steps = NonNullable<LitmusResult["witness"]>;

function draw(name: string, steps: Steps, drawing: Drawing, columns: number | undefined): string {
  if (drawing === "svg") return witnessSvg(name, steps);
  if (drawing === "dot") return witnessDot(name, steps);
  return lanes(steps, { colour: false, columns });
}
