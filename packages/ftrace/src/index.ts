export { type CallState, callNop, callOf, stateOf } from "./call-site.js";
export { FilterFile, type FilterKind } from "./filter-file.js";
export { Ftrace, type FtraceAnswer, type FtraceOptions, type FtracePatcher, type GraphState } from "./ftrace.js";
export { ftraceBugText, type PatchFailure, type UpdateKind } from "./ftrace-bug.js";
export { FtraceError } from "./ftrace-error.js";
export {
  type CallRecord,
  type CallWish,
  callEdits,
  callsOf,
  type ImageCalls,
  selectRecords,
} from "./image-calls.js";
export { MachineTracer, type MachineTracerOptions } from "./machine-tracer.js";
export { type CallContext, FtraceOps, type OpsHandler, type OpsOptions } from "./ops.js";
export { DynRecord, RECORD } from "./record.js";
export { type Moment, Recorder, type RecorderOptions } from "./recorder.js";
export { returnSlot } from "./return-slot.js";
export { scanRecords } from "./scan-calls.js";
export { createTracefs, type TraceFile, type Tracefs, type WriteAnswer } from "./tracefs.js";
export type { TracerCode, TracerCodes } from "./tracer-code.js";
export { assembleTrampolines, type Trampolines } from "./trampolines.js";
