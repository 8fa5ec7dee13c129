/** Index of the last of ascending values that is at or below `value`, or -1. */
export function lastAtOrBelow(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** As {@link lastAtOrBelow}, of rows that ascend by section and then by address; -1 where the last such row is of another section. */
export function lastInSection(
  sections: ArrayLike<number>,
  addresses: ArrayLike<number>,
  section: number,
  address: number,
): number {
  let low = 0;
  let high = sections.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = sections[middle]!;
    if (there < section || (there === section && addresses[middle]! <= address)) low = middle + 1;
    else high = middle;
  }
  return low > 0 && sections[low - 1] === section ? low - 1 : -1;
}
