export type { TraceFile, WriteAnswer } from "@cmodx/trace";
export { PidFilter, type PidList, type SoftEvent } from "@cmodx/trace";
export { type CallState, callNop, callOf, stateOf } from "./call-site.js";
export type { FilterCommands } from "./filter-command.js";
export { FilterFile, type FilterKind } from "./filter-file.js";
export { type FrameShape, frameShape } from "./frame-shape.js";
export {
  Ftrace,
  type FtraceAnswer,
  type FtraceOptions,
  type FtracePatcher,
  type GraphState,
  type ModuleListener,
} from "./ftrace.js";
export { ftraceBugText, type PatchFailure, type UpdateKind } from "./ftrace-bug.js";
export { FtraceError } from "./ftrace-error.js";
export {
  FunctionProbes,
  type ProbeAction,
  type ProbeControl,
  type ProbeData,
  type ProbeKind,
} from "./function-probes.js";
export { type GraphFrame, GraphStack } from "./graph-stack.js";
export {
  type CallRecord,
  type CallWish,
  callEdits,
  callsOf,
  type ImageCalls,
  selectRecords,
} from "./image-calls.js";
export { LiveForm, type LiveRoom } from "./live-form.js";
export { livePlans, liveProtocol, MachinePatcher } from "./machine-patcher.js";
export { MachineTracer, type MachineTracerOptions, type TracerName } from "./machine-tracer.js";
export { ModulePlt } from "./module-plt.js";
export { type CallContext, FtraceOps, type OpsHandler, type OpsOptions } from "./ops.js";
export { costLine, costSince, costTable, NO_COST, type PatchingCost } from "./patching-cost.js";
export { FunctionProfiler } from "./profiler.js";
export { DynRecord, RECORD } from "./record.js";
export { type Moment, Recorder, type RecorderOptions } from "./recorder.js";
export { scanRecords } from "./scan-calls.js";
export { linuxForm, type SiteChange, type SiteForm } from "./site-form.js";
export { StackTracer } from "./stack-tracer.js";
export {
  type FunctionNames,
  type FunctionPlace,
  functionNames,
  functionOf,
  type TracedProgram,
  tracedProgram,
} from "./traced-program.js";
export { createTracefs, type Tracefs, type TracefsOptions, type TraceMount } from "./tracefs.js";
export type { TracerCode, TracerCodes } from "./tracer-code.js";
export {
  assembleOpsTrampoline,
  assembleTrampolines,
  type OpsTrampoline,
  type Patching,
  type Trampolines,
} from "./trampolines.js";
export { type ChainLink, type RealAddress, Unwinder } from "./unwinder.js";
