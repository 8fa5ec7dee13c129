import { format } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import { kindOf } from "../rules/listing.js";

/**
 * Why an edit is not one between the architectural NOP and an unconditional B of one fetch unit. `MOV R0, R0`, which Linux
 * writes in ARM code, is no NOP to the list.
 */
export function toggles({ isa, from, to }: Edit): string | undefined {
  if (isa === "t32" && (from.size !== 2 || to.size !== 2)) return "in T32 only the 16-bit NOP and B are listed";
  const kinds = [kindOf(from), kindOf(to)].toSorted().join();
  if (kinds === "B,NOP" && from.cond === "al" && to.cond === "al") return undefined;
  return `${format(from)} and ${format(to)} are not the architectural NOP and B`;
}
