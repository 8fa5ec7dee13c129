/** Which core runs next, and for how many instructions. */
export type Schedule =
  /** Each core in turn. */
  | { readonly kind: "round-robin"; readonly quantum: number }
  /** Any core, for 1 to `quantum` instructions; with weights, in proportion to them. */
  | { readonly kind: "random"; readonly quantum: number; readonly weights?: readonly number[] }
  /** Core after core as given, each for so many instructions; then round robin. */
  | { readonly kind: "given"; readonly turns: readonly { readonly core: number; readonly instructions: number }[] };

export interface Turn {
  readonly core: number;
  readonly instructions: number;
}

/** Long enough that looking at the schedule costs nothing. */
const defaultQuantum = 100_000;
/** A core that is alone is interrupted only to look at the clock. */
const aloneQuantum = 2_000_000;

/** The turns of a schedule, for ever. The same seed gives the same turns. */
export function* turns(schedule: Schedule | undefined, cores: number, seed: number): Generator<Turn, never> {
  if (schedule?.kind === "given") yield* schedule.turns;
  if (schedule?.kind !== "random") {
    const quantum = schedule?.kind === "round-robin" ? schedule.quantum : cores === 1 ? aloneQuantum : defaultQuantum;
    for (;;) for (let core = 0; core < cores; core++) yield { core, instructions: quantum };
  }
  const random = generator(seed);
  const weights = Array.from({ length: cores }, (_, i) => schedule.weights?.[i] ?? 1);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  for (;;) {
    let at = random() * sum;
    let core = 0;
    while (core < cores - 1 && at >= weights[core]!) at -= weights[core++]!;
    yield { core, instructions: 1 + Math.floor(random() * schedule.quantum) };
  }
}

/**
 * Numbers from 0 to 1, the same for the same seed.
 *
 * @param seed - any integer
 *
 * @example
 * ```ts
 * const [one, other] = [generator(7), generator(7)];
 * one() === other(); // true
 * ```
 */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
