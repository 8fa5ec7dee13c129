/** Unsigned 32-bit words from a seed (mulberry32), so that every failure can be run again. */
export function randomWords(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** Numbers from 0 up to a bound, from a seed. */
export function randomBelow(seed: number): (below: number) => number {
  const word = randomWords(seed);
  return (below) => word() % below;
}
