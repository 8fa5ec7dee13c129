export { MachineError } from "../machine-error.js";
export type { BreakpointHit } from "./breakpoints.js";
export type { Geometry } from "./cache.js";
export {
  type CacheOptions,
  Caches,
  type Counters,
  cyclesOf,
  type MaintenanceFault,
  profiles,
} from "./caches.js";
export type { MemoryPort, RunCore, Stop } from "./core.js";
export { type AccessKind, GuestMemory, MemoryFault, type Permissions } from "./guest-memory.js";
export type { InterruptControllerAt } from "./interrupt-controller.js";
export { cell } from "./layout.js";
export { Machine, type SupervisorCall } from "./machine.js";
export type { InterruptFault, MachineOptions, RunOptions, RunReport } from "./machine-options.js";
export { mode } from "./modes.js";
export { generator, type Schedule } from "./schedule.js";
export type { PatchSite } from "./sites.js";
