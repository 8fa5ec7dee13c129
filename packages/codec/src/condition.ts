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

/** Made when it is first asked for: an import does not. */
let byName: ReadonlyMap<string, number> | undefined;

/** The encoding of a condition's name (`cs` and `cc` included), or undefined. */
export function conditionCode(name: string): number | undefined {
  byName ??= new Map<string, number>(conditions.map((known, code) => [known, code])).set("cs", 2).set("cc", 3);
  return byName.get(name);
}
