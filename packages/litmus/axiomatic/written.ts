/** A test that is drawn: `head` is its first line and those behind it, a column is the lines of one core. */
export interface Drawn {
  readonly head: readonly string[];
  readonly initial: string;
  readonly columns: readonly (readonly string[])[];
  /** What stands above the columns; P0, P1, … when left out. */
  readonly cores?: readonly string[];
  /** What is shown in the end. */
  readonly locations: readonly string[];
  /** What is asked; nothing when left out. */
  readonly condition?: string;
}

/** The test as a litmus file has it. */
export function written({ head, initial, columns, cores, locations, condition = "true" }: Drawn): string {
  const rows = Math.max(...columns.map(({ length }) => length));
  return [
    ...head,
    `{ ${initial} }`,
    `${(cores ?? columns.map((_, core) => `P${core}`)).join(" | ")} ;`,
    ...Array.from({ length: rows }, (_, row) => `${columns.map((lines) => lines[row] ?? "").join(" | ")} ;`),
    `locations [${locations.map((one) => `${one};`).join(" ")}]`,
    `exists (${condition})`,
    "",
  ].join("\n");
}
