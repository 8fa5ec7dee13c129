import { decodeA32, decodeT32, directTarget, format, type Insn, type Isa, isWide } from "@cmodx/codec";
import type { InstructionSet, Meaning } from "@cmodx/machine";
import type { SiteMap } from "./site-map.js";

/** No core ever calls through a link register here, so any register will do. */
const LINK_REGISTER = 14;

/**
 * Instructions as a proof needs them: fetched unit by unit and decoded from what was fetched, old, new or torn. A branch to
 * another piece of the plan's code goes there, a load of PC reads its literal; what other instructions do is left out, because
 * the properties are about which instruction is executed: control leaves the site.
 */
export function siteInstructions(isa: Isa, map: SiteMap): InstructionSet {
  return {
    name: isa,
    fetchBytes: isa === "a32" ? 4 : 2,
    linkRegister: LINK_REGISTER,
    writes: false,
    decode(address, first, next) {
      const insn = isa === "a32" ? decodeA32(first, address) : decodeT32(first, isWide(first) ? next() : 0, address);
      return { size: insn.size, text: format(insn), execute: meaningOf(insn, map) };
    },
  };
}

function meaningOf(insn: Insn, map: SiteMap): Meaning["execute"] {
  const target = directTarget(insn);
  if (target !== undefined && map.has(target)) return (machine) => machine.branch(target);
  const literal = map.literalAt(insn.address);
  if (literal === undefined || insn.mnemonic !== "ldr") return (machine) => machine.branch(map.leave);
  return (machine) => {
    const loaded = machine.load(machine.constant(literal.address), 4);
    machine.branchTo(machine.compute(loaded.value & ~1, loaded));
  };
}
