import { bytesOf, directTarget, encodeBranch, type Insn, type Isa, parse } from "@cmodx/codec";
import type { InitialBytes } from "@cmodx/machine";
import { editSize } from "../edit.js";
import { PatchingError } from "../patching-error.js";
import type { Plan } from "../protocols/plan.js";
import { kindOf } from "../rules/listing.js";

/** Code around a plan's sites, and from where to where a core runs through each. */
export interface RealCode {
  readonly memory: readonly InitialBytes[];
  /** Where the handler of a breakpoint at the site goes on. */
  readonly skip: number | "next";
  readonly runs: readonly { readonly address: number; readonly until: readonly number[] }[];
}

/**
 * For each site an instruction before it, so that a core can be interrupted on the way to it and fetch it ahead, and at each target
 * code that goes on behind the site, so that old and new instruction meet again and the next run begins like the first.
 *
 * @throws {PatchingError} `E_NOT_APPLICABLE` for plans with literals, whose targets are the proof's own
 */
export function realCode({ changes, protocol }: Plan): RealCode {
  if (changes.some(({ literal }) => literal !== undefined)) {
    throw new PatchingError({
      code: "E_NOT_APPLICABLE",
      what: `the plan by ${protocol} loads its targets, and real code has no place for them`,
      remedy: "prove it with the site's own instructions",
      facts: { protocol },
    });
  }
  const own = changes.flatMap(({ edit, island }) => (island === undefined ? [edit] : [edit, island]));
  const taken = (address: number, size: number) =>
    own.some((edit) => address < edit.address + editSize(edit) && edit.address < address + size);
  const memory = new Map<number, InitialBytes>();
  const place = (insn: Insn) => {
    if (!taken(insn.address, insn.size)) memory.set(insn.address, { address: insn.address, bytes: bytesOf(insn) });
  };
  const runs = changes.map(({ edit, placeholder, island }) => {
    const after = edit.address + editSize(edit);
    const before = edit.address - (edit.isa === "a32" ? 4 : 2);
    const insns = [edit.from, edit.to, ...(placeholder ? [placeholder] : []), ...(island ? [island.to] : [])];
    for (const insn of insns) {
      const target = directTarget(insn);
      if (target !== undefined && target !== after) place(back(edit.isa, insn, target, after));
    }
    const entry = text(edit.isa, before, "nop");
    place(entry);
    return { address: taken(before, entry.size) ? edit.address : before, until: [after] };
  });
  const [first, ...rest] = runs;
  // Behind a breakpoint of 16 bits over a call is the call's second half, which is no place to go on.
  const skip = first === undefined || rest.length > 0 ? "next" : first.until[0]!;
  return { memory: [...memory.values()], skip, runs };
}

/** What is at a branch's target: the way back behind the site. */
function back(isa: Isa, insn: Insn, target: number, after: number): Insn {
  // BLX arrives in the other instruction set, and its return changes back.
  if (kindOf(insn) === "BLX") return text(isa === "a32" ? "t32" : "a32", target, "bx lr");
  const made = encodeBranch({ isa, kind: "b", ...(isa === "t32" ? { width: 4 as const } : {}) }, target, after);
  return made.ok ? made.insn : text(isa, target, "bx lr");
}

function text(isa: Isa, address: number, line: string): Insn {
  const parsed = parse(line, { isa, address });
  if (!parsed.ok) throw new Error(`${line} is in ${isa}`);
  return parsed.insn;
}
