import { always, type PackedModel } from "../src/index.js";

// A model of its own, to compare checkers by: a Thumb instruction of two halfwords is rewritten while cores execute it. Written with
// everything a core has, one event at a time: caches that fill and forget when they like, prefetch, invalidates that arrive late.
// two-halves.pml is the same model in Promela; the two must find the same number of states.

/** How the model is written, and how it is made smaller. */
export interface TwoHalves {
  readonly cores: number;
  /** Runs of each core through the instruction, 1 to 3. */
  readonly calls: number;
  /** A seeded defect: the patching core does not wait for the invalidates. */
  readonly broken?: boolean;
  /** Cores are alike: one order of them stands for all. */
  readonly symmetry?: boolean;
  /** A core that has both halves executes before anything else happens: nobody else can tell. */
  readonly ample?: boolean;
  /**
   * Instruction caches and prefetch as what they could hold, not as what they hold: a fetch takes either value that could have been
   * filled since the core last took an invalidate (prefetch: since its ISB). Filling, forgetting and prefetching are then no events.
   */
  readonly lazy?: boolean;
}

// A core's word. cache and ahead hold, for each half, nothing (0), the old (1) or the new (2) value; lazily, the values that could be
// there (1, 2, both: 3). at: fetches the first half, the second, executes, has finished.
const cache = 0;
const ahead = 4;
const pending = 1 << 8;
const at = 9;
const halves = 11;
const calls = 15;
const synchronised = 1 << 17;
const torn = 1 << 18;
const stale = 1 << 19;
const coreBits = (1 << 20) - 1;
// In the first word, above its core: both halves as the data side has them and at the point of unification, the patching core, its flag.
const data = 20;
const unified = 22;
const patcher = 24;
const flag = 1 << 27;
const finished = 7;

/** Events of one core: 0, 1 fill; 2, 3 forget; 4, 5 prefetch; 6 invalidate; 7, 9 fetch or execute; 8 see the flag, ISB. */
const events = 10;

