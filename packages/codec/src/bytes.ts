import type { Isa } from "./encoding.js";
import type { Insn } from "./insn.js";

/** The memory of a little-endian system, or of a big-endian one as ARMv6 and later have it (BE8): data is big-endian, and code is not. */
export type MemoryOrder = "little" | "be8";

/**
 * A canonical opcode in memory order: code is little-endian, and a 32-bit Thumb instruction is two halfwords, hw1 first.
 *
 * @param isa - the instruction set
 * @param word - the canonical opcode
 * @param size - its bytes
 * @returns `size` bytes
 * @example
 * ```ts
 * wordBytes("t32", 0xf3af8000, 4); // Uint8Array [0xaf, 0xf3, 0x00, 0x80]
 * ```
 */
export function wordBytes(isa: Isa, word: number, size: 2 | 4): Uint8Array {
  if (size === 2) return Uint8Array.of(word, word >>> 8);
  if (isa === "a32") return Uint8Array.of(word, word >>> 8, word >>> 16, word >>> 24);
  return Uint8Array.of(word >>> 16, word >>> 24, word, word >>> 8);
}

/**
 * The bytes of an instruction in memory order.
 *
 * @param insn - a decoded or assembled instruction
 * @returns 2 or 4 bytes
 * @example
 * ```ts
 * bytesOf(decodeA32(0xe320f000)); // Uint8Array [0x00, 0xf0, 0x20, 0xe3]
 * ```
 */
export function bytesOf(insn: Insn): Uint8Array {
  return wordBytes(insn.isa, insn.word, insn.size);
}

/**
 * What a load of an instruction's size reads where it lies, for its canonical opcode; and the canonical opcode for what such a load has read:
 * either way the same bytes change places. A kernel compares and stores instructions so.
 *
 * @param isa - the instruction set
 * @param word - the canonical opcode, or what was loaded
 * @param size - its bytes
 * @param order - of the system that loads
 * @returns what was loaded, or the canonical opcode: unsigned
 * @see linux arch/arm/include/asm/opcodes.h
 * @example
 * ```ts
 * memoryWord("t32", 0xf3af8000, 4, "little").toString(16); // "8000f3af"
 * memoryWord("t32", 0xf3af8000, 4, "be8").toString(16); // "aff30080"
 * memoryWord("t32", 0xaff30080, 4, "be8").toString(16); // "f3af8000"
 * memoryWord("a32", 0xe320f000, 4, "be8").toString(16); // "f020e3"
 * ```
 */
export function memoryWord(isa: Isa, word: number, size: 2 | 4, order: MemoryOrder): number {
  const halvesSwapped = isa === "t32" && size === 4;
  if (order === "little") return (halvesSwapped ? (word << 16) | (word >>> 16) : word) >>> 0;
  const inHalves = ((word & 0xff00ff) << 8) | ((word >>> 8) & 0xff00ff);
  return (isa === "a32" ? (inHalves << 16) | (inHalves >>> 16) : inHalves) >>> 0;
}
