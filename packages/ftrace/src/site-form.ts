import { decodeA32, decodeT32, encodeBranch, type Insn, type Isa } from "@cmodx/codec";
import { type CodeMemory, type Edit, runtimeNop } from "@cmodx/patching";
import { callNop, stateOf } from "./call-site.js";
import type { PatchFailure } from "./ftrace-bug.js";
import type { DynRecord } from "./record.js";

/** The edits by which a site becomes what is wanted, or why it cannot. */
export type SiteChange =
  | { readonly ok: true; readonly edits: readonly Edit[] }
  | { readonly ok: false; readonly failure: PatchFailure; readonly actual?: Uint8Array };

/** What the places look like that the tracer patches, and by which edits they change. */
export interface SiteForm {
  /** Switches a site off for the first time: from what the compiler left there. */
  initialise(memory: CodeMemory, record: DynRecord): SiteChange;
  /**
   * Changes a site from calling `from` to calling `to`; undefined is calling nobody. Several edits are made one after the other, each
   * complete before the next.
   */
  change(memory: CodeMemory, record: DynRecord, from: number | undefined, to: number | undefined): SiteChange;
  /** What a place in the tracer's own code holds that goes to `to`, or on behind itself. */
  toggle(isa: Isa, at: number, to: number | undefined): Insn;
}

/**
 * Linux' own: `bl` and the word that takes back the site's push. Nobody may execute the site while it changes.
 *
 * @example
 * ```ts
 * linuxForm.toggle("a32", 0x8000, undefined).mnemonic; // "mov"
 * linuxForm.toggle("a32", 0x8000, 0x9000).mnemonic; // "b"
 * ```
 */
export const linuxForm: SiteForm = {
  initialise: (memory, record) =>
    replaced(
      memory,
      record,
      (insn) => stateOf(insn) !== "other",
      () => callNop(record.isa, record.ip),
    ),
  change: (memory, record, from, to) => {
    const call = (target: number) => branchTo(record.isa, record.ip, target, "bl");
    return replaced(
      memory,
      record,
      (insn) => (from === undefined ? stateOf(insn) === "nop" : insn.word === call(from)?.word),
      () => (to === undefined ? callNop(record.isa, record.ip) : call(to)),
    );
  },
  toggle: (isa, at, to) => (to === undefined ? undefined : branchTo(isa, at, to, "b", 4)) ?? runtimeNop(isa, at),
};

/** One edit at a record's address, where it holds what is expected. */
function replaced(
  memory: CodeMemory,
  { isa, ip: address }: Pick<DynRecord, "isa" | "ip">,
  isExpected: (insn: Insn) => boolean,
  to: () => Insn | undefined,
): SiteChange {
  const actual = memory.read(address, 4);
  if (actual === undefined) return { ok: false, failure: "-EFAULT" };
  const half = (at: number) => actual[at]! | (actual[at + 1]! << 8);
  const from =
    isa === "a32" ? decodeA32((half(0) | (half(2) << 16)) >>> 0, address) : decodeT32(half(0), half(2), address);
  const made = to();
  if (!isExpected(from) || made === undefined) return { ok: false, failure: "-EINVAL", actual };
  const same = from.word === made.word && from.size === made.size;
  return { ok: true, edits: same ? [] : [{ isa, address, from, to: made }] };
}

/** A branch of the instruction set's own, where it reaches. */
export function branchTo(isa: Isa, at: number, to: number, kind: "b" | "bl", width: 2 | 4 = 4): Insn | undefined {
  const request = isa === "t32" && kind === "b" ? ({ isa, kind, width } as const) : ({ isa, kind } as const);
  const made = encodeBranch(request, at, to);
  return made.ok ? made.insn : undefined;
}
