import { EXIT, type Exit } from "../frame/io.js";
import { counted } from "../text/layout.js";
import type { JobResult } from "./result.js";

/** How many jobs there are, and what came of them. */
export function summary(results: readonly JobResult[], jobs: number): string {
  const of = (wanted: (result: JobResult) => boolean, what: string): string[] => {
    const n = results.filter(wanted).length;
    return n === 0 ? [] : [`${n} ${what}`];
  };
  return [
    `${counted(results.length, "job")}${results.length < jobs ? ` of ${jobs}, incomplete` : ""}`,
    ...of(({ exit }) => exit === EXIT.bad, "with a bad answer"),
    ...of(({ exit }) => exit !== null && exit > EXIT.bad, "without an answer"),
    ...of(({ exit }) => exit === null, "that did not end"),
  ].join(", ");
}

/** The worst that came of any job. */
export function exitOf(results: readonly JobResult[]): Exit {
  if (results.some(({ exit }) => exit === null || exit > EXIT.bad)) return EXIT.unanswered;
  return results.some(({ exit }) => exit === EXIT.bad) ? EXIT.bad : EXIT.good;
}
