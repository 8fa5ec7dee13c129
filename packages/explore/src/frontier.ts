/**
 * States found and not yet looked at, by number: the order in which it gives them back is the whole of a search strategy. `rank` is what
 * the strategy asked the model for, 0 otherwise.
 */
export interface Frontier<State = unknown> {
  push(number: number, rank: number): void;
  /** -1 when there is none. */
  pop(): number;
  readonly size: number;
  /** Those in it, in an order in which they may be pushed into an empty one. */
  items(): number[];
  /** How many may be taken together, before what they lead to is pushed: 1 where that could change the order. */
  readonly together?: number;
  /** What `push` wants to know of a state. */
  readonly rank?: (state: State) => number;
}

/**
 * Oldest first: counterexamples are the shortest there are. States are numbered as they are found, so this keeps nothing.
 *
 * @example
 * ```ts
 * const model: Model<number, number> = {
 *   init: () => [0],
 *   actions: () => [1, 2],
 *   next: (state, step) => (state + step) % 10,
 *   encode: (state, row) => row.push(state),
 *   properties: [sometimes("five", (state) => state === 5)],
 * };
 * check(model, { frontier: breadthFirst }).properties[0]!.path; // "0.0.1.1"
 * ```
 */
export function breadthFirst(): Frontier {
  let head = 0;
  let tail = 0;
  return {
    together: 32,
    push: (number) => {
      if (head === tail) head = number;
      tail = number + 1;
    },
    pop: () => (head < tail ? head++ : -1),
    get size() {
      return tail - head;
    },
    items: () => Array.from({ length: tail - head }, (_, i) => head + i),
  };
}

/** A stack in a typed array. */
class Stack {
  items = new Int32Array(1024);
  size = 0;

  push(number: number): void {
    if (this.size === this.items.length) {
      const larger = new Int32Array(2 * this.size);
      larger.set(this.items);
      this.items = larger;
    }
    this.items[this.size++] = number;
  }

  pop(): number {
    return this.size === 0 ? -1 : this.items[--this.size]!;
  }

  /** Takes the one at a position; the last one takes its place. */
  take(position: number): number {
    const taken = this.items[position]!;
    this.items[position] = this.items[--this.size]!;
    return taken;
  }

  list(): number[] {
    return [...this.items.subarray(0, this.size)];
  }
}

/**
 * Newest first: the least waiting where runs are long and thin.
 *
 * @example
 * ```ts
 * const model: Model<number, number> = {
 *   init: () => [0],
 *   actions: () => [1, 2],
 *   next: (state, step) => (state + step) % 10,
 *   encode: (state, row) => row.push(state),
 *   properties: [sometimes("five", (state) => state === 5)],
 * };
 * check(model, { frontier: depthFirst }).properties[0]!.verdict; // "holds"
 * ```
 */
export function depthFirst(): Frontier {
  const stack = new Stack();
  return {
    push: (number) => {
      stack.push(number);
    },
    pop: () => stack.pop(),
    get size() {
      return stack.size;
    },
    items: () => stack.list(),
  };
}

/**
 * In an order drawn from a seed: finds deep counterexamples early in models too large to finish.
 *
 * @param seed - any integer; the same seed gives the same order
 *
 * @example
 * ```ts
 * const model: Model<number, number> = {
 *   init: () => [0],
 *   actions: () => [1, 2],
 *   next: (state, step) => (state + step) % 10,
 *   encode: (state, row) => row.push(state),
 *   properties: [sometimes("five", (state) => state === 5)],
 * };
 * check(model, { frontier: () => randomOrder(7) }).properties[0]!.verdict; // "holds"
 * ```
 */
export function randomOrder(seed: number): Frontier {
  const stack = new Stack();
  const below = draw(seed);
  return {
    push: (number) => {
      stack.push(number);
    },
    pop: () => (stack.size === 0 ? -1 : stack.take(below(stack.size))),
    get size() {
      return stack.size;
    },
    items: () => stack.list(),
  };
}

/**
 * A walk: on to one of the states just found, drawn from a seed; where nothing new was found, back to the latest place where something
 * was left. Goes deep fast, and unlike a memoryless walk it ends.
 *
 * @param seed - any integer; the same seed gives the same walk
 *
 * @example
 * ```ts
 * const model: Model<number, number> = {
 *   init: () => [0],
 *   actions: () => [1, 2],
 *   next: (state, step) => (state + step) % 10,
 *   encode: (state, row) => row.push(state),
 *   properties: [sometimes("five", (state) => state === 5)],
 * };
 * check(model, { frontier: () => randomWalk(7) }).properties[0]!.verdict; // "holds"
 * ```
 */
export function randomWalk(seed: number): Frontier {
  const stack = new Stack();
  const below = draw(seed);
  /** Where the states found from one state begin in the stack. */
  const groups: number[] = [];
  let open = false;
  return {
    push: (number) => {
      if (!open) groups.push(stack.size);
      open = true;
      stack.push(number);
    },
    pop: () => {
      open = false;
      while (groups.length > 0 && groups.at(-1)! >= stack.size) groups.pop();
      if (stack.size === 0) return -1;
      const from = groups.at(-1)!;
      return stack.take(from + below(stack.size - from));
    },
    get size() {
      return stack.size;
    },
    items: () => stack.list(),
  };
}

/**
 * Lowest cost first.
 *
 * @param cost - of a state; asked once for each
 *
 * @example
 * ```ts
 * const model: Model<number, number> = {
 *   init: () => [0],
 *   actions: () => [1, 2],
 *   next: (state, step) => (state + step) % 10,
 *   encode: (state, row) => row.push(state),
 *   properties: [sometimes("five", (state) => state === 5)],
 * };
 * check(model, { frontier: () => lowestFirst((state) => -state) }).properties[0]!.path; // "0.1.1.0"
 * ```
 */
export function lowestFirst<State>(cost: (state: State) => number): Frontier<State> {
  const heap: { readonly number: number; readonly cost: number }[] = [];
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [heap[j]!, heap[i]!];
  };
  return {
    rank: cost,
    push: (number, rank) => {
      heap.push({ number, cost: rank });
      for (let i = heap.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (heap[parent]!.cost <= heap[i]!.cost) break;
        swap(i, parent);
        i = parent;
      }
    },
    pop: () => {
      const top = heap[0];
      if (top === undefined) return -1;
      const last = heap.pop()!;
      if (heap.length > 0) {
        heap[0] = last;
        for (let i = 0; ; ) {
          let least = i;
          for (const child of [2 * i + 1, 2 * i + 2]) {
            if (child < heap.length && heap[child]!.cost < heap[least]!.cost) least = child;
          }
          if (least === i) break;
          swap(i, least);
          i = least;
        }
      }
      return top.number;
    },
    get size() {
      return heap.length;
    },
    items: () => heap.map(({ number }) => number),
  };
}

/** Random numbers from a seed (mulberry32): below n. */
function draw(seed: number): (n: number) => number {
  let a = seed | 0;
  return (n) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}
