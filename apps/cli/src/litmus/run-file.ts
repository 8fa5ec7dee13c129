import { readFileSync } from "node:fs";
import { basename } from "node:path";
import {
  formatHerd,
  type LitmusOptions,
  type LitmusResult,
  type LitmusTest,
  parseLitmus,
  runLitmus,
  runLitmusInParts,
  witnessDot,
  witnessSvg,
} from "@cmodx/litmus";
import { isSystemError, systemReason } from "../frame/system-error.js";
import { lanes } from "../text/lanes.js";
import type { PartWorkers } from "./part-workers.js";

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
  const read = readTest(file);
  return "malformed" in read ? read : told(file, runLitmus(read.test, options(asked)), asked);
}

/** The same, the work divided among workers where it is worth it. */
export async function runDivided(
  file: string,
  asked: Asked,
  workers: PartWorkers,
  signal: AbortSignal,
): Promise<FileResult> {
  const read = readTest(file);
  if ("malformed" in read) return read;
  const parts = () => workers.parts(read.text, asked.seconds);
  return told(file, await runLitmusInParts(read.test, { ...options(asked), signal }, parts), asked);
}

function options({ seconds, witness }: Asked): LitmusOptions {
  return { limits: { seconds }, witness: witness !== undefined };
}

function readTest(file: string): FileResult | { readonly test: LitmusTest; readonly text: string } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return noTest(file, `${file}: ${systemReason(error)}`);
  }
  const parsed = parseLitmus(text);
  if (parsed.ok) return { test: parsed.test, text };
  const [issue] = parsed.issues;
  return noTest(file, `${file}:${issue?.line ?? 1}:${issue?.column ?? 1}: ${issue?.message ?? "is not a litmus test"}`);
}

function told(file: string, { quantifier, witness: steps, ...result }: LitmusResult, asked: Asked): FileResult {
  const { witness, columns } = asked;
  const drawn = steps === undefined || witness === undefined ? undefined : draw(result.name, steps, witness, columns);
  return {
    file,
    result,
    herd: formatHerd({ ...result, quantifier }),
    malformed: false,
    ...(drawn === undefined ? {} : { witness: drawn }),
  };
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
