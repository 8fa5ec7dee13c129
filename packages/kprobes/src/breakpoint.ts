import { decodeA32, decodeT32, type Insn } from "@cmodx/codec";

/**
 * The UNDEFINED instruction that Linux puts in place of a probed one: of the same size, so that ITSTATE and PC advance as they
 * would, and in A32 with the same condition; an instruction of the unconditional space gets "always".
 *
 * @param insn - the probed instruction, with its IT state in Thumb
 *
 * @see linux arch/arm/probes/kprobes/core.c
 * @example
 * ```ts
 * import { decodeT32 } from "@cmodx/codec";
 * breakpointFor(decodeT32(0xb510, 0)).word.toString(16); // push {r4, lr}: "de18"
 * ```
 */
export function breakpointFor({ isa, size, word, address, it }: Insn): Insn {
  if (isa === "t32") return size === 2 ? decodeT32(0xde18, 0, address, it) : decodeT32(0xf7f0, 0xa018, address, it);
  const condition = word >= 0xe0000000 ? 0xe0000000 : word & 0xf0000000;
  return decodeA32((condition | 0x07f001f8) >>> 0, address);
}
