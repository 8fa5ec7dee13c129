import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";
import { count } from "../input/numbers.js";
import { type Expectations, parseExpectations } from "../litmus/expectations.js";
import { DRAWINGS, type Drawing, type FileResult } from "../litmus/run-file.js";
import { runFiles } from "../litmus/run-files.js";
import { counted } from "../text/layout.js";

interface Options {
  readonly expect?: string;
  readonly jobs: number;
  readonly timeout: number;
  readonly witness?: Drawing;
  readonly json?: true;
}

export const verb: Verb = {
  examples: [
    "cmodx litmus litmus/SM.litmus",
    "cmodx litmus litmus --expect litmus/kinds.txt --jobs 2 --json",
    "cmodx litmus litmus/CoFF.litmus --witness svg > CoFF.svg",
  ],
  configure(command: Command, io: Io) {
    command
      .argument("<paths...>", "litmus files, or directories of them")
      .option("--expect <file>", "a name and a verdict a line; any difference exits 1")
      .option(
        "--jobs <n>",
        "workers: for as many tests at a time, or for parts of each where there are fewer",
        count(1, 64),
        1,
      )
      .option("--timeout <seconds>", "after which a test is unknown", count(1, 86_400), 60)
      .addOption(
        new Option(
          "--witness <drawing>",
          "draw an execution that the condition is about, a lane for each core",
        ).choices(DRAWINGS),
      )
      .option("--json", "print one JSON object a line");
    return async (paths: string[], { expect, jobs, timeout, witness, json }: Options): Promise<Exit> => {
      const files = paths.flatMap(litmusFiles);
      if (files.length === 0) throw new UsageError(paths.join(" "), "has no .litmus file", "name files or directories");
      const expected =
        expect === undefined ? undefined : parseExpectations(readFileSync(expect, "utf8").split(/\r?\n/), expect);
      const tally = new Tally(expected);
      const asked = {
        seconds: timeout,
        ...(witness === undefined ? {} : { witness }),
        ...(io.columns === undefined ? {} : { columns: io.columns }),
      };
      for await (const done of runFiles(files, jobs, asked, io.signal)) {
        io.progress();
        // A drawing alone is what goes into a file; text stands below the result.
        if (witness === "svg" || witness === "dot") io.out(done.witness ?? "");
        else io.out(json ? `${JSON.stringify(done.result)}\n` : done.herd === "" ? "" : `${done.herd}\n`);
        if (witness === "text" && !json && done.witness !== undefined) io.out(`${done.witness}\n`);
        for (const complaint of tally.add(done)) io.note(`cmodx: ${complaint}\n`);
        io.progress(`Running. ${tally.ran}/${files.length} ${done.result.name}`);
      }
      io.progress();
      if (files.length > 1 || expected !== undefined) io.note(`${tally.summary(files.length)}\n`);
      return tally.exit;
    };
  },
};

/** The files a path means: itself, or every `.litmus` file below it, in the order of their names. */
function litmusFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const below = join(path, entry.name);
      if (entry.isDirectory()) return litmusFiles(below);
      return entry.name.endsWith(".litmus") ? [below] : [];
    });
}

/** What came of all files together. */
class Tally {
  ran = 0;
  #compared = 0;
  #different = 0;
  #unknown = 0;
  #malformed = 0;
  readonly #expected: Expectations | undefined;

  constructor(expected: Expectations | undefined) {
    this.#expected = expected;
  }

  /** Counts one result and says what is wrong with it. */
  add({ file, result: { name, verdict, error }, malformed }: FileResult): string[] {
    this.ran++;
    if (malformed) this.#malformed++;
    else if (verdict === "unknown") this.#unknown++;
    const complaints =
      error === undefined ? [] : [malformed ? `${error}; correct the file` : `${file}: unknown: ${error}`];
    const right = this.#expected?.get(name);
    if (right === undefined) return complaints;
    this.#compared++;
    if (right.includes(verdict)) return complaints;
    this.#different++;
    return [...complaints, `${file}: ${name} is ${verdict}; expected ${right.join(" or ")}`];
  }

  summary(files: number): string {
    const parts = [`${counted(this.ran, "test")}${this.ran < files ? ` of ${files}, incomplete` : ""}`];
    if (this.#expected !== undefined) {
      parts.push(`${this.#compared - this.#different} as expected, ${this.#different} not`);
      const missing = this.#expected.size - this.#compared;
      if (missing > 0) parts.push(`${missing} expected and not run`);
      if (this.ran > this.#compared) parts.push(`${this.ran - this.#compared} run and not expected`);
    }
    if (this.#unknown > 0) parts.push(`${this.#unknown} unknown`);
    if (this.#malformed > 0) parts.push(`${this.#malformed} malformed`);
    return parts.join(", ");
  }

  get exit(): Exit {
    if (this.#different > 0) return EXIT.bad;
    return this.#malformed > 0 ? EXIT.unanswered : EXIT.good;
  }
}
