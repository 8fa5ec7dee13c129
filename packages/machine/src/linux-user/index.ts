export { type LinuxOptions, LinuxUser } from "./linux.js";
export { type Program, type ProgramSegment, programOf } from "./program.js";
