/** Digits of so many bits have a table that fits the processor's first cache. */
const widest = 13;

/** Sorts `order` (indices) by `keys[index]`, ascending and stable, in linear time; returns a new array. */
export function radixSort(order: Uint32Array, keys: Uint32Array): Uint32Array {
  const { length } = order;
  const first = length === 0 ? 0 : keys[order[0]!]!;
  let differing = 0;
  for (let i = 1; i < length; i++) differing |= keys[order[i]!]! ^ first;
  // As few passes as the bits that differ allow, and digits no wider than those need.
  const bits = 32 - Math.clz32(differing);
  const digitBits = Math.ceil(bits / Math.ceil(bits / widest));
  const digits = 1 << digitBits;
  let [from, to] = [order.slice(), new Uint32Array(length)];
  const places = new Uint32Array(digits);
  for (let shift = 0; shift < bits; shift += digitBits) {
    if (((differing >>> shift) & (digits - 1)) === 0) continue;
    places.fill(0);
    for (let i = 0; i < length; i++) {
      const digit = (keys[from[i]!]! >>> shift) & (digits - 1);
      places[digit] = places[digit]! + 1;
    }
    for (let digit = 0, place = 0; digit < digits; digit++) {
      const count = places[digit]!;
      places[digit] = place;
      place += count;
    }
    for (let i = 0; i < length; i++) {
      const index = from[i]!;
      const digit = (keys[index]! >>> shift) & (digits - 1);
      const place = places[digit]!;
      places[digit] = place + 1;
      to[place] = index;
    }
    [from, to] = [to, from];
  }
  return from;
}
