import { inOrder } from "../frame/pool.js";
import { type Asked, type FileResult, runFile } from "./run-file.js";

/** Runs litmus files and yields their results in the order of the files. */
export function runFiles(
  files: readonly string[],
  jobs: number,
  asked: Asked,
  signal: AbortSignal,
): AsyncGenerator<FileResult> {
  const tasks = files.map((file) => ({ file, asked }));
  const work = {
    worker: new URL("./litmus-worker.js", import.meta.url),
    run: ({ file, asked }: (typeof tasks)[number]) => runFile(file, asked),
  };
  return inOrder(tasks, jobs, work, signal);
}
