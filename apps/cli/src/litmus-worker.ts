import { parentPort } from "node:worker_threads";
import { litmusPart, parseLitmus } from "@cmodx/litmus";
import type { MachineAsk, MachinePart } from "@cmodx/machine";
import { type Asked, runFile } from "./litmus/run-file.js";

/** A file to run, or a test of which to do a part, or what to do next of that. */
export type LitmusWork =
  | { readonly file: string; readonly asked: Asked }
  | { readonly divided: string; readonly seconds: number }
  | { readonly part: MachineAsk };

let part: MachinePart | undefined;

// One of several workers of `cmodx litmus --jobs`: a file name comes in, its result goes out; or, where there are fewer tests than workers,
// a test, and then what is to be done of it.
parentPort?.on("message", (work: LitmusWork) => {
  if ("file" in work) parentPort?.postMessage(runFile(work.file, work.asked));
  else if ("part" in work) parentPort?.postMessage(part!.answer(work.part));
  else {
    const parsed = parseLitmus(work.divided);
    part = parsed.ok ? litmusPart(parsed.test, { limits: { seconds: work.seconds } }) : undefined;
  }
});
