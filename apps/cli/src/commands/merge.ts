import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { lineOf, mergeResults, parseResults } from "../campaign/result.js";
import { exitOf, summary } from "../campaign/summary.js";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";

export const verb: Verb = {
  examples: [
    "cmodx merge part1.jsonl part2.jsonl > results.jsonl",
    "cmodx merge results.jsonl | jq -r '.out[].verdict'",
  ],
  configure(command: Command, io: Io) {
    command.argument("<files...>", "results of `cmodx campaign`, of any of its parts");
    return (files: readonly string[]): Exit => {
      const { results, missing, jobs } = mergeResults(
        files.map((file) => ({ file, results: parseResults(readFileSync(file, "utf8"), file) })),
      );
      if (jobs === 0)
        throw new UsageError(files.join(" "), "has no result", "name files that `cmodx campaign` has written");
      for (const result of results) io.out(lineOf(result));
      io.note(`${summary(results, jobs)}\n`);
      return missing > 0 ? EXIT.unanswered : exitOf(results);
    };
  },
};
