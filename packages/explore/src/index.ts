export { defaultLimits, type LimitHit, type Limits, type Progress } from "./limits.js";
export {
  drain,
  type Execution,
  type PromiseFirstOptions,
  type PromiseFirstResult,
  promiseFirst,
} from "./promise-first.js";
export { Row, RowTable } from "./row-table.js";
export { Run } from "./run.js";
export { type Race, ThreadExplorer, type ThreadResult, type ThreadStep } from "./thread-graph.js";
export type { ThreadModel } from "./thread-model.js";
