import type { Insn } from "@cmodx/codec";
import type { Compat, RegisterPlace, Rule } from "./rule.js";
import { bitCount, halfwordBytes } from "./words.js";

/** The register that stands in the slot for the one at a place of the word. */
export const standIns: Readonly<Record<RegisterPlace, number>> = { 16: 2, 12: 0, 8: 1, 0: 3 };

/** `mov pc, lr`, which ends an A32 slot, and `bx lr`, which ends a Thumb slot. */
const returnA32 = 0xe1a0f00e;
const returnThumb = 0x4770;

/**
 * The slot: what is executed in place of the probed instruction, and the return to its caller, in memory order; undefined when
 * the instruction uses registers that no way of calling a slot provides, so that it has to be simulated.
 *
 * @see linux arch/arm/probes/decode.c, arch/arm/probes/kprobes/actions-common.c, actions-thumb.c
 */
export function slotOf(insn: Insn, rule: Rule, compat: Compat): Uint8Array | undefined {
  const { isa, size, word } = insn;
  switch (rule.slot) {
    case "push":
    case "pop":
      return halfwordBytes([...stackHalves(rule.slot, word & 0x1ff, compat), returnThumb]);
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

/**
 * A 32-bit push or pop by r9, where bit 8 of the list is r8. A list of one register is UNPREDICTABLE there, though not in the
 * 16-bit instructions: Linux makes one all the same, `strict` a store or load of one register.
 */
function stackHalves(form: "push" | "pop", list: number, compat: Compat): readonly [number, number] {
  if (compat === "linux" || bitCount(list) > 1) return [form === "push" ? 0xe929 : 0xe8b9, list];
  const register = 31 - Math.clz32(list);
  return form === "push" ? [0xf849, (register << 12) | 0xd04] : [0xf859, (register << 12) | 0xb04];
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
 * By how much the registers of a load or store of many are renamed, so that they are r0 to r12, which are what a call can load:
 * those from r0, r2 or, for a load of the PC, r3.
 */
export function windowShift(word: number): 0 | 2 | 3 | undefined {
  const list = word & 0xffff;
  const base = (word >>> 16) & 15;
  const load = (word & 0x00100000) !== 0;
  if (base <= 12 && (list & 0xe000) === 0) return 0;
  if (base >= 2 && (list & 0x8003) === 0) return 2;
  if (base >= 3 && (list & 0x0007) === 0 && load && (list & 0x8000) !== 0) return 3;
  return undefined;
}

function windowed(word: number): number | undefined {
  const by = windowShift(word);
  if (by === undefined) return undefined;
  const base = (word >>> 16) & 15;
  return ((word & 0xfff00000) | ((base - by) << 16) | ((word & 0xffff) >>> by)) >>> 0;
}
