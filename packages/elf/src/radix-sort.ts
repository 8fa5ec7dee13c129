/** Digits of so many bits have a table that fits the processor's first cache. */
const widest = 13;

/**
 * Sorts `order` (indices) by `keys[index]`, ascending and stable, in linear time; may return `order` itself.
 *
 * Each loop is a function of its own: the host compiles a loop while it runs, and what follows it in the same function anew, as it
 * knows nothing of that yet.
 */
export function radixSort(order: Uint32Array, keys: Uint32Array): Uint32Array {
  const differing = differingBits(order, keys);
  if (differing === 0) return order;
  // As few passes as the bits that differ allow, and digits no wider than those need.
  const bits = 32 - Math.clz32(differing);
  const digitBits = Math.ceil(bits / Math.ceil(bits / widest));
  const digits = 1 << digitBits;
  let from = order;
  let to: Uint32Array = new Uint32Array(order.length);
  let spare: Uint32Array | undefined;
  const places = new Uint32Array(digits);
  for (let shift = 0; shift < bits; shift += digitBits) {
    if (((differing >>> shift) & (digits - 1)) === 0) continue;
    count(from, keys, shift, places.fill(0));
    toPlaces(places);
    move(from, keys, shift, places, to);
    // What was given is not written to.
    spare ??= new Uint32Array(order.length);
    [from, to] = [to, from === order ? spare : from];
  }
  return from;
}

/** The bits in which keys differ; none where they ascend already. */
function differingBits(order: Uint32Array, keys: Uint32Array): number {
  const { length } = order;
  const first = length === 0 ? 0 : keys[order[0]!]!;
  let [differing, before, sorted] = [0, first, true];
  for (let i = 1; i < length; i++) {
    const key = keys[order[i]!]!;
    differing |= key ^ first;
    if (key < before) sorted = false;
    before = key;
  }
  return sorted ? 0 : differing;
}

/** How many keys have each digit. */
function count(order: Uint32Array, keys: Uint32Array, shift: number, counts: Uint32Array): void {
  const mask = counts.length - 1;
  for (let i = 0; i < order.length; i++) {
    const digit = (keys[order[i]!]! >>> shift) & mask;
    counts[digit] = counts[digit]! + 1;
  }
}

/** Counts to the places where the first of each is to go. */
function toPlaces(counts: Uint32Array): void {
  for (let digit = 0, place = 0; digit < counts.length; digit++) {
    const count = counts[digit]!;
    counts[digit] = place;
    place += count;
  }
}

function move(from: Uint32Array, keys: Uint32Array, shift: number, places: Uint32Array, to: Uint32Array): void {
  const mask = places.length - 1;
  for (let i = 0; i < from.length; i++) {
    const index = from[i]!;
    const digit = (keys[index]! >>> shift) & mask;
    const place = places[digit]!;
    places[digit] = place + 1;
    to[place] = index;
  }
}
