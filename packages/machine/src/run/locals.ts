/** The locals of compiled functions. */

// Parameters: where the core's cells are, and the key of the entry. Then R0 to R14, and the flags, which are kept as numbers that they
// follow from: N is negative < 0, Z is zero == 0, C is one >= other unsigned, V is overflow < 0. A comparison sets all with little work.
export const coreLocal: number = 0;
export const registerLocal: number = 2;
export const negative: number = 17;
export const zero: number = 18;
export const one: number = 19;
export const other: number = 20;
export const overflow: number = 21;
export const left: number = 22;
export const scratch: number = 23;
export const line: number = 24;
export const firstFree: number = 25;
