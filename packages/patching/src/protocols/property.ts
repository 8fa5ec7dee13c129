/** What a plan may guarantee to the cores that execute the site. */
export type Property = "old-or-new" | "new-after-completion" | "no-deadlock";

/** Each property in a sentence. */
export const PROPERTIES: Readonly<Record<Property, string>> = {
  "old-or-new":
    "every execution of the site is of the old instruction or of the new one (or of the protocol's placeholder)",
  "new-after-completion": "a core that knows the plan is complete executes only the new instruction",
  "no-deadlock": "no core waits for ever",
};

export const PROPERTY_NAMES: readonly Property[] = Object.keys(PROPERTIES) as Property[];
