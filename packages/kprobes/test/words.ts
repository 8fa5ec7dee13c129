import { decodeA32, decodeT32, type Insn, type Isa } from "@cmodx/codec";

/** The instruction a canonical opcode number stands for. */
export function decodeWord(isa: Isa, word: number): Insn {
  if (isa === "a32") return decodeA32(word);
  return word < 0x10000 ? decodeT32(word, 0) : decodeT32(word >>> 16, word & 0xffff);
}

export const hex = (bytes: Uint8Array | null): string => (bytes === null ? "" : Buffer.from(bytes).toString("hex"));
