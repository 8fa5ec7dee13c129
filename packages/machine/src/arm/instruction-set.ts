import { advanceIt, decodeA32, decodeT32, format, type Insn, isWide } from "@cmodx/codec";
import { ExploreOperations } from "../explore-operations.js";
import type { InstructionSet, Meaning } from "../instruction-set.js";
import { blendA32, blendT32 } from "./blend.js";
import { perform, prepared } from "./meaning.js";

function meaningOf(decoded: Insn): Meaning {
  const insn = prepared(decoded);
  return {
    size: insn.size,
    text: format(decoded),
    execute(machine) {
      if (insn.it !== 0) machine.core.it = advanceIt(insn.it);
      perform(new ExploreOperations(machine, insn), insn);
    },
  };
}

/** Keeps the meanings of words already decoded at an address: exploration decodes the same few over and over. */
function remembered(decode: (address: number, word: number, it: number) => Meaning) {
  const known = new Map<number, Map<number, Meaning>>();
  return (address: number, word: number, it: number): Meaning => {
    let here = known.get(address);
    if (here === undefined) {
      if (known.size > 4096) known.clear();
      here = new Map();
      known.set(address, here);
    }
    const key = word * 256 + it;
    let meaning = here.get(key);
    if (meaning === undefined) {
      meaning = decode(address, word, it);
      here.set(key, meaning);
    }
    return meaning;
  };
}

const wordA32 = remembered((address, word) => meaningOf(decodeA32(word, address)));
const narrowT32 = remembered((address, word, it) => meaningOf(decodeT32(word, 0, address, it)));
const wideT32 = remembered((address, word, it) => meaningOf(decodeT32(word >>> 16, word & 0xffff, address, it)));

/**
 * A32: a word is fetched as one (ARM DDI 0487 E2.2.1).
 *
 * @example
 * ```ts
 * a32.name; // "a32"
 * ```
 */
export const a32: InstructionSet = {
  name: "a32",
  fetchBytes: 4,
  linkRegister: 14,
  blend: blendA32,
  decode: (address, word) => wordA32(address, word, 0),
};

/**
 * Thumb: a halfword is fetched as one, so the halves of a 32-bit instruction may come from different stores.
 *
 * @example
 * ```ts
 * t32.name; // "t32"
 * ```
 */
export const t32: InstructionSet = {
  name: "t32",
  fetchBytes: 2,
  linkRegister: 14,
  blend: blendT32,
  decode(address, hw1, next, it) {
    if (!isWide(hw1)) return narrowT32(address, hw1, it);
    return wideT32(address, hw1 * 0x10000 + next(), it);
  },
};
