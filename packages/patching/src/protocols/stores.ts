import type { Edit } from "../edit.js";
import { isCall } from "../rules/listing.js";
import { unitsOf } from "../units.js";
import type { Change } from "./protocol.js";
import type { Step } from "./step.js";

/** The stores that write all of `changes`, each change's together. */
export function storesOfAll(changes: readonly Change[]): Step[] {
  return changes.flatMap(({ edit, literal }, i) => {
    const stores = literal === undefined ? storesOf(edit) : [store("store", literal.address, 4, literal.to)];
    return changes.length === 1 ? stores : stores.map((step) => ({ ...step, id: `${step.id}-${i + 1}` }));
  });
}

/**
 * The stores that write `edit`, as few as single-copy atomicity allows.
 *
 * A32 and word-aligned T32 take one word; a T32 instruction that starts in the second half of a word takes two halfwords,
 * first one first. A halfword that keeps its value is not written. Where a 16-bit instruction gives way to a `BL` or `BLX`, the
 * second halfword is in place already: the list covers the change of the first alone.
 *
 * @see linux arch/arm/kernel/patch.c __patch_text_real
 */
function storesOf({ isa, address, from, to }: Edit): Step[] {
  if (isa === "a32") return [store("store", address, 4, to.word)];
  const [before, after] = [unitsOf(from), unitsOf(to)];
  const inPlace = from.size < to.size && isCall(to) ? 1 : after.length;
  const changed = after.map((value, i) => ({ value, i })).filter(({ value, i }) => i < inPlace && value !== before[i]);
  const [first, second] = changed;
  if (first !== undefined && second !== undefined && address % 4 === 0) {
    // Memory holds the first halfword at the lower address, so it is the low half of a little-endian word.
    return [store("store", address, 4, ((second.value << 16) | first.value) >>> 0)];
  }
  const names = ["store-first-halfword", "store-second-halfword"] as const;
  return changed.map(({ value, i }) => store(names[i] ?? "store", address + 2 * i, 2, value));
}

function store(id: string, address: number, size: 2 | 4, value: number): Step {
  const what = size === 4 ? "one aligned word store" : "one aligned halfword store";
  return { id, operation: { op: "store", address, size, value }, why: `writes the instruction with ${what}` };
}
