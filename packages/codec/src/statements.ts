import type { Issue } from "./parse.js";

/** One label, directive or instruction of a text, with the place it starts at (from 1). */
export interface Statement {
  readonly kind: "label" | "directive" | "insn";
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Replaces comments by spaces, so that columns stay. */
function withoutComments(text: string): string {
  const blocks = text.replace(/\/\*[\s\S]*?\*\//g, (block) => block.replace(/[^\n]/g, " "));
  return blocks.replace(/(@|\/\/).*$/gm, (comment) => " ".repeat(comment.length));
}

/** Splits a text into statements: lines, and `;` between statements of one line. */
export function statements(text: string): { readonly list: readonly Statement[]; readonly issues: readonly Issue[] } {
  const list: Statement[] = [];
  const issues: Issue[] = [];
  withoutComments(text)
    .split(/\r?\n/)
    .forEach((source, i) => {
      const line = i + 1;
      let at = 0;
      for (const part of source.split(";")) {
        let rest = part;
        let column = at + 1;
        for (let label = takeLabel(rest); label !== undefined; label = takeLabel(rest)) {
          list.push({ kind: "label", text: label.name, line, column: column + label.lead });
          rest = rest.slice(label.length);
          column += label.length;
        }
        const trimmed = rest.trim();
        if (trimmed !== "") {
          const start = column + rest.length - rest.trimStart().length;
          const kind = trimmed.startsWith(".") && !/^\.inst\b/i.test(trimmed) ? "directive" : "insn";
          list.push({ kind, text: trimmed, line, column: start });
        }
        at += part.length + 1;
      }
    });
  return { list, issues };
}

function takeLabel(text: string): { name: string; lead: number; length: number } | undefined {
  const match = /^(\s*)([A-Za-z_.$][\w.$]*|\d+)\s*:/.exec(text);
  if (match === null) return undefined;
  return { name: match[2]!, lead: match[1]!.length, length: match[0].length };
}
