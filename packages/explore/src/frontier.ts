/** States found and not yet looked at: the order in which it gives them back is the whole of a search strategy. */
export interface Frontier<T> {
  push(item: T, state: unknown): void;
  pop(): T | undefined;
  readonly size: number;
}

/** Oldest first: counterexamples are the shortest there are. */
export function breadthFirst<T>(): Frontier<T> {
  let items: T[] = [];
  let head = 0;
  return {
    push: (item) => {
      items.push(item);
    },
    pop: () => {
      if (head === items.length) return undefined;
      const item = items[head++]!;
      if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
    get size() {
      return items.length - head;
    },
  };
}

/** Newest first: least memory. */
export function depthFirst<T>(): Frontier<T> {
  const items: T[] = [];
  return {
    push: (item) => {
      items.push(item);
    },
    pop: () => items.pop(),
    get size() {
      return items.length;
    },
  };
}

/** In an order drawn from a seed: finds deep counterexamples early in models too large to finish. */
export function randomOrder<T>(seed: number): Frontier<T> {
  const items: T[] = [];
  let a = seed | 0;
  const below = (n: number): number => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
  return {
    push: (item) => {
      items.push(item);
    },
    pop: () => {
      const last = items.length - 1;
      if (last < 0) return undefined;
      const chosen = below(last + 1);
      [items[chosen], items[last]] = [items[last]!, items[chosen]!];
      return items.pop();
    },
    get size() {
      return items.length;
    },
  };
}

/** Lowest cost first. */
export function lowestFirst<T, State>(cost: (state: State) => number): Frontier<T> {
  const heap: { readonly item: T; readonly cost: number }[] = [];
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [heap[j]!, heap[i]!];
  };
  return {
    push: (item, state) => {
      heap.push({ item, cost: cost(state as State) });
      for (let i = heap.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (heap[parent]!.cost <= heap[i]!.cost) break;
        swap(i, parent);
        i = parent;
      }
    },
    pop: () => {
      const top = heap[0];
      if (top === undefined) return undefined;
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
      return top.item;
    },
    get size() {
      return heap.length;
    },
  };
}
