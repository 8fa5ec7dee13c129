import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { runQueued } from "../campaign/bullmq.js";
import { campaignOf, parseJobs } from "../campaign/job.js";
import { runHere } from "../campaign/local.js";
import { type JobResult, lineOf, mergeResults, parseResults } from "../campaign/result.js";
import type { Task } from "../campaign/run-job.js";
import { exitOf, summary } from "../campaign/summary.js";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";
import { readBytes } from "../input/bytes.js";
import { count } from "../input/numbers.js";
import { replaceFile } from "../input/replace-file.js";
import { type Shard, shard, shareOf } from "../input/shard.js";

interface Options {
  readonly output?: string;
  readonly shard?: Shard;
  readonly jobs: number;
  readonly timeout: number;
  readonly engine: "local" | "bullmq";
  readonly redis: string;
}

export const verb: Verb = {
  examples: ["cmodx campaign jobs.txt --jobs 2 -o results.jsonl", "cmodx campaign jobs.txt --shard 2/8 -o part2.jsonl"],
  configure(command: Command, io: Io) {
    command
      .argument("<jobs>", "a text with a command of this program a line, its name left out; - reads standard input")
      .option(
        "-o, --output <file>",
        "where results are kept: what it holds already is not run again; standard output without it",
      )
      .option("--shard <i/n>", "only one of n parts of the jobs, the same part every time", shard)
      .option("--jobs <n>", "processes at a time", count(1, 64), 1)
      .option("--timeout <seconds>", "after which a job is given up", count(1, 86_400), 3600)
      .addOption(
        new Option("--engine <engine>", "who runs them: this host, or workers on a queue")
          .choices(["local", "bullmq"])
          .default("local"),
      )
      .option("--redis <url>", "the server of the queue", "redis://localhost:6379");
    return (file: string, options: Options): Promise<Exit> => run(file, options, io);
  },
};

async function run(file: string, { output, shard, jobs, timeout, engine, redis }: Options, io: Io): Promise<Exit> {
  const all = parseJobs(new TextDecoder().decode(await readBytes(file, io)), file);
  if (all.length === 0)
    throw new UsageError(file, "has no job", "write a command a line, such as: litmus litmus --json");
  const campaign = campaignOf(all);
  const tasks = shareOf(
    all.map((args, job): Task => ({ campaign, job, jobs: all.length, args, timeout })),
    shard,
  );
  const kept = output !== undefined && existsSync(output) ? parseResults(readFileSync(output, "utf8"), output) : [];
  const strange = kept.find((result) => result.campaign !== campaign);
  if (strange !== undefined) throw new UsageError(output!, "has results of other jobs", "name another file");
  // What did not come to its end is tried again; and a line that was half written goes.
  const results = new Map(kept.filter(({ exit }) => exit !== null).map((result) => [result.job, result]));
  if (output !== undefined) replaceFile(output, linesOf([...results.values()]));
  const left = tasks.filter(({ job }) => !results.has(job));
  const source = engine === "local" ? runHere(left, jobs, io.signal) : runQueued(left, redis, io.signal);
  let done = tasks.length - left.length;
  io.progress(progressText(done, tasks.length));
  for await (const result of source) {
    results.set(result.job, result);
    if (output === undefined) io.out(lineOf(result));
    else appendFileSync(output, lineOf(result));
    io.progress();
    if (result.failed !== undefined) io.note(`cmodx: job ${result.job}, ${result.args.join(" ")}: ${result.failed}\n`);
    io.progress(progressText(++done, tasks.length));
  }
  io.progress();
  const own = tasks.flatMap(({ job }) => results.get(job) ?? []);
  const complete = own.length === tasks.length;
  // In the order of the jobs, so that the file does not tell who was done first.
  const sorted = mergeResults([{ file: output ?? "", results: [...results.values()] }]);
  if (output !== undefined) replaceFile(output, linesOf(sorted.results));
  io.note(`${summary(own, tasks.length)}\n`);
  if (io.signal.aborted) return EXIT.interrupted;
  return complete ? exitOf(own) : EXIT.unanswered;
}

const progressText = (done: number, of: number): string => `Running. ${done}/${of} jobs`;

const linesOf = (results: readonly JobResult[]): Uint8Array => new TextEncoder().encode(results.map(lineOf).join(""));
