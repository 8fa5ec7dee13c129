import type { Isa } from "./encoding.js";
import type { Insn } from "./insn.js";

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
