import { Worker } from "node:worker_threads";

/** Work that may be done here or by worker threads that run the same function. */
export interface Work<Task, Result> {
  /** A module that answers each message, a task, by one, its result. */
  readonly worker: URL;
  readonly run: (task: Task) => Result;
}

/**
 * Does tasks and yields their results in the order of the tasks, whatever the number of workers: output must not depend on
 * the machine's.
 */
export async function* inOrder<Task, Result extends object>(
  tasks: readonly Task[],
  jobs: number,
  { worker, run }: Work<Task, Result>,
  signal: AbortSignal,
): AsyncGenerator<Result> {
  if (jobs === 1 || tasks.length < 2) {
    for (const task of tasks) {
      if (signal.aborted) return;
      yield run(task);
      // Between two tasks the host may deliver an interrupt.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return;
  }
  const workers = Array.from({ length: Math.min(jobs, tasks.length) }, () => new TaskWorker<Task, Result>(worker));
  const abort = () => workers.map((worker) => worker.stop());
  signal.addEventListener("abort", abort);
  try {
    const idle = [...workers];
    const waiting: ((worker: TaskWorker<Task, Result>) => void)[] = [];
    const take = () => {
      const worker = idle.pop();
      return worker === undefined
        ? new Promise<TaskWorker<Task, Result>>((resolve) => waiting.push(resolve))
        : Promise.resolve(worker);
    };
    const release = (worker: TaskWorker<Task, Result>) => {
      const next = waiting.shift();
      if (next === undefined) idle.push(worker);
      else next(worker);
    };
    const results = tasks.map(async (task) => {
      const worker = await take();
      const result = await worker.run(task);
      release(worker);
      return result;
    });
    // A result is awaited in its turn, and may have failed long before.
    for (const result of results) result.catch(() => {});
    const stopped = aborted(signal);
    for (const result of results) {
      // What is done already would win the race below, and an interrupt means that nobody waits for it any more.
      if (signal.aborted) return;
      const done = await Promise.race([result, stopped]);
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

class TaskWorker<Task, Result> {
  readonly #worker: Worker;

  constructor(module: URL) {
    this.#worker = new Worker(module);
  }

  run(task: Task): Promise<Result> {
    return new Promise((resolve, reject) => {
      // Taken off one by one: removeAllListeners would take Node's own off too, and the next message never came.
      const settle = () => {
        this.#worker.off("message", done);
        this.#worker.off("error", failed);
      };
      const done = (result: Result) => {
        settle();
        resolve(result);
      };
      const failed = (error: Error) => {
        settle();
        reject(error);
      };
      this.#worker.on("message", done);
      this.#worker.on("error", failed);
      this.#worker.postMessage(task);
    });
  }

  stop(): Promise<number> {
    return this.#worker.terminate();
  }
}
