import type { Isa } from "@cmodx/codec";

/** One static branch: an instruction, where it goes when it is a branch, and the key it belongs to. */
export interface JumpEntry {
  readonly isa: Isa;
  /** Address of the instruction; bit 0 is clear in T32 too. */
  readonly code: number;
  readonly target: number;
  /** Address of the key: what the entries of one key have in common. */
  readonly key: number;
  /** Whether the compiler took the branch's condition for likely. */
  readonly likely: boolean;
  /** Whether the site is in text that is freed after boot, or after a module's init. */
  readonly init: boolean;
  /** Bytes of the instruction: 4 as Linux builds them, 2 for the T16 forms. */
  readonly width: 2 | 4;
}

/**
 * By key, then by site: the order that lets a key point at the first of its entries.
 *
 * @param entries - in any order; they are left as they are
 *
 * @example
 * ```ts
 * const site = { isa: "a32", code: 0x8000, target: 0x9000, key: 0xa000, likely: false, init: false, width: 4 } as const;
 * sortEntries([site, { ...site, code: 0x7000 }, { ...site, key: 0x9000 }]).map(({ code }) => code); // [0x8000, 0x7000, 0x8000]
 * ```
 */
export function sortEntries(entries: readonly JumpEntry[]): JumpEntry[] {
  return entries.toSorted((a, b) => a.key - b.key || a.code - b.code);
}

/**
 * Whether a site lies in `[start, end]`, both inclusive: kprobes must not touch it.
 *
 * @param entries - of the kernel or of a module
 * @param start - address of the first byte that is asked about
 * @param end - address of the last one
 *
 * @example
 * ```ts
 * const site = { isa: "a32", code: 0x8000, target: 0x9000, key: 0xa000, likely: false, init: false, width: 4 } as const;
 * textReserved([site], 0x8003, 0x8003); // true
 * textReserved([site], 0x8004, 0x8007); // false
 * ```
 *
 * @see linux kernel/jump_label.c __jump_label_text_reserved
 */
export function textReserved(entries: readonly JumpEntry[], start: number, end: number): boolean {
  return entries.some(({ code, width }) => code <= end && code + width > start);
}
