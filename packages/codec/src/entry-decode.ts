export type { Isa, Reason } from "./decode-row.js";
export { type Columns, columns } from "./decoder.js";
export { type ItState, itBlock, nextIt, noIt } from "./it-state.js";
export { type Found, idAt, identifyA32, identifyT32, sweep } from "./small-decode.js";
export { statuses } from "./status.js";
