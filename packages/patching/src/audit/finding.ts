/** How bad a finding is: an `error` is no valid site, a `warning` a site to be looked at, a `note` a fact about it. */
export type Level = "error" | "warning" | "note";

/** A stable name of what an audit may find; {@link FINDINGS} says what each means. */
export type FindingId =
  | "unresolved"
  | "outside-text"
  | "no-bytes"
  | "misaligned"
  | "unexpected-form"
  | "target-mismatch"
  | "out-of-range"
  | "duplicate"
  | "overlap"
  | "isa-unknown"
  | "no-push"
  | "foreign-call"
  | "key-without-symbol"
  | "target-section"
  | "not-boundary"
  | "in-it-block"
  | "entered"
  | "literal-pool"
  | "target-outside-function"
  | "straddle"
  | "init-text"
  | "data-site"
  | "not-probeable";

/**
 * What each finding means. The id is stable: scripts and pages key on it.
 *
 * @example
 * ```ts
 * FINDINGS.straddle.level; // "note"
 * FINDINGS.straddle.title; // "the instruction lies across a boundary"
 * ```
 */
export const FINDINGS: Readonly<Record<FindingId, { readonly level: Level; readonly title: string }>> = {
  unresolved: { level: "error", title: "the table's word names no place in this file" },
  "outside-text": { level: "error", title: "the site is outside executable text" },
  "no-bytes": { level: "error", title: "the file has no bytes at the site" },
  misaligned: { level: "error", title: "no instruction can begin at this address" },
  "unexpected-form": { level: "error", title: "the instruction is none that Linux puts at such a site" },
  "target-mismatch": { level: "error", title: "the branch goes elsewhere than the table says" },
  "out-of-range": { level: "error", title: "no branch reaches the table's target from the site" },
  duplicate: { level: "error", title: "the table names the site twice" },
  overlap: { level: "warning", title: "sites of two kinds share bytes" },
  "isa-unknown": { level: "warning", title: "nothing in the file says which instruction set is at the site" },
  "no-push": { level: "warning", title: "no push {lr} stands before the call of the tracer" },
  "foreign-call": { level: "warning", title: "the call goes to no entry of the tracer" },
  "key-without-symbol": { level: "warning", title: "no symbol names the key" },
  "target-section": { level: "warning", title: "the target is in another section" },
  "not-boundary": { level: "error", title: "no instruction begins at the site: one that begins before it covers it" },
  "in-it-block": { level: "warning", title: "the site is inside an IT block" },
  entered: { level: "warning", title: "other code branches into the middle of what is edited" },
  "literal-pool": { level: "warning", title: "the bytes are data: a mapping symbol or a load of a literal says so" },
  "target-outside-function": { level: "warning", title: "the target is outside the function of the site" },
  straddle: { level: "note", title: "the instruction lies across a boundary" },
  "init-text": { level: "note", title: "the site is gone after initialisation, or exists only for unloading" },
  "data-site": { level: "note", title: "the table patches data, not an instruction" },
  "not-probeable": { level: "note", title: "the site can be switched, but kprobes are refused there" },
};
