import type { Isa } from "./encoding.js";
import { DecodedInsn, type Insn } from "./insn.js";
import { type ItState, noIt } from "./it-state.js";
import { firstWide } from "./key.js";
import { decoder } from "./table/index.js";

/**
 * Whether this halfword is the first of a 32-bit Thumb instruction.
 *
 * @param hw1 - a first halfword
 * @returns true from 0xe800 up
 * @example
 * ```ts
 * isWide(0xf3af); // true
 * ```
 */
export function isWide(hw1: number): boolean {
  return (hw1 & 0xffff) >= firstWide;
}

/**
 * Decodes an A32 word. Total: every word has an answer.
 *
 * @param word - the opcode, signed or unsigned
 * @param address - where it lies, for branch targets
 * @returns the instruction; status and reasons say what is wrong with it
 * @example
 * ```ts
 * decodeA32(0xe320f000).mnemonic; // "nop"
 * ```
 */
export function decodeA32(word: number, address = 0): Insn {
  const unsigned = word >>> 0;
  return new DecodedInsn("a32", unsigned, 4, address, noIt, decoder.stateOfA32(unsigned));
}

/**
 * Decodes a Thumb instruction; `hw2` is ignored when `hw1` is a 16-bit encoding.
 *
 * @param hw1 - the first halfword
 * @param hw2 - the second halfword
 * @param address - where it lies, for branch targets
 * @param it - ITSTATE before it, 0 outside an IT block
 * @returns the instruction; status and reasons say what is wrong with it
 * @example
 * ```ts
 * format(decodeT32(0xf3af, 0x8000)); // "nop.w"
 * ```
 */
export function decodeT32(hw1: number, hw2: number, address = 0, it: ItState = noIt): Insn {
  if (!isWide(hw1)) return new DecodedInsn("t32", hw1 & 0xffff, 2, address, it, decoder.stateOfT32(hw1 & 0xffff));
  const word = ((hw1 << 16) | (hw2 & 0xffff)) >>> 0;
  return new DecodedInsn("t32", word, 4, address, it, decoder.stateOfT32(word));
}

/**
 * Decodes the instruction at `offset` of little-endian code; undefined when too few bytes remain.
 *
 * @param isa - the instruction set of the code
 * @param bytes - little-endian code
 * @param offset - of the instruction in `bytes`
 * @param address - where it lies, for branch targets
 * @param options - ITSTATE before it, 0 when left out
 * @returns the instruction, or undefined
 * @example
 * ```ts
 * decode("t32", new Uint8Array([0x00, 0xbf]))?.mnemonic; // "nop"
 * ```
 */
export function decode(
  isa: Isa,
  bytes: Uint8Array,
  offset = 0,
  address = 0,
  options: { readonly it?: ItState } = {},
): Insn | undefined {
  const half = (at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
  if (!Number.isInteger(offset) || offset < 0 || offset + 2 > bytes.length) return undefined;
  const hw1 = half(offset);
  if (isa === "t32" && !isWide(hw1)) return decodeT32(hw1, 0, address, options.it);
  if (offset + 4 > bytes.length) return undefined;
  const second = half(offset + 2);
  return isa === "a32" ? decodeA32(hw1 | (second << 16), address) : decodeT32(hw1, second, address, options.it);
}

/**
 * The raw value of a field of the encoding diagram (`imm10`, `S`, `Rd`); undefined when the encoding has no such field.
 *
 * @param insn - a decoded instruction
 * @param name - the field's name in the diagram
 * @returns its bits, unsigned
 * @example
 * ```ts
 * field(decodeA32(0xe3a01002), "Rd"); // 1
 * ```
 */
export function field(insn: Insn, name: string): number | undefined {
  const found = insn.encoding?.pattern.fields.get(name);
  return found === undefined ? undefined : (insn.word >>> found.shift) & (2 ** found.width - 1);
}

/**
 * Every field of the encoding diagram by name, and `shouldBe`, the should-be bits in their places, where the diagram has any:
 * what `encode` takes to make the same word again. Empty when the word is unallocated.
 *
 * @param insn - a decoded instruction
 * @returns the fields' bits, unsigned
 * @example
 * ```ts
 * fields(decodeA32(0xe12fff1e)); // { cond: 14, Rm: 14, shouldBe: 0xfff00 }
 * ```
 */
export function fields({ encoding, word }: Insn): Record<string, number> {
  const found: Record<string, number> = {};
  if (encoding === undefined) return found;
  const { pattern } = encoding;
  for (const { name, shift, width } of pattern.fields.values()) found[name] = (word >>> shift) & (2 ** width - 1);
  if (pattern.shouldMask !== 0) found["shouldBe"] = (word & pattern.shouldMask) >>> 0;
  return found;
}
