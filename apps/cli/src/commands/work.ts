import type { Command } from "commander";
import { work } from "../campaign/bullmq.js";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import type { Verb } from "../frame/verbs.js";
import { count } from "../input/numbers.js";

interface Options {
  readonly redis: string;
  readonly jobs: number;
  readonly silence: number;
}

export const verb: Verb = {
  examples: ["cmodx work --jobs 2", "cmodx work --redis redis://queue.example:6379 --jobs 8"],
  configure(command: Command, io: Io) {
    command
      .option("--redis <url>", "the server of the queue", "redis://localhost:6379")
      .option("--jobs <n>", "processes at a time", count(1, 64), 1)
      .option(
        "--silence <seconds>",
        "without a sign of life after which a worker's jobs are given to others",
        count(1, 3600),
        15,
      );
    return async ({ redis, jobs: processes, silence }: Options): Promise<Exit> => {
      io.note(`Taking jobs from ${redis}. Ctrl-C ends it.\n`);
      await work(redis, { processes, silence }, io.signal, ({ job, jobs, args, exit }) =>
        io.note(`${job + 1}/${jobs} ${args.join(" ")}: ${exit === null ? "did not end" : `exit ${exit}`}\n`),
      );
      return EXIT.good;
    };
  },
};