export function twoHalves(how: TwoHalves): PackedModel {
  const { cores, broken = false, lazy = false } = how;
  const coreActions = cores * events;

  const event = (core: number, which: number, state: Int32Array): boolean => {
    const word = state[core]!;
    const half = (which & 1) * 2;
    switch (which) {
      case 0:
      case 1:
        if (lazy || ((word >>> (cache + half)) & 3) !== 0) return false;
        state[core] = word | ((1 + ((state[0]! >>> (unified + (which & 1))) & 1)) << (cache + half));
        return true;
      case 2:
      case 3:
        if (lazy || ((word >>> (cache + half)) & 3) === 0) return false;
        state[core] = word & ~(3 << (cache + half));
        return true;
      case 4:
      case 5: {
        const cached = (word >>> (cache + half)) & 3;
        if (lazy || cached === 0 || ((word >>> (ahead + half)) & 3) !== 0) return false;
        state[core] = word | (cached << (ahead + half));
        return true;
      }
      case 6: {
        if ((word & pending) === 0) return false;
        const there = state[0]! >>> unified;
        const left = lazy ? (1 << (there & 1)) | (4 << ((there >>> 1) & 1)) : 0;
        state[core] = (word & ~(pending | (15 << cache))) | (left << cache);
        return true;
      }
      case 8: {
        if (((word >>> at) & 3) !== 0 || (word & synchronised) !== 0 || (state[0]! & flag) === 0) return false;
        const left = lazy ? (word >>> cache) & 15 : 0;
        state[core] = (word & ~(15 << ahead)) | (left << ahead) | synchronised;
        return true;
      }
      default:
        return step(core, state, which === 7 ? 1 : 2);
    }
  };

  /** Lazily, `wanted` says which of two values that could be there is taken: each is an action of its own. */
  const step = (core: number, state: Int32Array, wanted: number): boolean => {
    const word = state[core]!;
    const place = (word >>> at) & 3;
    if (place === 3) return false;
    if (place < 2) {
      const there = (word >>> (ahead + 2 * place)) & 3;
      if (lazy ? (there & wanted) === 0 : there === 0 || wanted !== 1) return false;
      const kept = lazy ? word : word & ~(3 << (ahead + 2 * place));
      state[core] = (kept | ((lazy ? wanted : there) << (halves + 2 * place))) + (1 << at);
      return true;
    }
    if (wanted !== 1) return false;
    let next = word - (1 << calls);
    const [first, second] = [(word >>> halves) & 3, (word >>> (halves + 2)) & 3];
    if (first !== second) next |= torn;
    if ((word & synchronised) !== 0 && (first === 1 || second === 1)) next |= stale;
    next &= ~((15 << halves) | (3 << at));
    if (((next >>> calls) & 3) === 0) next |= 3 << at;
    state[core] = next;
    return true;
  };

  /** Stores both halves, cleans, invalidates, waits until every core has, and says so. */
  const patch = (state: Int32Array): boolean => {
    const place = (state[0]! >>> patcher) & 7;
    if (place === finished) return false;
    if (place < 2) state[0]! |= 1 << (data + place);
    else if (place === 2) {
      clean(state, 0);
      clean(state, 1);
    } else if (place === 3) for (let core = 0; core < cores; core++) state[core]! |= pending;
    else if (place === 4) {
      for (let core = 0; core < cores; core++) if (!broken && (state[core]! & pending) !== 0) return false;
    } else state[0]! |= flag;
    state[0]! += (place === 5 ? 2 : 1) << patcher;
    return true;
  };

  const clean = (state: Int32Array, half: number): boolean => {
    const value = (state[0]! >>> (data + half)) & 1;
    if (((state[0]! >>> (unified + half)) & 1) === value) return false;
    state[0]! |= value << (unified + half);
    // From now on any cache may have filled with the new value, and any core may have prefetched it, besides what could be there before.
    if (lazy)
      for (let core = 0; core < cores; core++) state[core]! |= (3 << (cache + 2 * half)) | (3 << (ahead + 2 * half));
    return true;
  };

  const coreOf = Array.from({ length: coreActions }, (_, action) => Math.floor(action / events));
  return {
    words: cores,
    actions: coreActions + 3,
    init: () => [Array.from({ length: cores }, () => (how.calls << calls) | (lazy ? (5 << cache) | (5 << ahead) : 0))],
    step(action, state) {
      if (action < coreActions) {
        const core = coreOf[action]!;
        return event(core, action - core * events, state);
      }
      if (action === coreActions) return patch(state);
      // The data cache writes a line back when it likes.
      return clean(state, action - coreActions - 1);
    },
    properties: [
      always("after its ISB a core executes only the new instruction", (state) => {
        for (let core = 0; core < cores; core++) if ((state[core]! & stale) !== 0) return false;
        return true;
      }),
      always("old or new, never half of each", (state) => {
        for (let core = 0; core < cores; core++) if ((state[core]! & torn) !== 0) return false;
        return true;
      }),
    ],
    ...(how.symmetry ? { canonical } : {}),
    ...(how.ample ? { ample } : {}),
  };

  /** The same cores in ascending order of their words. */
  function canonical(state: Int32Array): void {
    for (let i = 1; i < cores; i++) {
      for (let j = i; j > 0; j--) {
        const [one, other] = [state[j - 1]! & coreBits, state[j]! & coreBits];
        if (one <= other) break;
        state[j - 1] = (state[j - 1]! & ~coreBits) | other;
        state[j] = (state[j]! & ~coreBits) | one;
      }
    }
  }

  /** Executing touches nothing that others see; where it changes what a property says, it is no ample set. */
  function ample(state: Int32Array, actions: Int32Array): number {
    for (let core = 0; core < cores; core++) {
      const word = state[core]!;
      if (((word >>> at) & 3) !== 2) continue;
      const next = Int32Array.from(state);
      step(core, next, 1);
      if (((word ^ next[core]!) & (torn | stale)) !== 0) continue;
      actions[0] = core * events + 7;
      return 1;
    }
    return 0;
  }
}
