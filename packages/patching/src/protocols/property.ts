/** What a plan may guarantee to the cores that execute the site. */
export type Property =
  | "old-or-new"
  | "new-after-completion"
  | "never-new-then-old"
  | "no-deadlock"
  | "validated-old-value";

/**
 * Each property in a sentence.
 *
 * @example
 * ```ts
 * PROPERTIES["old-or-new"]; // "every execution of the site is of the old instruction or of the new one (or of the protocol's placeholder)"
 * ```
 */
export const PROPERTIES: Readonly<Record<Property, string>> = {
  "old-or-new":
    "every execution of the site is of the old instruction or of the new one (or of the protocol's placeholder)",
  "new-after-completion": "a core that knows the plan is complete executes only the new instruction",
  "never-new-then-old": "a core that has executed the new instruction never executes the old one again",
  "no-deadlock": "no core waits for ever",
  "validated-old-value": "where the site holds something else than the old instruction, nothing is written",
};

/**
 * Every property, in the order of reports.
 *
 * @example
 * ```ts
 * PROPERTY_NAMES; // ["old-or-new", "new-after-completion", "never-new-then-old", "no-deadlock", "validated-old-value"]
 * ```
 */
export const PROPERTY_NAMES: readonly Property[] = Object.keys(PROPERTIES) as Property[];

/**
 * What whoever executes the site relies on: what is asked of a plan unless one says otherwise, and what makes it sound.
 *
 * @example
 * ```ts
 * EXECUTION_PROPERTIES; // ["old-or-new", "new-after-completion", "no-deadlock"]
 * ```
 */
export const EXECUTION_PROPERTIES: readonly Property[] = ["old-or-new", "new-after-completion", "no-deadlock"];
