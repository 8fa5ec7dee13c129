import { createHash } from "node:crypto";
import { UsageError } from "../frame/usage-error.js";

/** One line of a campaign: a run of this command, without its name. */
export type Job = readonly string[];

/** What may be a job: it asks, and writes nothing. */
const verbs: ReadonlySet<string> = new Set([
  "asm",
  "audit",
  "check",
  "disasm",
  "incidents",
  "litmus",
  "plan",
  "probe",
  "prove",
  "run",
]);
const writes = /^(-o|--output|--trace-out)(=|$)/;

/**
 * The jobs of a text: a command a line, words as a shell separates and quotes them. Empty lines and what follows `#` at the beginning of
 * a word do not count, and a leading `cmodx` may be there.
 *
 * @throws {UsageError} naming file and line
 */
export function parseJobs(text: string, file: string): Job[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    const words = wordsOf(line, `${file}:${i + 1}`);
    const job = words[0] === "cmodx" ? words.slice(1) : words;
    if (job.length === 0) return [];
    const wrong = refusal(job);
    if (wrong !== undefined) throw new UsageError(`${file}:${i + 1}`, wrong, `use ${[...verbs].join(", ")}`);
    return [job];
  });
}

/** Why a command is no job; undefined for one that is. */
export function refusal(job: Job): string | undefined {
  const [verb = ""] = job;
  if (!verbs.has(verb)) return `"${verb}" is no job`;
  const file = job.find((word) => writes.test(word));
  return file === undefined ? undefined : `${file} writes a file, and a job's answer is its output`;
}

/** Text without quotes, `'…'` as it is, `"…"` where a backslash protects what follows it, and the same without quotes. */
function wordsOf(line: string, where: string): string[] {
  const words: string[] = [];
  const part = /\s+|#.*$|'([^']*)'|"((?:[^"\\]|\\.)*)"|((?:[^\s'"\\#]|\\.|(?<=\S)#)+)/y;
  let word: string | undefined;
  while (part.lastIndex < line.length) {
    const found = part.exec(line);
    if (found === null) throw new UsageError(where, "a quote is not closed", "close it");
    const [all, single, double, bare] = found;
    const text = single ?? double?.replaceAll(/\\(.)/g, "$1") ?? bare?.replaceAll(/\\(.)/g, "$1");
    if (text !== undefined) word = (word ?? "") + text;
    else {
      if (word !== undefined) words.push(word);
      word = undefined;
      if (all.startsWith("#")) return words;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** Names a campaign by its jobs and their order. */
export function campaignOf(jobs: readonly Job[]): string {
  return createHash("sha256").update(JSON.stringify(jobs)).digest("hex").slice(0, 16);
}
