import type { WordForm } from "./resolve.js";

/** A word of a table's entry that names a place. */
export interface TableField {
  /** Bytes from the entry's start. */
  readonly at: number;
  readonly form: WordForm;
  /** Low bits of the named address that are flags; 0 for none. */
  readonly flags: number;
}

/**
 * The layout of one kind of table that Linux keeps about its own text. A kernel or a program keeps it between two symbols,
 * or in a section; a module always in a section.
 */
export interface TableLayout<Field extends string = string> {
  readonly kind: string;
  /** Names of the section that is the table. */
  readonly sections: readonly string[];
  /** Symbols at the table's first byte and behind its last, in pairs. */
  readonly bounds: readonly (readonly [start: string, stop: string])[];
  readonly entryBytes: number;
  /** Bytes that the last entry may have instead: what comes behind its fields is left out. */
  readonly lastBytes?: number;
  /** Entries of zeroes alone are none: Linux skips them. */
  readonly skipsZeroes?: boolean;
  readonly fields: Readonly<Record<Field, TableField>>;
}

const code = (at: number): TableField => ({ at, form: "absolute", flags: 1 });
const codeFrom = (at: number): TableField => ({ at, form: "relative", flags: 1 });
const data = (at: number, flags = 0): TableField => ({ at, form: "absolute", flags });

/**
 * Call sites of the function tracer: one word each, the address of the `bl`. A word of zero is none: linkers pad with it, and
 * since 6.15 a kernel's build writes it over the calls in weak functions that another definition replaced.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const [first] = findTable(image, mcountTable)!.entries();
 * image.symbolAt(first!.site)?.name; // "trace_call"
 * ```
 *
 * @see linux kernel/trace/ftrace.c
 */
export const mcountTable: TableLayout<"site"> = {
  kind: "mcount",
  sections: ["__mcount_loc"],
  bounds: [["__start_mcount_loc", "__stop_mcount_loc"]],
  entryBytes: 4,
  skipsZeroes: true,
  fields: { site: code(0) },
};

/**
 * Sites of static branches: instruction, branch target, key. Bit 0 of the key is set where the branch is taken when the key
 * is true (likely), bit 1 is set at run time for a site in init text.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const [first] = findTable(image, jumpTable)!.entries();
 * image.symbolAt(first!.key)?.name; // "trace_key"
 * ```
 *
 * @see linux include/linux/jump_label.h, arch/arm/include/asm/jump_label.h
 */
export const jumpTable: TableLayout<"code" | "target" | "key"> = {
  kind: "jump_label",
  sections: ["__jump_table"],
  bounds: [["__start___jump_table", "__stop___jump_table"]],
  entryBytes: 12,
  fields: { code: code(0), target: code(4), key: data(8, 3) },
};

/**
 * Pointers to `struct tracepoint`.
 *
 * @example
 * ```ts
 * tracepointTable.entryBytes; // 4
 * Object.keys(tracepointTable.fields); // ["tracepoint"]
 * ```
 *
 * @see linux include/linux/tracepoint.h
 */
export const tracepointTable: TableLayout<"tracepoint"> = {
  kind: "tracepoint",
  sections: ["__tracepoints_ptrs"],
  bounds: [["__start___tracepoints_ptrs", "__stop___tracepoints_ptrs"]],
  entryBytes: 4,
  fields: { tracepoint: data(0) },
};

/**
 * Functions that must not be probed. Their words carry the Thumb bit.
 *
 * @example
 * ```ts
 * kprobeBlacklist.entryBytes; // 4
 * Object.keys(kprobeBlacklist.fields); // ["function"]
 * ```
 *
 * @see linux include/asm-generic/kprobes.h
 */
export const kprobeBlacklist: TableLayout<"function"> = {
  kind: "kprobe_blacklist",
  sections: ["_kprobe_blacklist"],
  bounds: [["__start_kprobe_blacklist", "__stop_kprobe_blacklist"]],
  entryBytes: 4,
  fields: { function: code(0) },
};

/**
 * `BUG()` and `WARN()` instructions with CONFIG_DEBUG_BUGVERBOSE. An entry that assembler code makes ends behind its line, before the
 * flags; the next one is aligned, so that only a last one is short.
 *
 * @example
 * ```ts
 * bugTable.entryBytes; // 12
 * Object.keys(bugTable.fields); // ["site", "file"]
 * ```
 *
 * @see linux include/asm-generic/bug.h, arch/arm/include/asm/assembler.h
 */
export const bugTable: TableLayout<"site" | "file"> = {
  kind: "bug",
  sections: ["__bug_table"],
  bounds: [["__start___bug_table", "__stop___bug_table"]],
  entryBytes: 12,
  lastBytes: 10,
  fields: { site: code(0), file: data(4) },
};

/**
 * Instructions that may fault on user memory, and where to go then.
 *
 * @example
 * ```ts
 * exceptionTable.entryBytes; // 8
 * Object.keys(exceptionTable.fields); // ["insn", "fixup"]
 * ```
 *
 * @see linux arch/arm/include/asm/assembler.h
 */
export const exceptionTable: TableLayout<"insn" | "fixup"> = {
  kind: "extable",
  sections: ["__ex_table"],
  bounds: [["__start___ex_table", "__stop___ex_table"]],
  entryBytes: 8,
  fields: { insn: code(0), fixup: code(4) },
};

/**
 * Instructions replaced on a one-core machine; the four bytes behind the site word are the replacement.
 *
 * @example
 * ```ts
 * smpAltTable.entryBytes; // 8
 * Object.keys(smpAltTable.fields); // ["site"]
 * ```
 *
 * @see linux arch/arm/kernel/head.S
 */
export const smpAltTable: TableLayout<"site"> = {
  kind: "smp_alt",
  sections: [".alt.smp.init", ".init.smpalt"],
  bounds: [["__smpalt_begin", "__smpalt_end"]],
  entryBytes: 8,
  fields: { site: codeFrom(0) },
};

/**
 * Instructions that get the physical address offset patched in at boot.
 *
 * @example
 * ```ts
 * pvTable.entryBytes; // 4
 * Object.keys(pvTable.fields); // ["site"]
 * ```
 *
 * @see linux arch/arm/kernel/phys2virt.S
 */
export const pvTable: TableLayout<"site"> = {
  kind: "pv_table",
  sections: [".pv_table", ".init.pv_table"],
  bounds: [["__pv_table_begin", "__pv_table_end"]],
  entryBytes: 4,
  fields: { site: codeFrom(0) },
};

/**
 * Every layout above, in the order in which reports list them.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * tableLayouts.filter((layout) => findTable(image, layout) !== undefined).length; // 2
 * ```
 */
export const tableLayouts: readonly TableLayout[] = [
  mcountTable,
  jumpTable,
  tracepointTable,
  kprobeBlacklist,
  smpAltTable,
  pvTable,
  bugTable,
  exceptionTable,
];
