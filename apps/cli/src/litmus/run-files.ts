import { Worker } from "node:worker_threads";
import { type FileResult, runFile } from "./run-file.js";

/**
 * Runs files and yields their results in the order of the files, whatever the number of workers: output must not depend on
 * the machine's.
 */
export async function* runFiles(
  files: readonly string[],
  jobs: number,
  seconds: number,
  signal: AbortSignal,
): AsyncGenerator<FileResult> {
  if (jobs === 1) {
    for (const file of files) {
      if (signal.aborted) return;
      yield runFile(file, seconds);
      // Between two tests the host may deliver an interrupt.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return;
  }
  const workers = Array.from({ length: Math.min(jobs, files.length) }, () => new FileWorker());
  const abort = () => workers.map((worker) => worker.stop());
  signal.addEventListener("abort", abort);
  try {
    const idle = [...workers];
    const waiting: ((worker: FileWorker) => void)[] = [];
    const take = () => {
      const worker = idle.pop();
      return worker === undefined
        ? new Promise<FileWorker>((resolve) => waiting.push(resolve))
        : Promise.resolve(worker);
    };
    const release = (worker: FileWorker) => {
      const next = waiting.shift();
      if (next === undefined) idle.push(worker);
      else next(worker);
    };
    const results = files.map(async (file) => {
      const worker = await take();
      const result = await worker.run(file, seconds);
      release(worker);
      return result;
    });
    for (const result of results) {
      const done = await Promise.race([result, aborted(signal)]);
      if (done === undefined) return;
      yield done;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

class FileWorker {
  readonly #worker = new Worker(new URL("./litmus-worker.js", import.meta.url));

  run(file: string, seconds: number): Promise<FileResult> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#worker.removeAllListeners();
        act();
      };
      this.#worker.once("message", (result: FileResult) => settle(() => resolve(result)));
      this.#worker.once("error", (error) => settle(() => reject(error)));
      this.#worker.postMessage({ file, seconds });
    });
  }

  stop(): Promise<number> {
    return this.#worker.terminate();
  }
}
