export { chromeJson } from "./chrome-json.js";
export {
  COMMON_FIELDS,
  type CType,
  type EventDefinition,
  type EventField,
  type EventValues,
  type FieldValue,
  formatFile,
} from "./event-definition.js";
export {
  type Filter,
  type FilterContext,
  type FilterError,
  type FilterResult,
  type FunctionOf,
  filterErrorText,
  parseFilter,
} from "./event-filter.js";
export { type EventContext, type EventHit, EventSource, type EventSourceOptions } from "./event-source.js";
export { EventSwitch, type SoftEvent } from "./event-switch.js";
export { type EventNode, EventTree } from "./event-tree.js";
export {
  type TraceControl,
  type Trigger,
  type TriggerAnswer,
  type TriggerCommand,
  Triggers,
} from "./event-triggers.js";
export { flags, seconds, type TextOptions, traceText } from "./ftrace-text.js";
export { duration, mark } from "./graph-text.js";
export { globMatches, type MatchKind, matches, type Pattern, parsePattern } from "./pattern.js";
export { perfetto } from "./perfetto.js";
export { PidFilter, type PidList } from "./pid-filter.js";
export type { Circumstances, Recording, Task, TraceEntry } from "./recording.js";
export { RingBuffer } from "./ring-buffer.js";
export type { TraceFile, WriteAnswer } from "./trace-file.js";
export { type TraceOption, TraceOptions } from "./trace-options.js";
