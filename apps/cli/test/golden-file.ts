/** A golden file: what it shows, then runs of the command, each with what it prints. */
export interface Golden {
  readonly comment: string;
  readonly runs: { readonly args: string; readonly exit: number; output: string }[];
}

const DIRECTIVE = /^(?:RUN|FAIL ([0-9]+)): (.*)$/;

/** Reads `RUN: args` (exit 0) and `FAIL n: args` (exit n); the lines after each, up to the next, are its output. */
export function parseGolden(text: string): Golden {
  const comment: string[] = [];
  const runs: Golden["runs"] = [];
  for (const line of text.split("\n")) {
    const directive = DIRECTIVE.exec(line);
    const last = runs.at(-1);
    if (directive !== null) runs.push({ args: directive[2] ?? "", exit: Number(directive[1] ?? 0), output: "" });
    else if (last === undefined) comment.push(line);
    else last.output += `${line}\n`;
  }
  const final = runs.at(-1);
  // The file's own last newline is not output of the last run.
  if (final !== undefined) final.output = final.output.replace(/\n$/, "");
  return { comment: comment.join("\n"), runs };
}

/** The file that {@link parseGolden} reads. */
export function printGolden({ comment, runs }: Golden): string {
  const blocks = runs.map(({ args, exit, output }) => `${exit === 0 ? "RUN" : `FAIL ${exit}`}: ${args}\n${output}`);
  return `${comment}\n${blocks.join("")}`;
}
