import { inOrder } from "../frame/pool.js";
import { PartWorkers } from "./part-workers.js";
import { type Asked, type FileResult, runDivided, runFile } from "./run-file.js";

/** Runs litmus files and yields their results in the order of the files: several at a time, or else each divided among all workers. */
export function runFiles(
  files: readonly string[],
  jobs: number,
  asked: Asked,
  signal: AbortSignal,
): AsyncGenerator<FileResult> {
  if (files.length < jobs) return oneByOne(files, jobs, asked, signal);
  const tasks = files.map((file) => ({ file, asked }));
  const work = {
    worker: new URL("./litmus-worker.js", import.meta.url),
    run: ({ file, asked }: (typeof tasks)[number]) => runFile(file, asked),
  };
  return inOrder(tasks, jobs, work, signal);
}

async function* oneByOne(
  files: readonly string[],
  jobs: number,
  asked: Asked,
  signal: AbortSignal,
): AsyncGenerator<FileResult> {
  const workers = new PartWorkers(jobs);
  try {
    for (const file of files) {
      const result = await runDivided(file, asked, workers, signal);
      // Between two tests the host may deliver an interrupt; what is told of the one that it ended is that it is not done.
      if (signal.aborted) return;
      yield result;
    }
  } finally {
    await workers.stop();
  }
}
