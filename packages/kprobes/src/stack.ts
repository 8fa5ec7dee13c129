import type { Insn } from "@cmodx/codec";
import { bitCount } from "./words.js";

/**
 * Bytes below the interrupted SP that the trap leaves free for the instruction.
 *
 * @example
 * ```ts
 * stackHole; // 64
 * ```
 *
 * @see linux arch/arm/include/asm/probes.h
 */
export const stackHole = 64;

const sp = 13;

/**
 * How many bytes below SP an instruction stores to, of those whose line says that they store; null when a register decides.
 *
 * The word is read as the kernel reads it, because what it does not recognise counts as none.
 * @see linux arch/arm/probes/kprobes/checkers-arm.c, checkers-thumb.c
 */
export function stackUse({ isa, size, word }: Insn): number | null {
  if (size === 2) return 4 * bitCount(word & 0x1ff);
  return isa === "a32" ? ofA32(word) : ofT32(word);
}

const rn = (word: number): number => (word >>> 16) & 15;
const rm = (word: number): number => word & 15;
const isDown = (word: number): boolean => (word & 0x01800000) === 0x01000000;

function ofA32(word: number): number | null {
  const store = (word & 0x00100000) === 0;
  switch ((word >>> 25) & 7) {
    case 0: {
      // STRH and STRD; LDRD has bit 20 clear as well, and bit 5.
      if (!store || (word & 0xb0) !== 0xb0) return 0;
      if ((word & 0x00400000) === 0) return rn(word) === sp || rm(word) === sp ? null : 0;
      return rn(word) === sp && isDown(word) ? ((word & 0xf00) >>> 4) + (word & 15) : 0;
    }
    case 2:
      return store && rn(word) === sp && isDown(word) ? word & 0xfff : 0;
    case 3:
      return store && (rn(word) === sp || rm(word) === sp) ? null : 0;
    case 4: {
      if (!store || rn(word) !== sp || (word & 0x00800000) !== 0) return 0;
      // Decrementing after, the highest word lies at SP itself.
      return 4 * (bitCount(word & 0xffff) - ((word & 0x01000000) === 0 ? 1 : 0));
    }
    default:
      return 0;
  }
}

function ofT32(word: number): number | null {
  if ((word & 0x00100000) !== 0) return 0;
  if ((word & 0xff900fc0) >>> 0 === 0xf8000000) return rn(word) === sp || rm(word) === sp ? null : 0;
  if (rn(word) !== sp) return 0;
  if ((word & 0xff900e00) >>> 0 === 0xf8000c00) return word & 0xff;
  if ((word & 0xffd00000) >>> 0 === 0xe9400000) return 4 * (word & 0xff);
  if ((word & 0xffd00000) >>> 0 === 0xe9000000) return 4 * bitCount(word & 0xffff);
  return 0;
}
