export { chromeJson } from "./chrome-json.js";
export { flags, seconds, traceText } from "./ftrace-text.js";
export { duration, mark } from "./graph-text.js";
export { globMatches, type MatchKind, matches, type Pattern, parsePattern } from "./pattern.js";
export { perfetto } from "./perfetto.js";
export type { Circumstances, Recording, Task, TraceEntry } from "./recording.js";
export { RingBuffer } from "./ring-buffer.js";
