export { check, checking } from "./check.js";
export { ExploreError } from "./explore-error.js";
export { breadthFirst, depthFirst, type Frontier, lowestFirst, randomOrder, randomWalk } from "./frontier.js";
export { type InterleavedEnd, interleaved } from "./interleaved.js";
export { Field, Layout } from "./layout.js";
export { defaultLimits, type LimitHit, type Limits, type Progress } from "./limits.js";
export { always, eventually, type Model, type Property, sometimes } from "./model.js";
export type { PackedModel } from "./packed-model.js";
export { type Part, type PartsOptions, promiseFirstInParts } from "./parts.js";
export { type Path, type PathStep, replay } from "./path.js";
export {
  drain,
  type Execution,
  type PromiseFirstOptions,
  type PromiseFirstResult,
  promiseFirst,
} from "./promise-first.js";
export { Row, RowTable } from "./row-table.js";
export { Run } from "./run.js";
export { type CheckOptions, type CheckResult, type PropertyResult, Search } from "./search.js";
export { type PartAnswer, type PartAsk, SearchPart } from "./search-part.js";
export { type Race, ThreadExplorer, type ThreadResult, type ThreadStep } from "./thread-graph.js";
export type { PortableModel, ThreadModel, Twins } from "./thread-model.js";
