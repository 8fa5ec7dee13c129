export type { BreakpointHit } from "./breakpoints.js";
export {
  type CacheOptions,
  Caches,
  type Counters,
  cyclesOf,
  type Geometry,
  type MaintenanceFault,
  profiles,
} from "./caches.js";
export type { MemoryPort, RunCore, Stop } from "./core.js";
export { type AccessKind, GuestMemory, MemoryFault, type Permissions } from "./guest-memory.js";
export { cell } from "./layout.js";
export { Machine, type MachineOptions, type RunOptions, type RunReport, type SupervisorCall } from "./machine.js";
export { mode } from "./modes.js";
export { generator, type Schedule } from "./schedule.js";
export type { PatchSite } from "./sites.js";
