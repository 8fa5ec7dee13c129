import type { JobResult } from "./result.js";
import { runJob, type Task } from "./run-job.js";

/** Runs jobs as so many processes of this host; results come as they are done. */
export async function* runHere(
  tasks: readonly Task[],
  processes: number,
  signal: AbortSignal,
): AsyncGenerator<JobResult> {
  const running = new Map<number, Promise<{ readonly job: number; readonly result: JobResult | undefined }>>();
  const waiting = [...tasks];
  for (;;) {
    while (running.size < processes && waiting.length > 0 && !signal.aborted) {
      const task = waiting.shift()!;
      running.set(
        task.job,
        runJob(task, signal).then((result) => ({ job: task.job, result })),
      );
    }
    if (running.size === 0) return;
    const { job, result } = await Promise.race(running.values());
    running.delete(job);
    if (result !== undefined) yield result;
  }
}
