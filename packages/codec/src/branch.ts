import { type Condition, conditionCode } from "./condition.js";
import type { Encoding, Isa } from "./encoding.js";
import { DecodedInsn, type Insn } from "./insn.js";
import { noIt } from "./it-state.js";
import { adjustedPc, branchOffsetOf } from "./operands/branch.js";
import { encodingOf, stateOf } from "./table/find.js";

/** Which branch to make. `width` 2 or 4 is for Thumb's B; without it the narrow form is taken where it reaches. */
export interface BranchRequest {
  readonly isa: Isa;
  readonly kind: "b" | "bl" | "blx";
  readonly width?: 2 | 4;
  readonly cond?: Condition;
}

/** The branch, or why there is none: `min` and `max` are the encoding's inclusive offsets from the adjusted PC, in bytes. */
export type BranchResult =
  | { readonly ok: true; readonly insn: Insn }
  | {
      readonly ok: false;
      readonly reason: "range" | "alignment" | "form";
      /** target - adjusted PC, the shorter way round the address space. */
      readonly offset: number;
      readonly min: number;
      readonly max: number;
      /** Offsets are multiples of this. */
      readonly align: number;
    };

/** A branch of each form: their rows are found as any word's is, where names would have to be read of all rows. */
const a32 = { b: 0xea000000, bl: 0xeb000000, blx: 0xfa000000 } as const;
const t32 = { b: 0xf0009000, bl: 0xf000d000, blx: 0xf000c000 } as const;
const t32Conditional = 0xf0008000;
const [t16, t16Conditional] = [0xe000, 0xd000];

function formsOf({ isa, kind, width, cond = "al" }: BranchRequest): readonly number[] {
  if (!Object.hasOwn(a32, kind) || (isa !== "a32" && isa !== "t32") || conditionCode(cond) === undefined) return [];
  if (isa === "a32") return width === 2 || (kind === "blx" && cond !== "al") ? [] : [a32[kind]];
  if (kind !== "b") return width === 2 || cond !== "al" ? [] : [t32[kind]];
  const [narrow, wide] = cond === "al" ? [t16, t32.b] : [t16Conditional, t32Conditional];
  return width === 2 ? [narrow] : width === 4 ? [wide] : [narrow, wide];
}

const rows = new Map<number, Encoding>();

function rowOf(isa: Isa, word: number): Encoding {
  let row = rows.get(word);
  if (row === undefined) {
    row = encodingOf(stateOf(isa, word))!;
    rows.set(word, row);
  }
  return row;
}

/**
 * Makes the branch at `from` that goes to `to`, both byte addresses (for `blx`, `to` is in the other instruction set).
 * An impossible combination, such as a conditional BL in Thumb, is reason `form`.
 *
 * @param request - which branch
 * @param from - the address of the branch, in bytes
 * @param to - the address that it goes to
 * @returns the instruction; or why there is none, with the offsets that this form reaches
 * @example
 * ```ts
 * const made = encodeBranch({ isa: "a32", kind: "b" }, 0x8000, 0x8008);
 * made.ok && made.insn.word; // 0xea000000
 * ```
 */
export function encodeBranch(request: BranchRequest, from: number, to: number): BranchResult {
  const { isa, cond = "al" } = request;
  let refusal: BranchResult = { ok: false, reason: "form", offset: 0, min: 0, max: 0, align: 1 };
  for (const form of formsOf(request)) {
    const row = rowOf(isa, form);
    const { offset: codec, align } = branchOffsetOf(row)!;
    const offset = (to - adjustedPc(isa, from, align)) | 0;
    const { min, max, scale } = codec;
    if (from % (isa === "a32" ? 4 : 2) !== 0 || offset % scale !== 0)
      refusal = { ok: false, reason: "alignment", offset, min, max, align: scale };
    else if (offset < min || offset > max) refusal = { ok: false, reason: "range", offset, min, max, align: scale };
    else {
      const place = row.pattern.fields.get("cond");
      const code = conditionCode(cond) ?? 14;
      const condition = place === undefined ? 0 : code << place.shift;
      const word = (row.pattern.value | condition | codec.write(offset)) >>> 0;
      return { ok: true, insn: new DecodedInsn(isa, word, row.size, from >>> 0, noIt, stateOf(isa, word)) };
    }
  }
  return refusal;
}
