/** How many equal labels a sequence may have at most for its occurrences to be told apart. */
export const mostOccurrences: number = 2 ** 10;
const most = 2 ** 26;

/** The occurrences of labels in a sequence, which is what stays the same when their order changes: each label with how many equal ones come before it. */
export function occurrencesOf(labels: readonly number[]): number[] {
  // Sequences are short: counting is faster than a map.
  const found: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    let before = 0;
    for (let j = 0; j < i; j++) if (labels[j] === labels[i]) before++;
    found.push(labels[i]! * mostOccurrences + before);
  }
  return found;
}

/**
 * Two occurrences, in whatever order, as a number. From 65,536 labels on, other pairs may share it: then more counts as compared, which loses
 * nothing but a reduction.
 */
export function pair(one: number, other: number): number {
  return Math.min(one, other) * most + Math.max(one, other);
}
