/** A condition as the manual names it; `al` is "always". `hs` and `lo` are read as `cs` and `cc`. */
export type Condition =
  | "eq"
  | "ne"
  | "hs"
  | "lo"
  | "mi"
  | "pl"
  | "vs"
  | "vc"
  | "hi"
  | "ls"
  | "ge"
  | "lt"
  | "gt"
  | "le"
  | "al";

/** The conditions in the order of their encodings, 0b0000 to 0b1110. */
export const conditions: readonly Condition[] = [
  "eq",
  "ne",
  "hs",
  "lo",
  "mi",
  "pl",
  "vs",
  "vc",
  "hi",
  "ls",
  "ge",
  "lt",
  "gt",
  "le",
  "al",
];

const byName = new Map<string, number>(conditions.map((name, code) => [name, code]));
byName.set("cs", 2);
byName.set("cc", 3);

/** The encoding of a condition's name (`cs` and `cc` included), or undefined. */
export function conditionCode(name: string): number | undefined {
  return byName.get(name);
}
