export { ARCHITECTURES, type Architecture, LISTS, type Lists } from "@cmodx/codec";
export { apply, insnIn, type Mismatch } from "./apply/apply.js";
export { bytesMemory, type CodeMemory } from "./apply/code-memory.js";
export { applyEdits, imageMemory } from "./apply/image-memory.js";
export { machineMemory } from "./apply/machine-memory.js";
export { type SimulateOptions, type Simulation, simulate } from "./apply/simulate.js";
export {
  type AuditOptions,
  type AuditReport,
  audit,
  auditSites,
  compareMemory,
  disabledCall,
  FINDINGS,
  type Finding,
  type FindingId,
  type InsnText,
  type KeySummary,
  type KindSummary,
  type Level,
  type MemoryChange,
  type MemoryComparison,
  type MemoryDump,
  PlaceNames,
  runtimeNop,
  type SeenSite,
  SITE_KINDS,
  type Site,
  type SiteKey,
  type SiteKind,
  type SiteModel,
  type SitesAudit,
  type SwitchedSite,
  type Transition,
} from "./audit/index.js";
export { type AnyBoundary, type Boundary, type Edit, editOf, editSize, straddles, straddlesLines } from "./edit.js";
export { planToC } from "./export/c.js";
export { planToDot } from "./export/dot.js";
export { planToLitmus } from "./export/litmus.js";
export { planToPromela } from "./export/promela.js";
export { stepText } from "./export/text.js";
export { INCIDENTS, type Incident } from "./incidents/catalogue.js";
export type { Pattern, PatternId, Reproduction, Version } from "./incidents/pattern.js";
export { PATTERNS } from "./incidents/patterns.js";
export { PatchingError } from "./patching-error.js";
export { type Necessity, necessary } from "./proof/necessary.js";
export {
  type Proof,
  type ProveOptions,
  prove,
  proveAsync,
  provePlan,
  provePlanAsync,
  type Verdict,
} from "./proof/prove.js";
export {
  type ExecutedCode,
  type ExecutorProgram,
  type Executors,
  type NamedScenario,
  scenarioOf,
} from "./proof/scenario.js";
export { type Synthesis, type SynthesiseOptions, synthesise } from "./proof/synthesise.js";
export { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from "./protocols/catalogue.js";
export type { ProtocolChoice } from "./protocols/choice.js";
export { type Cost, compareCost, cost, stopsMachine } from "./protocols/cost.js";
export { type Plan, plan, plansFor } from "./protocols/plan.js";
export { EXECUTION_PROPERTIES, PROPERTIES, PROPERTY_NAMES, type Property } from "./protocols/property.js";
export type { Change, Literal, PlanOptions, Protocol } from "./protocols/protocol.js";
export type { Role, Step, StepOperation } from "./protocols/step.js";
export { type CheckOptions, type CheckVerdict, check, type Judgement } from "./rules/check.js";
export type { EditContext } from "./rules/context.js";
export type { Nearest } from "./rules/nearest.js";
export { RULE_IDS, type Rule, type RuleId } from "./rules/rules.js";
