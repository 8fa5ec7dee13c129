export { type CallState, callNop, callOf, stateOf } from "./call-site.js";
export { FtraceError } from "./ftrace-error.js";
export {
  type CallRecord,
  type CallWish,
  callEdits,
  callsOf,
  type ImageCalls,
  selectRecords,
} from "./image-calls.js";
