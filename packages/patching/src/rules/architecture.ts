/**
 * The versions of the architecture whose lists of concurrently modifiable instructions differ.
 *
 * @example
 * ```ts
 * ARCHITECTURES; // ["armv7", "armv8-aarch32"]
 * ```
 */
export const ARCHITECTURES = ["armv7", "armv8-aarch32"] as const;
/** A version of the architecture with a list of its own. */
export type Architecture = (typeof ARCHITECTURES)[number];

/** Where each version states its list. */
export const REFERENCE: Readonly<Record<Architecture, string>> = {
  armv7: "ARM DDI 0406C A3.5.4",
  "armv8-aarch32": "ARM DDI 0487 E2.2.5",
};
