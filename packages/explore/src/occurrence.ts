/** How many equal labels a sequence may have at most for its occurrences to be told apart. */
export const mostOccurrences: number = 2 ** 10;
const most = 2 ** 26;

/** The occurrences of labels in a sequence, which is what stays the same when their order changes: each label with how many equal ones come before it. */
export function occurrencesOf(labels: readonly number[]): number[] {
  const seen = new Map<number, number>();
  return labels.map((label) => {
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    return label * mostOccurrences + before;
  });
}

export function labelOf(occurrence: number): number {
  return Math.floor(occurrence / mostOccurrences);
}

/**
 * Two occurrences, in whatever order, as a number. From 65,536 labels on, other pairs may share it: then more counts as compared, which loses
 * nothing but a reduction.
 */
export function pair(one: number, other: number): number {
  return Math.min(one, other) * most + Math.max(one, other);
}

/** A list of numbers as text, shortest for small ones; different lists have different texts, however great the numbers are. */
export function keyOf(numbers: readonly number[]): string {
  let key = "";
  for (const number of numbers) {
    // A unit of text holds 16 bits; one that is all ones says that two more follow.
    if (number < 0xffff) key += String.fromCharCode(number);
    else key += String.fromCharCode(0xffff, number >>> 16, number & 0xffff);
  }
  return key;
}
