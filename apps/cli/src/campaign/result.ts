import { UsageError } from "../frame/usage-error.js";
import type { Job } from "./job.js";

/** What came of one job: the same wherever and however often it is run. */
export interface JobResult {
  readonly schema: "cmodx/campaign/1";
  /** Of which campaign, and which of how many jobs, from 0. */
  readonly campaign: string;
  readonly job: number;
  readonly jobs: number;
  readonly args: Job;
  /** The command's exit status; null where it did not come to its end. */
  readonly exit: number | null;
  /** Why it did not. */
  readonly failed?: string;
  /** The documents that it printed, without the times in them; or the text, where it printed no JSON. */
  readonly out: readonly object[] | string;
  readonly notes: string;
}

/** The output of a command as documents, where every line is one. */
export function documentsOf(out: string): readonly object[] | string {
  const lines = out.split("\n").filter((line) => line !== "");
  if (lines.length === 0 || !lines[0]!.startsWith("{")) return out;
  try {
    return lines.map((line) => JSON.parse(line, (key, value) => (key === "seconds" ? undefined : value)) as object);
  } catch {
    return out;
  }
}

export function lineOf(result: JobResult): string {
  return `${JSON.stringify(result)}\n`;
}

/**
 * The results in a file of them. A last line without its end is what an interrupted campaign has left: that job is run again.
 *
 * @throws {UsageError} for any other line that is no result
 */
export function parseResults(text: string, file: string): JobResult[] {
  const lines = text.split("\n");
  lines.pop();
  return lines.map((line, i) => {
    const where = `${file}:${i + 1}`;
    let result: unknown;
    try {
      result = JSON.parse(line);
    } catch {
      throw new UsageError(where, "is no JSON", "give a file that `cmodx campaign` has written");
    }
    if (!isResult(result))
      throw new UsageError(where, "is no result of a job", "give a file that `cmodx campaign` has written");
    return result;
  });
}

function isResult(value: unknown): value is JobResult {
  if (typeof value !== "object" || value === null) return false;
  const { schema, campaign, job, jobs, args } = value as Partial<JobResult>;
  const counted = typeof job === "number" && typeof jobs === "number" && job >= 0 && job < jobs;
  return schema === "cmodx/campaign/1" && typeof campaign === "string" && counted && Array.isArray(args);
}

/** Results of one campaign, in the order of its jobs, and what is wrong with them. */
export interface Merged {
  readonly results: readonly JobResult[];
  /** Jobs that nobody has run. */
  readonly missing: number;
  readonly jobs: number;
}

/**
 * Puts the results of a campaign together.
 *
 * @throws {UsageError} where they are of several campaigns, or where two answers to one job differ
 */
export function mergeResults(
  files: readonly { readonly file: string; readonly results: readonly JobResult[] }[],
): Merged {
  const known = new Map<number, { readonly file: string; readonly line: string; readonly result: JobResult }>();
  let first: { readonly file: string; readonly result: JobResult } | undefined;
  for (const { file, results } of files) {
    for (const result of results) {
      first ??= { file, result };
      if (result.campaign !== first.result.campaign) {
        throw new UsageError(file, `is of another campaign than ${first.file}`, "merge the results of one campaign");
      }
      const line = lineOf(result);
      const other = known.get(result.job);
      // What did not come to its end says nothing: an answer takes its place.
      if (other === undefined || other.result.exit === null) known.set(result.job, { file, line, result });
      else if (result.exit !== null && other.line !== line) {
        throw new UsageError(file, `answers job ${result.job} otherwise than ${other.file}`, "run that job again");
      }
    }
  }
  const results = [...known.values()].map(({ result }) => result).sort((a, b) => a.job - b.job);
  const jobs = first?.result.jobs ?? 0;
  return { results, missing: jobs - results.length, jobs };
}
