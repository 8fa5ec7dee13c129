import type { Insn } from "@cmodx/codec";
import type { RegisterPlace, Rule } from "./rule.js";
import { halfwordBytes } from "./words.js";

/** The register that stands in the slot for the one at a place of the word. */
const standIns: Readonly<Record<RegisterPlace, number>> = { 16: 2, 12: 0, 8: 1, 0: 3 };

/** `mov pc, lr`, which ends an A32 slot, and `bx lr`, which ends a Thumb slot. */
const returnA32 = 0xe1a0f00e;
const returnThumb = 0x4770;

/**
 * The slot: what is executed in place of the probed instruction, and the return to its caller, in memory order; undefined when
 * the instruction uses registers that no way of calling a slot provides, so that it has to be simulated.
 *
 * @see linux arch/arm/probes/decode.c, arch/arm/probes/kprobes/actions-common.c, actions-thumb.c
 */
export function slotOf(insn: Insn, rule: Rule): Uint8Array | undefined {
  const { isa, size, word } = insn;
  switch (rule.slot) {
    case "push":
      return halfwordBytes([0xe929, word & 0x1ff, returnThumb]);
    case "pop":
      return halfwordBytes([0xe8b9, word & 0x1ff, returnThumb]);
    case "high-registers":
      return halfwordBytes([(word & 0xff00) | 1, returnThumb, returnThumb]);
    case "window": {
      const moved = windowed(isa === "a32" ? always(word) : word);
      return moved === undefined ? undefined : whole(isa, moved);
    }
    default:
      if (size === 2) return halfwordBytes([word, returnThumb, returnThumb]);
      return whole(isa, replaced(isa === "a32" ? always(word) : word, rule));
  }
}

function whole(isa: "a32" | "t32", word: number): Uint8Array {
  if (isa === "t32") return halfwordBytes([word >>> 16, word & 0xffff, returnThumb]);
  return halfwordBytes([word & 0xffff, word >>> 16, returnA32 & 0xffff, returnA32 >>> 16]);
}

/** The condition is checked before the slot is called. */
function always(word: number): number {
  return word < 0xe0000000 ? ((word & 0x0fffffff) | 0xe0000000) >>> 0 : word;
}

function replaced(word: number, rule: Rule): number {
  let changed = word;
  for (const [place, constraint] of rule.registers) {
    const register = constraint === "same" ? standIns[16] : standIns[place];
    changed = (changed & ~(15 << place)) | (register << place);
  }
  return changed >>> 0;
}

/**
 * A load or store of many registers with its registers renamed to r0 to r12, which are what a call can load: those from r0, r2
 * or, for a load of the PC, r3.
 */
function windowed(word: number): number | undefined {
  const list = word & 0xffff;
  const base = (word >>> 16) & 15;
  const load = (word & 0x00100000) !== 0;
  const moved = (by: number): number => ((word & 0xfff00000) | ((base - by) << 16) | (list >>> by)) >>> 0;
  if (base <= 12 && (list & 0xe000) === 0) return moved(0);
  if (base >= 2 && (list & 0x8003) === 0) return moved(2);
  if (base >= 3 && (list & 0x0007) === 0 && load && (list & 0x8000) !== 0) return moved(3);
  return undefined;
}
