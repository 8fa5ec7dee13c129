import { decodeA32, decodeT32, format, type Isa } from "@cmodx/codec";
import type { InstructionSet } from "@cmodx/machine";

/** No core ever calls through a link register here, so any register will do. */
const LINK_REGISTER = 14;

/**
 * Instructions as a proof needs them: fetched unit by unit and decoded from what was fetched, old, new or torn. What they
 * then do is left out, because the properties are about which instruction is executed; control goes to `leave`.
 */
export function siteInstructions(isa: Isa, leave: number): InstructionSet {
  return {
    name: isa,
    fetchBytes: isa === "a32" ? 4 : 2,
    linkRegister: LINK_REGISTER,
    decode(address, first, next) {
      const insn = isa === "a32" ? decodeA32(first, address) : decodeT32(first, isWide(first) ? next() : 0, address);
      return { size: insn.size, text: format(insn), execute: (machine) => machine.branch(leave) };
    },
  };
}

/** A first halfword from 0xe800 up starts an instruction of 32 bits. */
function isWide(halfword: number): boolean {
  return halfword >= 0xe800;
}
