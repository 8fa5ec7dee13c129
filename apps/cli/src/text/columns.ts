/** How a column stands: numbers to the right, words to the left. */
export type Align = "left" | "right";

/**
 * Rows as columns, two spaces in and two between. The last column is not padded, so that lines have no trailing spaces.
 */
export function columns(rows: readonly (readonly string[])[], align: readonly Align[]): string {
  const widths = align.map((_, i) => rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), 0));
  return rows
    .map((row) => {
      const cells = row.map((cell, i) => (align[i] === "right" ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)));
      return `  ${cells.join("  ")}`.trimEnd();
    })
    .map((line) => `${line}\n`)
    .join("");
}

/** `39757` as `39,757`. */
export function grouped(n: number): string {
  return n.toLocaleString("en");
}
