export { type LinuxOptions, LinuxUser } from "./linux.js";
export type { Program, ProgramSegment } from "./program.js";
