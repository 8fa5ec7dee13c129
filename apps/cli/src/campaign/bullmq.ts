import type { Job as QueuedJob } from "bullmq";
import { UsageError } from "../frame/usage-error.js";
import type { JobResult } from "./result.js";
import { runJob, type Task } from "./run-job.js";

const queueName = "cmodx";
/** How often a job may be lost with its worker before it counts as failed. */
const mostLost = 20;

/** BullMQ is no dependency of the command: who wants it installs it. */
async function bullmq(): Promise<typeof import("bullmq")> {
  try {
    return await import("bullmq");
  } catch {
    throw new UsageError("--engine bullmq", "BullMQ is not installed", "npm install bullmq ioredis");
  }
}

/** @throws {UsageError} for what is no address of a Redis server */
function connectionTo(address: string) {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new UsageError("--redis", `"${address}" is no URL`, "give one such as redis://localhost:6379");
  }
  if (url.protocol !== "redis:" && url.protocol !== "rediss:") {
    throw new UsageError("--redis", `${url.protocol} is no Redis`, "give one such as redis://localhost:6379");
  }
  return {
    host: url.hostname,
    port: Number(url.port || 6379),
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === "rediss:" ? { tls: {} } : {}),
    db: Number(url.pathname.slice(1) || 0),
    // A worker waits for its queue for ever; whoever waits for answers is told when the server is gone.
    maxRetriesPerRequest: null,
    connectTimeout: 5000,
    retryStrategy: (times: number) => Math.min(times * 200, 2000),
  };
}

/**
 * Puts jobs into the queue and yields what workers make of them, as it comes. Jobs that are in the queue already, from a campaign that
 * was interrupted, are not put there again.
 */
export async function* runQueued(
  tasks: readonly Task[],
  address: string,
  signal: AbortSignal,
): AsyncGenerator<JobResult> {
  const { Queue } = await bullmq();
  const queue = new Queue<Task, string>(queueName, { connection: connectionTo(address) });
  // A failed connection is told by whatever waits for it.
  queue.on("error", () => {});
  try {
    await reachable(queue.waitUntilReady(), address);
    const idOf = ({ campaign, job }: Task) => `${campaign}-${job}`;
    const options = { attempts: 1, removeOnComplete: false, removeOnFail: false };
    await queue.addBulk(tasks.map((data) => ({ name: "job", data, opts: { ...options, jobId: idOf(data) } })));
    const pending = new Map(tasks.map((task) => [idOf(task), task]));
    while (pending.size > 0 && !signal.aborted) {
      // One question for all that is done, whatever is left: the queue may hold tens of thousands of jobs.
      for (const job of await queue.getJobs(["completed", "failed"])) {
        const task = pending.get(job.id ?? "");
        if (signal.aborted) break;
        if (task === undefined) continue;
        pending.delete(idOf(task));
        await job.remove();
        yield resultOf(job, task);
      }
      if (pending.size > 0) await pause(100, signal);
    }
  } finally {
    await queue.close();
  }
}

/** The result of a job that is done. */
function resultOf(job: QueuedJob<Task, string>, { campaign, job: number, jobs, args }: Task): JobResult {
  // A worker returns text; a job that failed has returned nothing.
  if (job.returnvalue) return JSON.parse(job.returnvalue) as JobResult;
  const failed = job.failedReason || "was lost with its worker too often";
  return { schema: "cmodx/campaign/1", campaign, job: number, jobs, args, exit: null, failed, out: "", notes: "" };
}

/**
 * Takes jobs from the queue until it is told to stop; a job that it dies over is taken by another worker.
 *
 * @param silence - seconds without a sign of life after which that happens
 */
export async function work(
  address: string,
  { processes, silence }: { readonly processes: number; readonly silence: number },
  signal: AbortSignal,
  done: (result: JobResult) => void,
): Promise<void> {
  const { Worker } = await bullmq();
  const worker = new Worker<Task, string>(
    queueName,
    async ({ data }) => {
      const result = await runJob(data, signal);
      // Interrupted: as with a worker that is lost, somebody else is to run it.
      if (result === undefined) throw new Error("its worker was interrupted");
      done(result);
      return JSON.stringify(result);
    },
    {
      connection: connectionTo(address),
      concurrency: processes,
      lockDuration: silence * 1000,
      stalledInterval: silence * 500,
      maxStalledCount: mostLost,
    },
  );
  worker.on("error", () => {});
  try {
    await reachable(worker.waitUntilReady(), address);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    // By force: the jobs under way are not finished, their locks run out, and another worker takes them.
    await worker.close(true);
  }
}

/** @throws {UsageError} where no server answers */
async function reachable(ready: Promise<unknown>, address: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new UsageError("--redis", `no server answers at ${address}`, "start one: redis-server");
    timer = setTimeout(() => reject(error), 6000);
  });
  try {
    await Promise.race([ready, late]);
  } finally {
    clearTimeout(timer);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}
