import { type Insn, type Isa, parse } from "@cmodx/codec";
import { PatchingError } from "./patching-error.js";

/**
 * One instruction to be changed into another, in place.
 *
 * In T32 the two may differ in size: changing a 32-bit `BL` into a 16-bit `B` writes only the first halfword and leaves
 * the second where it is, and the way back writes only the first halfword again.
 */
export interface Edit {
  readonly isa: Isa;
  /** Address of the first byte that executing cores fetch; bit 0 is clear in T32 too. */
  readonly address: number;
  readonly from: Insn;
  readonly to: Insn;
}

/**
 * The edit described by assembler text, in the codec's syntax; branch targets are absolute addresses.
 *
 * @param place.address - where the instruction is, in bytes
 * @throws {PatchingError} `E_TEXT` when a text is not one instruction of `isa` that can be encoded at `address`
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * edit.to.word; // 0xea0003fe
 * ```
 */
export function editOf({ isa, address, from, to }: { isa: Isa; address: number; from: string; to: string }): Edit {
  const insn = (text: string): Insn => {
    const parsed = parse(text, { isa, address });
    if (parsed.ok) return parsed.insn;
    const [issue] = parsed.issues;
    throw new PatchingError({
      code: "E_TEXT",
      what: `"${text}": ${issue?.message ?? "not an instruction"}`,
      remedy: issue?.hint ?? `write one ${isa} instruction as the assembler does`,
      facts: { isa, address, text },
    });
  };
  return { isa, address, from: insn(from), to: insn(to) };
}

/** A boundary that an instruction may lie across: an aligned word, a cache line of 32 or 64 bytes, a 4 KiB page. */
export type Boundary = "word" | "line32" | "line64" | "page";

const BOUNDARIES: readonly (readonly [Boundary, number])[] = [
  ["word", 4],
  ["line32", 32],
  ["line64", 64],
  ["page", 4096],
];

/**
 * The boundaries that `size` bytes at `address` lie across, narrowest first.
 *
 * @param address - of the first byte
 * @param size - in bytes, at least 1
 *
 * @example
 * ```ts
 * straddles(0x103d2, 4); // ["word"]
 * straddles(0x1ffe, 4); // ["word", "line32", "line64", "page"]
 * ```
 */
export function straddles(address: number, size: number): Boundary[] {
  return BOUNDARIES.filter(([, bytes]) => (address % bytes) + size > bytes).map(([name]) => name);
}

/** A boundary, or that of a cache line of another size: `line128`. */
export type AnyBoundary = Boundary | `line${number}`;

/**
 * As {@link straddles}, with the machine's own cache lines in place of lines of 32 and 64 bytes.
 *
 * @param address - of the first byte
 * @param size - in bytes, at least 1
 * @param lines - sizes of cache lines, in bytes: powers of two
 *
 * @example
 * ```ts
 * straddlesLines(0x803e, 4, [64, 128]); // ["word", "line64"]
 * ```
 */
export function straddlesLines(address: number, size: number, lines: readonly number[]): AnyBoundary[] {
  const sizes = [...new Set(lines)].toSorted((a, b) => a - b);
  const boundaries: readonly (readonly [AnyBoundary, number])[] = [
    ["word", 4],
    ...sizes.map((bytes) => [`line${bytes}`, bytes] as const),
    ["page", 4096],
  ];
  return boundaries.filter(([, bytes]) => (address % bytes) + size > bytes).map(([name]) => name);
}

/**
 * How many bytes the edit covers: the larger of the two instructions.
 *
 * @param edit - the instructions before and after
 *
 * @example
 * ```ts
 * editSize(editOf({ isa: "t32", address: 0x8000, from: "nop.w", to: "b.w 0x9000" })); // 4
 * ```
 */
export function editSize({ from, to }: Edit): number {
  return Math.max(from.size, to.size);
}
