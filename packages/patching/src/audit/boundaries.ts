import { type Boundary, straddles } from "../edit.js";

const pageBytes = 4096;
/** By size and offset. */
const known = new Map<number, readonly Boundary[]>();

/**
 * As `straddles`, from a table: every boundary divides a page, so the offset in the page decides, and a kernel's sites share
 * a few lists. A wider boundary is crossed only where the narrower ones are, so the length of the list tells which.
 */
export function straddlesAt(address: number, size: number): readonly Boundary[] {
  const offset = address & (pageBytes - 1);
  const index = size * pageBytes + offset;
  let boundaries = known.get(index);
  if (boundaries === undefined) {
    boundaries = straddles(offset, size);
    known.set(index, boundaries);
  }
  return boundaries;
}

/** How many boundaries {@link straddlesAt} would name. */
export function straddleCount(address: number, size: number): number {
  const first = address & (pageBytes - 1);
  const differing = first ^ (first + size - 1);
  // Of 4, 32 and 64 bytes, and of a page.
  return (differing >>> 2 ? 1 : 0) + (differing >>> 5 ? 1 : 0) + (differing >>> 6 ? 1 : 0) + (differing >>> 12 ? 1 : 0);
}
