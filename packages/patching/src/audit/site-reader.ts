import { type ElfImage, type Place, type Reference, relocationOfWord } from "@cmodx/elf";
import { straddlesAt } from "./boundaries.js";
import type { FindingId } from "./finding.js";
import { finding, type Say, siteFindings } from "./findings.js";
import { branchTarget, codeHex, hexOf, insnAt, type PlaceNames } from "./image-code.js";
import { KIND_RULES, type KindRule } from "./kinds.js";
import type { Finding, Site, SiteKey, SiteKind, Transition } from "./report.js";
import type { SiteRows } from "./site-rows.js";
import type { Subject, TableSite } from "./subject.js";
import { type TransitionJudge, written } from "./transition-judge.js";
import type { Unprobeable } from "./unprobeable.js";

/** Kinds that somebody may switch at run time and want to probe as well. */
const switchable: ReadonlySet<SiteKind> = new Set(["mcount", "jump_label"]);

/** What says that there is no instruction to be asked about. */
const illegible: ReadonlySet<FindingId> = new Set(["outside-text", "data-site", "unresolved"]);

/** Reads the sites of one table. */
export class SiteReader {
  readonly #image: ElfImage;
  readonly #kind: SiteKind;
  readonly #rule: KindRule;
  readonly #judge: TransitionJudge;
  readonly #unprobeable: Unprobeable;
  readonly #names: PlaceNames;

  constructor(image: ElfImage, names: PlaceNames, kind: SiteKind, judge: TransitionJudge, unprobeable: Unprobeable) {
    this.#image = image;
    this.#names = names;
    this.#unprobeable = unprobeable;
    this.#kind = kind;
    this.#rule = KIND_RULES[kind];
    this.#judge = judge;
  }

  /**
   * @param listed - what the table says about the site
   * @param rows - of all sites
   * @param row - the site's
   * @param more - findings from beyond the site
   */
  read(listed: TableSite, rows: SiteRows, row: number, more: readonly Finding[] | undefined): Site {
    const image = this.#image;
    const subject = this.#subject(listed, rows, row);
    const { place, insn, key } = subject;
    const target = subject.target ?? subject.branch;
    const symbol = this.#names.at(place);
    const { content } = this.#rule;
    const code = content !== "data";
    const straddles = insn === undefined || !code ? [] : straddlesAt(place.address, insn.size);
    const shown = subject.now === undefined ? undefined : this.#judge.text(subject.now);
    const bytes =
      insn === undefined ? hexOrNull(image.read(place, 4)) : (shown?.bytes ?? codeHex(insn, image.header.codeEndian));
    const findings: Finding[] = [];
    const say: Say = (id, message) => findings.push(finding(id, message));
    if (content !== "data") siteFindings(subject, straddles, content, say);
    const legible = !findings.some(({ id }) => illegible.has(id));
    if (legible) this.#rule.findings?.(subject, say);
    if (legible && switchable.has(this.#kind) && this.#unprobeable.has(place)) {
      say("not-probeable", "the function is on the kprobe blacklist, or in text that is");
    }
    const transitions: Transition[] = [];
    const changes = legible ? this.#rule.changes?.(subject) : undefined;
    for (const change of changes ?? []) transitions.push(this.#judge.judge(change));
    if (more !== undefined) findings.push(...more);
    return {
      kind: this.#kind,
      address: place.address,
      section: place.section?.name ?? null,
      isa: code ? (subject.isa ?? null) : null,
      bytes,
      text: shown?.text ?? null,
      symbol: symbol?.name ?? null,
      offset: symbol?.offset ?? null,
      key: key === undefined ? null : this.#key(key),
      target: target === undefined || target.external !== undefined ? null : target.address,
      targetSymbol: target === undefined ? null : this.#names.of(target),
      straddles,
      transitions,
      findings,
    };
  }

  #subject(listed: TableSite, rows: SiteRows, row: number): Subject {
    const image = this.#image;
    const { place } = listed;
    const isa = rows.isa(row);
    const insn = isa === undefined || rows.size[row] === 0 ? undefined : insnAt(image, place, isa);
    const branch = insn === undefined || !this.#rule.branches ? undefined : branchTarget(image, place, insn);
    const link = branch !== undefined && waits(image, place) ? (this.#names.of(branch) ?? undefined) : undefined;
    // Spelled out rather than spread: one shape for every subject keeps tens of thousands of them cheap.
    return {
      place,
      target: listed.target,
      key: listed.key,
      replacement: listed.replacement,
      image,
      names: this.#names,
      isa,
      data: rows.data[row] === 1,
      insn,
      branch,
      now: insn === undefined ? undefined : written(insn, link === undefined ? branch?.address : undefined, link),
    };
  }

  #key(key: Reference): SiteKey {
    return {
      symbol: this.#names.of(key),
      address: key.external === undefined ? key.address : null,
      section: key.section?.name ?? null,
      likely: (key.flags & 1) !== 0,
      init: (key.flags & 2) !== 0,
    };
  }
}

function hexOrNull(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : hexOf(bytes);
}

/** The instruction is not linked yet. */
function waits(image: ElfImage, place: Place): boolean {
  return image.relocatable && relocationOfWord(image, place) !== undefined;
}
