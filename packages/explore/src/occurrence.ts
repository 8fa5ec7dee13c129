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

/** Two occurrences, in whatever order, as a number. */
export function pair(one: number, other: number): number {
  return Math.min(one, other) * most + Math.max(one, other);
}
