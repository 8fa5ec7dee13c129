/** One label, directive or instruction of a text, with the place it starts at (from 1). */
export interface Statement {
  readonly kind: "label" | "directive" | "insn";
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** A string, a character, or a comment: the first of them to begin hides the others. A `#` begins a comment only where a line begins. */
const quotedOrComment = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^\\\n])'?|\/\*[\s\S]*?\*\/|(?:@|\/\/|^[ \t]*#).*/gm;

/** Replaces comments by spaces, so that columns stay. */
function withoutComments(text: string): string {
  return text.replace(quotedOrComment, (found) => (/^["']/.test(found) ? found : found.replace(/[^\n]/g, " ")));
}

/** The parts of a line between the `;` that no string has. */
function partsOf(line: string): string[] {
  if (!/["']/.test(line)) return line.split(";");
  const plain = line.replace(quotedOrComment, (found) => " ".repeat(found.length)).split(";");
  let end = -1;
  return plain.map(({ length }) => {
    const from = end + 1;
    end = from + length;
    return line.slice(from, end);
  });
}

/** `name = value` is a directive, too. */
const assignment = /^[A-Za-z_.$][\w.$]*\s*=[^=]/;

/** Splits a text into statements: lines, and `;` between statements of one line. */
export function statements(text: string): readonly Statement[] {
  const list: Statement[] = [];
  withoutComments(text)
    .split(/\r?\n/)
    .forEach((source, i) => {
      const line = i + 1;
      let at = 0;
      for (const part of partsOf(source)) {
        let rest = part;
        let column = at + 1;
        for (let label = takeLabel(rest); label !== undefined; label = takeLabel(rest)) {
          list.push({ kind: "label", text: label.name, line, column: column + label.lead });
          rest = rest.slice(label.length);
          column += label.length;
        }
        const trimmed = rest.trim();
        // A comment, too, where a statement begins.
        if (trimmed.startsWith("#")) break;
        if (trimmed !== "") {
          const start = column + rest.length - rest.trimStart().length;
          const isDirective = trimmed.startsWith(".") || assignment.test(trimmed);
          list.push({ kind: isDirective ? "directive" : "insn", text: trimmed, line, column: start });
        }
        at += part.length + 1;
      }
    });
  return list;
}

function takeLabel(text: string): { name: string; lead: number; length: number } | undefined {
  const match = /^(\s*)([A-Za-z_.$][\w.$]*|\d+)\s*:/.exec(text);
  if (match === null) return undefined;
  return { name: match[2]!, lead: match[1]!.length, length: match[0].length };
}
