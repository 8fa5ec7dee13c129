export {
  type CType,
  type EventContext,
  type EventDefinition,
  type EventField,
  EventSource,
  type EventSourceOptions,
  type EventValues,
  type FieldValue,
  type Filter,
  type FilterContext,
  type FilterError,
  type FilterResult,
  filterErrorText,
  formatFile,
  parseFilter,
  type TraceControl,
  type Trigger,
  type TriggerAnswer,
  type TriggerCommand,
  Triggers,
} from "@cmodx/trace";
export {
  assembleStaticBranches,
  type StaticBranchOptions,
  type StaticBranchResult,
  staticBranch,
} from "./assemble-branches.js";
export { type DelayedWork, VirtualClock } from "./clock.js";
export { DeferredKey } from "./deferred-key.js";
export { cType } from "./events/c-type.js";
export { eventDefinition, type FieldDeclaration } from "./events/event-definition.js";
export { decodeRecord, encodeRecord } from "./events/event-record.js";
export { type KeyEventsOptions, keyEvents } from "./events/key-events.js";
export { printEvent } from "./events/print-format.js";
export { type RecordedEvent, TraceEvent, type TraceEventOptions } from "./events/trace-event.js";
export { type ImageLabels, labelsOf } from "./image-labels.js";
export { type JumpEntry, sortEntries, textReserved } from "./jump-entry.js";
export { entryBytes, type JumpTableLayout, readJumpTable, writeJumpTable } from "./jump-table.js";
export { MachineKeys } from "./machine-keys.js";
export { type AddressRange, Module, type ModuleImage } from "./module.js";
export { liveOrStop, memoryPatcher, type Patcher, PlanPatcher } from "./patcher.js";
export type { PlansCost } from "./plans-cost.js";
export { branchAt, type Compat, isNop, nopAt, siteEdit } from "./site-edit.js";
export { type KeyUse, StaticKey, staticKey } from "./static-key.js";
export { StaticKeys, type StaticKeysOptions } from "./static-keys.js";
export { StaticKeysError } from "./static-keys-error.js";
export { type SwitchCost, type SwitchCosts, switchCosts } from "./switch-cost.js";
export { keyEdits } from "./switch-image.js";
export { GracePeriods, type Snapshot } from "./tracepoints/grace-periods.js";
export {
  type Probe,
  type ProbeEntry,
  STUB,
  Tracepoint,
  type TracepointOptions,
  tracepoint,
} from "./tracepoints/tracepoint.js";
export { type Answer, type Effect, Tracepoints, type TracepointsOptions } from "./tracepoints/tracepoints.js";
export { compiledForm, formNow, type SiteForm, untypedForm, untypedIsWrong } from "./truth-table.js";
export type { Warning, WarningId } from "./warnings.js";
