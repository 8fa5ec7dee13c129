export { formatHerd } from "./format-herd.js";
export type {
  CodeLine,
  Column,
  Condition,
  Constant,
  Initial,
  Issue,
  LitmusTest,
  Observable,
  Position,
} from "./litmus-test.js";
export { type Lowered, lower as lowerLitmus } from "./lower.js";
export { type ParseResult, parseLitmus } from "./parse.js";
export { printLitmus } from "./print.js";
export {
  type LitmusOptions,
  type LitmusOutcome,
  type LitmusResult,
  type LitmusVerdict,
  litmusPart,
  runLitmus,
  runLitmusInParts,
  searchLitmus,
} from "./run.js";
export { witnessDot } from "./witness-dot.js";
export { type WitnessBox, type WitnessGraph, witnessGraph } from "./witness-graph.js";
export { witnessSvg } from "./witness-svg.js";
