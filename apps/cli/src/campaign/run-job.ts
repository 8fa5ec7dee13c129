import { spawn } from "node:child_process";
import { type Job, refusal } from "./job.js";
import { documentsOf, type JobResult } from "./result.js";

/** A job as it is handed out, to a process here or to a worker on another host. */
export interface Task {
  readonly campaign: string;
  readonly job: number;
  readonly jobs: number;
  readonly args: Job;
  /** After which it is stopped, in seconds. */
  readonly timeout: number;
}

const mostOutput = 256 * 1024 * 1024;

/**
 * Runs a job as a process of its own: it may take all its memory or never end, and the others go on.
 *
 * @returns the result; undefined where `signal` stopped it
 */
export function runJob(
  { campaign, job, jobs, args, timeout }: Task,
  signal: AbortSignal,
): Promise<JobResult | undefined> {
  const head = { schema: "cmodx/campaign/1", campaign, job, jobs, args } as const;
  const wrong = refusal(args);
  if (wrong !== undefined) return Promise.resolve({ ...head, exit: null, failed: wrong, out: "", notes: "" });
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [process.argv[1]!, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
    });
    const texts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let bytes = 0;
    let failed: string | undefined;
    const stop = (why: string) => {
      failed ??= why;
      child.kill("SIGKILL");
    };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > mostOutput) stop(`printed more than ${mostOutput / 2 ** 20} MiB`);
        else texts[name].push(chunk);
      });
    }
    const timer = setTimeout(() => stop(`did not end within ${timeout} s`), timeout * 1000);
    const abort = () => child.kill("SIGKILL");
    signal.addEventListener("abort", abort, { once: true });
    child.on("error", (error) => stop(error.message));
    child.on("close", (code, killed) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      if (signal.aborted) return resolve(undefined);
      if (code === null) failed ??= `was ended by ${killed}`;
      const text = (name: "stdout" | "stderr") => Buffer.concat(texts[name]).toString("utf8");
      if (failed !== undefined) resolve({ ...head, exit: null, failed, out: "", notes: "" });
      else resolve({ ...head, exit: code, out: documentsOf(text("stdout")), notes: text("stderr") });
    });
  });
}
