/** From so many on, fewer passes are worth a table that fits no first-level cache. */
const many = 1 << 15;

/** Sorts `order` (indices) by `keys[index]`, ascending and stable, in linear time; returns a new array. */
export function radixSort(order: Uint32Array, keys: Uint32Array): Uint32Array {
  const { length } = order;
  const digitBits = length < many ? 11 : 16;
  const digits = 1 << digitBits;
  const first = length === 0 ? 0 : keys[order[0]!]!;
  let differing = 0;
  for (let i = 1; i < length; i++) differing |= keys[order[i]!]! ^ first;
  let [from, to] = [order.slice(), new Uint32Array(length)];
  const places = new Uint32Array(digits);
  for (let shift = 0; shift < 32; shift += digitBits) {
    if (((differing >>> shift) & (digits - 1)) === 0) continue;
    places.fill(0);
    for (let i = 0; i < length; i++) places[(keys[from[i]!]! >>> shift) & (digits - 1)]!++;
    for (let digit = 0, place = 0; digit < digits; digit++) {
      const count = places[digit]!;
      places[digit] = place;
      place += count;
    }
    for (let i = 0; i < length; i++) {
      const index = from[i]!;
      to[places[(keys[index]! >>> shift) & (digits - 1)]!++] = index;
    }
    [from, to] = [to, from];
  }
  return from;
}
