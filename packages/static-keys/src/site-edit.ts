import { decodeA32, decodeT32, encodeBranch, format, type Insn } from "@cmodx/codec";
import { type CodeMemory, type Edit, insnIn, runtimeNop } from "@cmodx/patching";
import type { JumpEntry } from "./jump-entry.js";
import { StaticKeysError } from "./static-keys-error.js";
import type { SiteForm } from "./truth-table.js";

/**
 * Whose habits to follow. `linux`: A32 sites are switched off by `mov r0, r0`, which is not the architecture's NOP; what is at
 * the site is not looked at; a branch that is out of range is written as the word 0. `strict`: the architectural NOP, the old
 * instruction compared, and a branch out of range refused.
 */
export type Compat = "linux" | "strict";

const A32_NOP = 0xe320f000;

/**
 * The NOP that a site is switched off with.
 *
 * @param entry - the site: its instruction set, address and width in bytes
 * @param compat - `linux` gives A32's `mov r0, r0`, `strict` the architected NOP
 *
 * @example
 * ```ts
 * const site = { isa: "a32", code: 0x8000, target: 0x9000, key: 0xa000, likely: false, init: false, width: 4 } as const;
 * nopAt(site, "strict").word; // 0xe320f000
 * nopAt(site, "linux").word; // 0xe1a00000
 * ```
 */
export function nopAt({ isa, code, width }: JumpEntry, compat: Compat): Insn {
  if (isa === "t32" && width === 2) return decodeT32(0xbf00, 0, code);
  // Both write nop.w in Thumb; in ARM Linux's own is no NOP to the architecture.
  return isa === "a32" && compat === "strict" ? decodeA32(A32_NOP, code) : runtimeNop(isa, code);
}

/**
 * The branch that a site is switched on with; undefined when its target is out of reach.
 *
 * @param entry - the site: its instruction set, address, target and width in bytes
 *
 * @example
 * ```ts
 * const site = { isa: "a32", code: 0x8000, target: 0x9000, key: 0xa000, likely: false, init: false, width: 4 } as const;
 * branchAt(site)?.word; // 0xea0003fe
 * branchAt({ ...site, target: 0x9000_0000 }); // undefined
 * ```
 */
export function branchAt({ isa, code, target, width }: JumpEntry): Insn | undefined {
  const made = encodeBranch(isa === "a32" ? { isa, kind: "b" } : { isa, kind: "b", width }, code, target);
  return made.ok ? made.insn : undefined;
}

/**
 * The edit that gives a site a form; undefined when it has it already.
 *
 * @param entry - the site
 * @param form - what it is to be: `nop` or `branch`
 * @param memory - where the site's instruction is read
 * @param compat - Linux's habits, or the architecture's rules
 * @param nop - what to switch it off with, where that is not what `compat` says
 * @throws {StaticKeysError} with `strict`: `E_RANGE` when the target is out of the branch's reach, `E_SITE` when the site holds
 *   neither its NOP nor its branch
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const site = { isa: "a32", code: 0x8000, target: 0x9000, key: 0xa000, likely: false, init: false, width: 4 } as const;
 * const memory = bytesMemory(0x8000, Uint8Array.of(0x00, 0xf0, 0x20, 0xe3));
 * siteEdit(site, "branch", memory, "strict")?.to.word; // 0xea0003fe
 * siteEdit(site, "nop", memory, "strict"); // undefined
 * ```
 */
export function siteEdit(
  entry: JumpEntry,
  form: SiteForm,
  memory: CodeMemory,
  compat: Compat,
  nop?: Insn,
): Edit | undefined {
  const { isa, code: address } = entry;
  const from = insnIn(memory, isa, address);
  const to = form === "nop" ? (nop ?? nopAt(entry, compat)) : branchFor(entry, compat);
  if (compat === "strict") {
    requireExpected(entry, from);
    if (form === "nop" && isNop(from)) return undefined;
  }
  return from.word === to.word && from.size === to.size ? undefined : { isa, address, from, to };
}

function branchFor(entry: JumpEntry, compat: Compat): Insn {
  const { isa, code, target } = entry;
  const branch = branchAt(entry);
  if (branch !== undefined) return branch;
  // Linux's arm_gen_branch answers 0 and jump_label.c writes it: ANDEQ in A32, and in Thumb the first halfword of a MOVS.
  if (compat === "linux") return isa === "a32" ? decodeA32(0, code) : decodeT32(0, 0, code);
  throw new StaticKeysError({
    code: "E_RANGE",
    what: `the site at ${hex(code)} cannot branch to ${hex(target)}: it is out of reach`,
    remedy: "place the target nearer, or go by a veneer",
    facts: { code, target },
  });
}

/**
 * Whether a site is switched off, by the compiler's NOP or by Linux's.
 *
 * @param insn - the instruction at a site
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 *
 * isNop(decodeA32(0xe320f000, 0)); // true
 * isNop(decodeA32(0xe1a00000, 0)); // true
 * isNop(decodeA32(0xe1a01001, 0)); // false
 * ```
 */
export function isNop({ isa, word, size }: Insn): boolean {
  if (size === 2) return word === 0xbf00;
  return word === runtimeNop(isa, 0).word || (isa === "a32" && word === A32_NOP);
}

function requireExpected(entry: JumpEntry, found: Insn): void {
  if (isNop(found)) return;
  const branch = branchAt(entry);
  if (branch !== undefined && branch.word === found.word && branch.size === found.size) return;
  throw new StaticKeysError({
    code: "E_SITE",
    what: `the site at ${hex(entry.code)} holds "${format(found)}", which is neither its NOP nor its branch`,
    remedy: "check that the jump table belongs to this text, and that nothing else has patched it",
    facts: { code: entry.code, word: found.word },
  });
}

function hex(address: number): string {
  return `0x${(address >>> 0).toString(16)}`;
}
