export { breakpointFor } from "./breakpoint.js";
export { type Decision, decide } from "./decide.js";
export { type Difference, differences } from "./differences.js";
export type { Action, Compat } from "./rule.js";
export { rules } from "./rule-of.js";
export { stackHole } from "./stack.js";
