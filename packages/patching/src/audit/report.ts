import type { Architecture, Isa } from "@cmodx/codec";
import type { Boundary } from "../edit.js";
import type { CheckVerdict } from "../rules/check.js";
import type { FindingId, Level } from "./finding.js";

/**
 * The kinds of sites that Linux keeps tables of, and of the few that only symbols name.
 *
 * @example
 * ```ts
 * SITE_KINDS.slice(0, 3); // ["mcount", "jump_label", "tracepoint"]
 * ```
 */
export const SITE_KINDS = [
  "mcount",
  "jump_label",
  "tracepoint",
  "kprobe_blacklist",
  "smp_alt",
  "pv_table",
  "ftrace_call",
  "idiv",
  "module_plt",
  "bug",
  "extable",
] as const;
/** One of {@link SITE_KINDS}. */
export type SiteKind = (typeof SITE_KINDS)[number];

/** An instruction as a report shows it. */
export interface InsnText {
  /** Memory order, lower-case hex; null where they depend on where a module is loaded. */
  readonly bytes: string | null;
  readonly text: string;
}

/** One change that Linux makes at a site, judged. */
export interface Transition {
  readonly name: string;
  readonly from: InsnText;
  readonly to: InsnText;
  readonly verdict: CheckVerdict;
  /** Id of the rule that decided; `rules` of the report has its title and reference. */
  readonly rule: string;
  /** The cheapest sound protocol; null for an edit that no protocol makes. */
  readonly protocol: string | null;
  /** The verdict by the list of each architecture. */
  readonly verdicts: Readonly<Record<Architecture, CheckVerdict>>;
}

/** Something that an audit says about one site. */
export interface Finding {
  readonly id: FindingId;
  readonly level: Level;
  readonly message: string;
}

/** The static key of a jump label or tracepoint. */
export interface SiteKey {
  /** Symbol, with `+0x…` where the key lies inside of one. */
  readonly symbol: string | null;
  /** Null for a key that another file has. */
  readonly address: number | null;
  /** In a relocatable file: the section that `address` is counted from. */
  readonly section: string | null;
  readonly likely: boolean;
  readonly init: boolean;
}

/**
 * One patch site. In a relocatable file every address is counted from the start of the section named beside it, and the
 * straddles hold when that section is loaded at the start of a page.
 */
export interface Site {
  readonly kind: SiteKind;
  readonly address: number;
  readonly section: string | null;
  /** Null where the image does not say. */
  readonly isa: Isa | null;
  readonly bytes: string | null;
  readonly text: string | null;
  readonly symbol: string | null;
  /** Bytes from the symbol. */
  readonly offset: number | null;
  readonly key: SiteKey | null;
  /** Where the site's branch goes, or its table sends it; null where there is none, or it is in another file. */
  readonly target: number | null;
  readonly targetSymbol: string | null;
  readonly straddles: readonly Boundary[];
  readonly transitions: readonly Transition[];
  readonly findings: readonly Finding[];
}

/** The sites of one kind, counted. */
export interface KindSummary {
  readonly sites: number;
  /** Sites by mnemonic; `data` for what is no code, `unknown` where the instruction set is not known. */
  readonly byForm: Readonly<Record<string, number>>;
  readonly straddle: Readonly<Record<Boundary, number>>;
  /** Transitions by name and verdict. */
  readonly verdicts: Readonly<Record<string, Readonly<Partial<Record<CheckVerdict, number>>>>>;
  /** How many findings, of any level. */
  readonly findings: number;
  readonly findingsById: Readonly<Record<string, number>>;
}

/** What switching a static key costs. */
export interface KeySummary {
  readonly symbol: string | null;
  /** Null for a key that another file has. */
  readonly address: number | null;
  /** In a relocatable file: the section that `address` is counted from. */
  readonly section: string | null;
  /** The key is a tracepoint's; null where the tracepoints were not asked for. */
  readonly tracepoint: boolean | null;
  /** Jump labels of the key in this file. */
  readonly sites: number;
  /** How often Linux stops the machine to switch it once: for every site that is not gone after initialisation. */
  readonly stops: number;
  /** Sites whose first switch may be made while other cores execute them. */
  readonly liveFirst: number;
  /** Sites that may be switched so every time. */
  readonly live: number;
  /** A32 sites that might be, if Linux wrote the architected NOP instead of `mov r0, r0`. */
  readonly liveWithNop: number;
  /** Thumb sites that might be, if they were built with a branch of 16 bits: its target is near enough. */
  readonly liveWith16Bit: number;
}

/** What `cmodx audit --json` prints, with the path added by whoever knows it. */
export interface AuditReport {
  readonly schema: "cmodx/audit/1";
  readonly image: {
    readonly path: string;
    readonly type: string;
    readonly endian: string;
    readonly codeEndian: string;
    /** `mixed` where sites of both instruction sets were found, null where none was. */
    readonly isa: Isa | "mixed" | null;
    readonly machine: "ARM";
    /** Has no symbol table: the tables that only symbols bound could not be looked for. */
    readonly stripped: boolean;
  };
  readonly architecture: Architecture;
  readonly summary: Readonly<Partial<Record<SiteKind, KindSummary>>>;
  readonly rules: Readonly<Record<string, { readonly title: string; readonly reference: string }>>;
  /** Every static key that has a site or a tracepoint, the costliest to switch first. */
  readonly keys: readonly KeySummary[];
  readonly sites: readonly Site[];
}
