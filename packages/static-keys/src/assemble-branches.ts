import { type AssembleOptions, type AssembleResult, assemble, bytesOf, type Isa } from "@cmodx/codec";
import type { JumpEntry } from "./jump-entry.js";
import { writeJumpTable } from "./jump-table.js";
import { branchAt } from "./site-edit.js";
import { compiledForm } from "./truth-table.js";

/** How a text's static branches are built. */
export interface StaticBranchOptions extends AssembleOptions {
  /** Keys that are true as built, by name. */
  readonly initiallyTrue?: readonly string[];
  /**
   * Bytes of a site. 4 is what Linux builds. `auto`, the default, takes the 16-bit NOP and B in Thumb wherever the target is in their reach:
   * both are on the architecture's list, so such a site is switched while cores execute it. ARM sites have 4 bytes, and the
   * architectural NOP.
   */
  readonly width?: 4 | "auto";
}

/** The program with its own jump table behind it, or what is wrong with the text. */
export type StaticBranchResult =
  | (Extract<AssembleResult, { ok: true }> & {
      readonly entries: readonly JumpEntry[];
      /** Address of the table; its labels are `__start___jump_table` and `__stop___jump_table`. */
      readonly table: number;
    })
  | Extract<AssembleResult, { ok: false }>;

interface Site {
  readonly label: string;
  readonly key: string;
  readonly target: string;
  readonly likely: boolean;
  /** Four bytes however near the target is. */
  readonly wide: boolean;
}

const MACRO = /^(\s*(?:\w+:\s*)?)static_branch_(likely|unlikely)(\.w)?\s+(\w+)\s*,\s*(\w+)\s*$/;
const ENTRY_BYTES = 12;

/**
 * The line that {@link assembleStaticBranches} reads as a static branch.
 *
 * @param branch.key - label of the key
 * @param branch.label - where to go when the branch is taken: when the key is true, or for a likely one when it is false
 * @param branch.width - 4 bytes in Thumb however near the label is; `auto` by default
 *
 * @example
 * ```ts
 * staticBranch({ key: "tracing", label: "slow" }); // "static_branch_unlikely tracing, slow"
 * ```
 */
export function staticBranch({
  key,
  label,
  likely = false,
  width = "auto",
}: {
  readonly key: string;
  readonly label: string;
  readonly likely?: boolean;
  readonly width?: 4 | "auto";
}): string {
  return `static_branch_${likely ? "likely" : "unlikely"}${width === 4 ? ".w" : ""} ${key}, ${label}`;
}

/**
 * Assembles a text with static branches in it: `static_branch_unlikely key, label` goes to `label` when the key is true, and
 * `static_branch_likely key, label` goes there when it is false. `key` and `label` are labels of the text, or of `symbols`.
 *
 * @param text - assembler, as `assemble` of the codec takes it
 * @param options - the instruction set, the address of the first byte, the keys' first states
 *
 * @example
 * ```ts
 * const made = assembleStaticBranches(
 *   "f: static_branch_unlikely tracing, slow\n bx lr\nslow: movs r0, #1\n bx lr\n .balign 4\ntracing: .word 0",
 *   { isa: "t32", address: 0x8000 },
 * );
 * made.ok && made.entries.map(({ code, target, width }) => [code, target, width]); // [[0x8000, 0x8004, 2]]
 * ```
 */
export function assembleStaticBranches(text: string, options: StaticBranchOptions): StaticBranchResult {
  const { isa, width = "auto", initiallyTrue = [] } = options;
  const sites: Site[] = [];
  const lines = text.split("\n").map((line) => {
    const [, before, kind, suffix, key = "", target = ""] = MACRO.exec(line) ?? [];
    if (before === undefined) return line;
    const label = `__static_branch_${sites.length}`;
    sites.push({ label, key, target, likely: kind === "likely", wide: suffix === ".w" });
    return { before, label };
  });
  // A site that is widened moves what is behind it, which may put another target out of reach: it goes on until none is.
  const fixed = sites.filter((site) => isa === "a32" || width === 4 || site.wide);
  const wide = new Set(fixed.map(({ label }) => label));
  for (;;) {
    const made = assemble(expanded(lines, sites, wide, isa, initiallyTrue), options);
    if (!made.ok) return made;
    const labels = new Map([...symbolsOf(options), ...made.labels]);
    const entries = sites.map((site) => entryOf(site, labels, isa, wide.has(site.label) ? 4 : 2));
    const far = sites.filter(({ label }, i) => !wide.has(label) && !reaches(entries[i]!));
    if (far.length === 0) return finished(made, sites, entries, options);
    for (const { label } of far) wide.add(label);
  }
}

function expanded(
  lines: readonly (string | { readonly before: string; readonly label: string })[],
  sites: readonly Site[],
  wide: ReadonlySet<string>,
  isa: Isa,
  initiallyTrue: readonly string[],
): string {
  const site = ({ before, label }: { readonly before: string; readonly label: string }) => {
    const { key, target, likely } = sites.find((each) => each.label === label)!;
    const suffix = isa === "t32" ? (wide.has(label) ? ".w" : ".n") : "";
    const form = compiledForm(initiallyTrue.includes(key), likely);
    // While widths are being found a narrow branch may not reach: a NOP has the same size.
    const insn = form === "nop" || suffix === ".n" ? `nop${suffix}` : `b${suffix} ${target}`;
    return `${before}${label}: ${insn}`;
  };
  return [
    ...lines.map((line) => (typeof line === "string" ? line : site(line))),
    " .balign 4",
    "__start___jump_table:",
    ` .space ${ENTRY_BYTES * sites.length}`,
    "__stop___jump_table:",
  ].join("\n");
}

function entryOf(
  { label, key, target, likely }: Site,
  labels: ReadonlyMap<string, number>,
  isa: Isa,
  width: 2 | 4,
): JumpEntry {
  const at = (name: string) => ((labels.get(name) ?? 0) & ~1) >>> 0;
  return { isa, code: at(label), target: at(target), key: at(key), likely, init: false, width };
}

function reaches(entry: JumpEntry): boolean {
  return branchAt(entry) !== undefined;
}

/** Fills in the table, and the narrow branches, which were NOPs while it was not known whether they reach. */
function finished(
  made: Extract<AssembleResult, { ok: true }>,
  sites: readonly Site[],
  entries: readonly JumpEntry[],
  { address: base = 0, initiallyTrue = [] }: StaticBranchOptions,
): StaticBranchResult {
  const table = (made.labels.get("__start___jump_table") ?? 0) >>> 0;
  const code = made.code.slice();
  code.set(writeJumpTable(entries, table), table - base);
  for (const [i, entry] of entries.entries()) {
    const { key, likely } = sites[i]!;
    const branch = branchAt(entry);
    if (entry.width === 4 || branch === undefined || compiledForm(initiallyTrue.includes(key), likely) === "nop")
      continue;
    code.set(bytesOf(branch), entry.code - base);
  }
  return { ...made, code, entries, table };
}

function symbolsOf({ symbols }: AssembleOptions): ReadonlyMap<string, number> {
  return symbols instanceof Map
    ? symbols
    : new Map(Object.entries((symbols ?? {}) as Readonly<Record<string, number>>));
}
