/** A piece of code a reader may copy, and where it stands. */
export interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  /** Modules whose names it may use without importing them, as a docstring does: name to import by, and source file. */
  readonly home?: readonly { readonly name: string; readonly source: string }[];
  /** What it prints, where the text shows that. */
  readonly output?: string;
}

/** The `@example` blocks of a source file's docstrings. */
export function examplesOf(file: string, source: string, home: NonNullable<Example["home"]>): Example[] {
  const found: Example[] = [];
  for (const block of source.matchAll(/@example[^\n]*\n((?:[ \t]*\*.*\n)*?)[ \t]*\* ```\n/g)) {
    const body = (block[1] ?? "").split("\n").map((line) => line.replace(/^[ \t]*\* ?/, ""));
    if (!/^```ts/.test(body[0] ?? "")) continue;
    found.push({ file, line: lineAt(source, block.index), code: body.slice(1).join("\n"), home });
  }
  return found;
}

/** The `ts` blocks of a Markdown file; a `text` block right after one is what it prints. */
export function blocksOf(file: string, text: string): Example[] {
  const blocks = [...text.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap((block, i) => {
    if (block[1] !== "ts") return [];
    const next = blocks[i + 1];
    const between = next === undefined ? "" : text.slice(block.index + block[0].length, next.index);
    const prints = next?.[1] === "text" && /^\s*$/.test(between) ? next[2] : undefined;
    const example = { file, line: lineAt(text, block.index), code: block[2] ?? "" };
    return [prints === undefined ? example : { ...example, output: prints }];
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/**
 * The module that runs an example. `expression; // value` becomes a comparison, so that what the text claims is checked;
 * a comment that is no value is left as it is.
 */
export async function runnable({ code, home }: Example): Promise<string> {
  const imports: string[] = [];
  for (const { name, source } of home ?? []) {
    const exported = Object.keys((await import(source)) as object);
    const free = exported.filter(
      (word) => new RegExp(`\\b${word}\\b`).test(code) && !new RegExp(`import [^;]*\\b${word}\\b`).test(code),
    );
    if (free.length > 0) imports.push(`import { ${free.join(", ")} } from "${name}";`);
  }
  const checked = code.split("\n").map((line) => {
    const claim = /^([A-Za-z_[(].*);\s*\/\/ (.+)$/.exec(line);
    const isStatement = /^(const|let|import|for|if|return)\b/.test(line);
    if (claim === null || isStatement || !isLiteral(claim[2] ?? "")) return line;
    return `expect(${claim[1]}).toEqual(${claim[2]});`;
  });
  return [`import { expect } from "vitest";`, ...imports, ...checked, "export {};"].join("\n");
}

/** Whether `text` is a value that can be compared: a number, a string, an array or an object of such. */
function isLiteral(text: string): boolean {
  return /^(-?(0x[0-9a-fA-F]+|[0-9][0-9_.]*)|"[^"]*"|true|false|null|undefined|\[.*\]|\{.*\})$/.test(text);
}
