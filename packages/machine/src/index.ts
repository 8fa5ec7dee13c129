export { addWithCarry, conditionHolds, conditionValue } from "./arithmetic.js";
export { a32, t32 } from "./arm/instruction-set.js";
export { Builder, type Driver, type Exception } from "./builder.js";
export { CoreState, type Place, type Value } from "./core-state.js";
export { exploration, explore, exploreSync } from "./explore-scenario.js";
export type { InstructionSet, Meaning } from "./instruction-set.js";
export { architecture, type Knobs } from "./knobs.js";
export { MachineError } from "./machine-error.js";
export { type CoreProgram, type FetchPoint, MachineModel, type Site } from "./machine-model.js";
export {
  type AskedMachine,
  type MachineAnswer,
  type MachineAsk,
  MachinePart,
  searchMachineInParts,
} from "./machine-parts.js";
export { everyLine, type Message, messageIdentity } from "./message.js";
export { type Observation, Observations } from "./observation.js";
export type { ExceptionHandler, Operation } from "./operation.js";
export type { BarrierOption } from "./rules/barrier.js";
export { type LoadOptions, valueAt } from "./rules/load.js";
export type { StoreOptions } from "./rules/store.js";
export type {
  Alias,
  CoreOutcome,
  ExploreOptions,
  FetchEdit,
  InitialBytes,
  InterruptRegister,
  Outcome,
  Scenario,
  ScenarioResult,
  UnpredictableFetch,
} from "./scenario.js";
export { type Searched, searchMachine, type Visitor } from "./search-machine.js";
export { interleave, type WitnessStep } from "./witness.js";
export { CellsTooCoarse, type Step, World } from "./world.js";
