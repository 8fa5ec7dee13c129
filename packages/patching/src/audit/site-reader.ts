import { type ElfImage, type Place, type Reference, relocationOfWord } from "@cmodx/elf";
import type { Aim, AuditedSites } from "./audited-sites.js";
import { straddlesAt } from "./boundaries.js";
import { CodeWords } from "./code-words.js";
import type { FindingsBySite } from "./conflicts.js";
import type { FindingId } from "./finding.js";
import { finding, type Say, siteFindings } from "./findings.js";
import { branchTarget, codeHex, hexOf, insnAt, type PlaceNames } from "./image-code.js";
import { KIND_RULES, type KindRule, type Listing } from "./kinds.js";
import type { Finding, Site, SiteKey, SiteKind, Transition } from "./report.js";
import { SiteModel } from "./site-model.js";
import { isPlaceless, type Likeness, SiteModels } from "./site-models.js";
import type { SiteRows } from "./site-rows.js";
import type { Subject, TableSite } from "./subject.js";
import { type Change, type TransitionJudge, type Written, written } from "./transition-judge.js";
import type { Unprobeable } from "./unprobeable.js";

/** Kinds that somebody may switch at run time and want to probe as well. */
const switchable: ReadonlySet<SiteKind> = new Set(["mcount", "jump_label"]);

/** What says that there is no instruction to be asked about. */
const illegible: ReadonlySet<FindingId> = new Set(["outside-text", "data-site", "unresolved"]);

const nothing: Partial<TableSite> = {};

/** What the sites of all tables are read with. */
export interface Readers {
  readonly image: ElfImage;
  readonly judge: TransitionJudge;
  readonly unprobeable: Unprobeable;
  readonly sites: AuditedSites;
}

/** Reads the sites of one table. */
export class SiteReader {
  readonly #image: ElfImage;
  readonly #names: PlaceNames;
  readonly #judge: TransitionJudge;
  readonly #unprobeable: Unprobeable;
  readonly #rows: SiteRows;
  readonly #sites: AuditedSites;
  readonly #kind: SiteKind;
  readonly #switchable: boolean;
  readonly #rule: KindRule;
  readonly #table: Listing;
  readonly #firstRow: number;
  readonly #models: SiteModels;
  readonly #code: CodeWords;

  /** @param firstRow - of the table's sites among all */
  constructor({ image, judge, unprobeable, sites }: Readers, kind: SiteKind, table: Listing, firstRow: number) {
    this.#image = image;
    this.#names = sites.names;
    this.#judge = judge;
    this.#unprobeable = unprobeable;
    this.#rows = sites.rows;
    this.#sites = sites;
    this.#kind = kind;
    this.#switchable = switchable.has(kind);
    this.#rule = KIND_RULES[kind];
    this.#table = table;
    this.#firstRow = firstRow;
    this.#models = new SiteModels(image, this.#rule);
    this.#code = new CodeWords(image);
  }

  /** @param more - findings from beyond a site, by row */
  judgeAll(more: FindingsBySite): void {
    for (let i = 0; i < this.#table.length; i++) this.#judgeSite(i, more.get(this.#firstRow + i));
  }

  #judgeSite(index: number, more: readonly Finding[] | undefined): void {
    const row = this.#firstRow + index;
    const rows = this.#rows;
    const place = rows.place(row);
    const probeable = !this.#switchable || !this.#unprobeable.has(place);
    const isa = rows.isa(row);
    let symbol = -1;
    let listed: TableSite | undefined;
    let likeness: Likeness | undefined;
    if (this.#models.useful && more === undefined && isa !== undefined) {
      if (!this.#rule.bare) listed = this.#table.site(index);
      const { section, address } = place;
      if (section !== undefined) symbol = this.#image.symbols.indexAt(section.index, address);
      const around = {
        image: this.#image,
        names: this.#names,
        isa,
        place,
        symbol,
        code: this.#code,
        listed: listed ?? nothing,
      };
      likeness = this.#models.likeness(around, rows.data[row] === 1, probeable);
    }
    const known = likeness === undefined ? -1 : this.#models.find(likeness);
    if (known >= 0) this.#add(row, known, symbol, listed);
    else this.#read(index, listed, symbol, probeable, more, likeness);
  }

  /** A site that no other before it reads like. */
  #read(
    index: number,
    given: TableSite | undefined,
    symbol: number,
    probeable: boolean,
    more: readonly Finding[] | undefined,
    likeness: Likeness | undefined,
  ): void {
    const row = this.#firstRow + index;
    const listed = given ?? this.#table.site(index);
    const { site, now, changes } = this.#readAll(listed, row, probeable, more);
    const alone = likeness === undefined || now === undefined || !isPlaceless(site.findings);
    const model =
      alone || !this.#models.seenBefore(likeness)
        ? undefined
        : SiteModel.of(site, now, changes, { aim: listed.target?.address, order: this.#image.header.codeEndian });
    if (likeness === undefined || model === undefined) {
      this.#sites.setRead(row, site);
      return;
    }
    const number = this.#sites.add(model);
    this.#models.keep(likeness, model, number);
    this.#add(row, number, symbol, listed);
  }

  /** A site that reads like a model. */
  #add(row: number, number: number, symbol: number, listed: TableSite | undefined): void {
    const { symbols } = this.#image;
    // A name that is none is an error now, not when half of a report is printed.
    if (symbol >= 0) symbols.names.end(symbols.nameOffset[symbol]!);
    this.#sites.setModel(row, number, symbol, listed === undefined ? undefined : this.#aim(listed));
  }

  #aim({ target, key }: TableSite): Aim | undefined {
    if (target === undefined) return undefined;
    return {
      key: key === undefined ? null : this.#key(key),
      target: target.address,
      targetSymbol: this.#names.of(target),
    };
  }

  #readAll(
    listed: TableSite,
    row: number,
    probeable: boolean,
    more: readonly Finding[] | undefined,
  ): { site: Site; now: Written | undefined; changes: readonly Change[] } {
    const image = this.#image;
    const subject = this.#subject(listed, row);
    const { place, insn, key, now } = subject;
    const target = subject.target ?? subject.branch;
    const symbol = this.#names.at(place);
    const { content } = this.#rule;
    const code = content !== "data";
    const straddles = insn === undefined || !code ? [] : straddlesAt(place.address, insn.size);
    const shown = now === undefined ? undefined : this.#judge.text(now);
    const bytes =
      insn === undefined ? hexOrNull(image.read(place, 4)) : (shown?.bytes ?? codeHex(insn, image.header.codeEndian));
    const findings: Finding[] = [];
    const say: Say = (id, message) => findings.push(finding(id, message));
    if (content !== "data") siteFindings(subject, straddles, content, say);
    const legible = !findings.some(({ id }) => illegible.has(id));
    if (legible) this.#rule.findings?.(subject, say);
    if (legible && !probeable) say("not-probeable", "the function is on the kprobe blacklist, or in text that is");
    const changes = (legible ? this.#rule.changes?.(subject) : undefined) ?? [];
    const transitions: Transition[] = [];
    for (const change of changes) transitions.push(this.#judge.judge(change));
    if (more !== undefined) findings.push(...more);
    const site: Site = {
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
    return { site, now, changes };
  }

  #subject(listed: TableSite, row: number): Subject {
    const [image, rows] = [this.#image, this.#rows];
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
