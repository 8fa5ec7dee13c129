export { type CallState, callNop, callOf, stateOf } from "./call-site.js";
export { FtraceError } from "./ftrace-error.js";
export { globMatches, type MatchKind, matches, type Pattern, parsePattern } from "./glob.js";
export {
  type CallRecord,
  type CallWish,
  callEdits,
  callsOf,
  type ImageCalls,
  selectRecords,
} from "./image-calls.js";
