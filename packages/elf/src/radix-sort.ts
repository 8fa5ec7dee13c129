/** Sorts `order` (indices) by `keys[index]`, ascending and stable, in linear time; returns a new array. */
export function radixSort(order: Uint32Array, keys: Uint32Array): Uint32Array {
  // Counting 65,536 digits costs more than comparing a few thousand keys.
  if (order.length < 2048) return order.slice().sort((a, b) => keys[a]! - keys[b]!);
  let from = order;
  for (const shift of [0, 16]) {
    const counts = new Uint32Array(0x10001);
    for (const i of from) counts[((keys[i]! >>> shift) & 0xffff) + 1]!++;
    if (counts.includes(from.length)) continue; // every key has the same digit
    for (let digit = 0; digit < 0x10000; digit++) counts[digit + 1]! += counts[digit]!;
    const to = new Uint32Array(from.length);
    for (const i of from) to[counts[(keys[i]! >>> shift) & 0xffff]!++] = i;
    from = to;
  }
  return from;
}
