import { inOrder } from "../frame/pool.js";
import { type FileResult, runFile } from "./run-file.js";

/** Runs litmus files and yields their results in the order of the files. */
export function runFiles(
  files: readonly string[],
  jobs: number,
  seconds: number,
  signal: AbortSignal,
): AsyncGenerator<FileResult> {
  const tasks = files.map((file) => ({ file, seconds }));
  const work = {
    worker: new URL("./litmus-worker.js", import.meta.url),
    run: ({ file, seconds }: (typeof tasks)[number]) => runFile(file, seconds),
  };
  return inOrder(tasks, jobs, work, signal);
}
