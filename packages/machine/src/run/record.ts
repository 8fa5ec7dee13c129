import { advanceIt, decodeA32, decodeT32, type Insn, isWide } from "@cmodx/codec";
import { perform, prepared } from "../arm/meaning.js";
import { type Program, usedNodes } from "./node.js";
import { Recorder } from "./recorder.js";

/** Decodes the instruction that starts with `first`; `next` gives the second halfword of a 32-bit Thumb instruction. */
export function decodeAt(isa: "a32" | "t32", address: number, first: number, next: () => number, it: number): Insn {
  if (isa === "a32") return decodeA32(first, address);
  return decodeT32(first, isWide(first) ? next() : 0, address, it);
}

/** The program of an instruction; `followingIt` is ITSTATE behind it. */
export function record(decoded: Insn, followingIt = 0): Program {
  const insn = prepared(decoded);
  const recorder = new Recorder();
  perform(recorder, insn);
  const it = insn.it;
  return {
    address: insn.address >>> 0,
    size: insn.size,
    word: insn.word,
    nodes: usedNodes(recorder.nodes),
    it,
    nextIt: it === 0 ? 0 : advanceIt(it),
    followingIt,
    branch: insn.encoding?.spec.branch,
    ends: recorder.ends,
  };
}
