/** `0x` and eight digits: an address as every text output prints it. */
export function hex32(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

/** Bytes in memory order, lower-case hex: `00f020e3`. */
export function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A paragraph under a label, wrapped at `columns`: the label stands once, in the left margin.
 *
 * @param lines - each is wrapped on its own and starts on a line of its own
 */
export function labelled(label: string, lines: readonly string[], columns = 100, margin = 14): string {
  const wrapped = lines.flatMap((line) => wrap(line, columns - margin));
  return wrapped.map((line, i) => `${(i === 0 ? `  ${label}` : "").padEnd(margin)}${line}\n`).join("");
}

/** Breaks `text` at spaces so that no line is longer than `columns`, where a word allows it. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** `1 store`, `2 stores`. */
export function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
