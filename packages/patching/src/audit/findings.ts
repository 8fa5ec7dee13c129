import type { Isa } from "@cmodx/codec";
import type { ElfImage, Place } from "@cmodx/elf";
import type { Boundary } from "../edit.js";
import { isBranch, isCall } from "./changes.js";
import { FINDINGS, type FindingId } from "./finding.js";
import { branchReaches } from "./flow.js";
import { insnAt } from "./image-code.js";
import { isPushLrAt, isRuntimeNop, pushBytes } from "./linux-forms.js";
import type { Finding } from "./report.js";
import { type Subject, type Surroundings, samePlace } from "./subject.js";

export function finding(id: FindingId, message: string): Finding {
  return { id, level: FINDINGS[id].level, message };
}

/** Takes down a finding of the site that is looked at. */
export type Say = (id: FindingId, message: string) => void;

const hex = (address: number): string => `0x${address.toString(16)}`;

/** What is to be said about any site of code. */
export function siteFindings(
  subject: Subject,
  straddles: readonly Boundary[],
  data: "code" | "text-or-data" | "code-as-data",
  say: Say,
): void {
  const { image, place, isa, insn } = subject;
  if (place.external !== undefined || (place.section === undefined && image.sections.length > 0)) {
    const name = place.external ?? hex(place.address);
    say("unresolved", `the table names ${name}, which is in no section of this file`);
    return;
  }
  const where = place.section?.name ?? "no segment";
  if (data === "text-or-data" && (subject.data || !image.executable(place))) {
    say("data-site", `the word in ${where} is data`);
    return;
  }
  if (!image.executable(place)) {
    say("outside-text", `the site is in ${where}, which is not executable`);
    return;
  }
  if (insn === undefined && image.read(place, 2) === undefined) {
    say("no-bytes", `the file has no bytes at ${hex(place.address)}`);
    return;
  }
  if (isa === undefined)
    say("isa-unknown", "no mapping symbol and no function symbol says whether this is ARM or Thumb");
  if (subject.data && data === "code") say("literal-pool", "mapping symbols mark the site as data");
  const align = isa === "a32" ? 4 : 2;
  if (isa !== undefined && place.address % align !== 0) {
    say("misaligned", `${hex(place.address)} is no multiple of ${align}`);
  }
  if (straddles.length > 0) say("straddle", `the instruction lies across a boundary: ${straddles.join(", ")}`);
  if (where.startsWith(".init.text")) say("init-text", `${where} is freed after initialisation`);
  if (where.startsWith(".exit.text")) say("init-text", `${where} runs at unloading, or never`);
}

/** What is to be said about a call site of the function tracer. */
export function mcountFindings(subject: Subject, say: Say): void {
  const { image, names, place, isa, insn, branch } = subject;
  if (insn === undefined || isa === undefined) return;
  if (!isCall(insn)) {
    say("unexpected-form", `expected a bl, found ${insn.mnemonic || "no instruction"}`);
    return;
  }
  const callee = branch === undefined ? null : names.of(branch);
  if (callee === null || !/mcount|ftrace/.test(callee)) {
    say("foreign-call", `the call goes to ${callee ?? "a place without a name"}`);
  }
  const before = { section: place.section, address: place.address - pushBytes[isa] };
  if (!isPushLrAt(image, before, isa)) {
    const found = insnAt(image, before, isa)?.mnemonic || "no instruction";
    say("no-push", `expected push {lr} at ${hex(before.address)}, found ${found}`);
  }
}

/** What is to be said about a jump label. */
export function jumpLabelFindings(subject: Subject, say: Say): void {
  const { isa, insn, branch, target } = subject;
  keyFindings(subject, say);
  if (insn === undefined || isa === undefined || target === undefined) return;
  const nop = insn.mnemonic === "nop" || isRuntimeNop(insn);
  if (insn.size !== 4 || insn.cond !== "al" || !(nop || isBranch(insn))) {
    const found = `${insn.size}-byte ${insn.mnemonic || "no instruction"}`;
    say("unexpected-form", `expected a 4-byte nop or an unconditional 4-byte b, found ${found}`);
  } else if (branch !== undefined && !samePlace(branch, { section: target.section, address: target.address })) {
    say("target-mismatch", `the branch goes to ${hex(branch.address)}, the table says ${hex(target.address)}`);
  }
  targetFindings({ ...subject, isa, target }, say);
}

type Asked<Field extends "key" | "target"> = Pick<Subject, "image" | "names" | Field> & { readonly place: Place };

function keyFindings({ names, key }: Asked<"key">, say: Say): void {
  if (key === undefined || names.of(key) !== null) return;
  say("key-without-symbol", `no symbol names the key at ${hex(key.address)}`);
}

function symbolOf({ symbols }: ElfImage, { section, address }: Place): number {
  return section === undefined ? -1 : symbols.indexAt(section.index, address);
}

/** What is to be said about where a jump label leads. */
function targetFindings(
  { image, names, place, isa, target }: Asked<"target"> & { readonly isa: Isa; readonly target: Place },
  say: Say,
): void {
  if (target.external !== undefined || target.section !== place.section) {
    say("target-section", `the target is in ${target.external ?? target.section?.name ?? "no section"}`);
  } else if (!inFunction(image, symbolOf(image, place), place, target)) {
    const name = names.of(target) ?? hex(target.address);
    say("target-outside-function", `the target is ${name}, the site is in ${names.of(place)}`);
  }
  if (target.section === place.section && !branchReaches(isa, 4, place.address, target.address)) {
    say("out-of-range", `no ${isa} branch reaches ${hex(target.address)} from ${hex(place.address)}`);
  }
}

/** Is there nothing to be said about where a jump label leads, and whose key it has? */
export function aimsAsUsual({ image, names, place, isa, symbol, listed: { key, target } }: Surroundings): boolean {
  if (key === undefined || target === undefined || names.of(key) === null) return false;
  // As keyFindings and targetFindings, which would have words to say.
  return (
    target.external === undefined &&
    target.section === place.section &&
    inFunction(image, symbol, place, target) &&
    branchReaches(isa, 4, place.address, target.address)
  );
}

/** Unknown counts as the same: only a function with a size tells what is outside of it. */
function inFunction({ symbols }: ElfImage, symbol: number, site: Place, target: Place): boolean {
  if (symbol < 0) return true;
  const [start, size] = [symbols.address(symbol), symbols.size[symbol]!];
  if (site.address - start >= size) return true;
  const offset = target.address - start;
  return offset >= 0 && offset < size;
}
