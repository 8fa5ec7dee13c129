export { breakpointFor } from "./breakpoint.js";
export { type Decision, decide } from "./decide.js";
export { type Difference, differences, lifeDifferences } from "./differences.js";
export type { Argument } from "./events/argument.js";
export type { EventCommand } from "./events/command.js";
export type { FetchWorld } from "./events/evaluate.js";
export { type EventErrno, type EventErrorName, eventErrors } from "./events/event-error.js";
export { eventFormat, probeDefinition } from "./events/event-format.js";
export type { Fetch } from "./events/fetch.js";
export type { FetchType } from "./events/fetch-type.js";
export {
  errorText,
  type HitEvent,
  KprobeEvents,
  type KprobeEventsOptions,
  type LoggedError,
  type WriteResult,
} from "./events/kprobe-events.js";
export { type ProbeEvent, type ProbeFile, ProbeFiles } from "./events/probe-files.js";
export type { Arming, Purpose, TextChange } from "./life/arming.js";
export { makeDetour } from "./life/detour.js";
export { type Detour, type DetourRequest, type DetourResult, detourBytes } from "./life/detour-frame.js";
export { imageText } from "./life/image-text.js";
export { type FunctionPlace, type KernelText, type ListedText, listedText, type Module } from "./life/kernel-text.js";
export { Kprobes, type KprobesOptions } from "./life/kprobes.js";
export { type ReturnInstance, ReturnProbe, type ReturnProbeSpec, ReturnProbes } from "./life/kretprobe.js";
export { blacklistText, listText } from "./life/listing.js";
export type { DetourPlace } from "./life/optimizer.js";
export { flags, type PostHandler, type PreHandler, Probe, type ProbeSpec } from "./life/probe.js";
export { type Check, checks, type Errno, type Outcome, type Refusal } from "./life/refusal.js";
export { conditionHolds, itStateOf, type Registers, withItAdvanced } from "./life/registers.js";
export type { Site } from "./life/site.js";
export { enterSlot, leaveSlot, slotInsn } from "./life/slot-call.js";
export { SlotPool } from "./life/slot-pool.js";
export { type Execute, ProbeCore, type TrapResult } from "./life/trap.js";
export { MachineProbes, type MachineProbesOptions, type ProbedProgram, probedProgram } from "./machine-probes.js";
export type { Action, Compat } from "./rule.js";
export { rules } from "./rule-of.js";
export { stackHole } from "./stack.js";
