export const hex32 = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, "0")}`;

/** A fetch unit as the manual prints it: hw1 or a word. */
export const unitText = (unit: number, bytes: number): string => unit.toString(16).padStart(2 * bytes, "0");

/** The bytes in the order in which they are in memory. */
export const memoryOrder = (units: readonly number[], unitBytes: number): string =>
  units
    .flatMap((unit) =>
      Array.from({ length: unitBytes }, (_, i) => ((unit >>> (8 * i)) & 0xff).toString(16).padStart(2, "0")),
    )
    .join(" ");
