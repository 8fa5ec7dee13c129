import type { Isa } from "@cmodx/codec";
import { ElfError, type ElfImage, findTable, type Place, type Reference } from "@cmodx/elf";
import type { Architecture } from "../rules/architecture.js";
import { straddlesAt } from "./boundaries.js";
import { withConflicts } from "./conflicts.js";
import { siteFindings } from "./findings.js";
import { branchTarget, hexOf, insnAt, symbolic } from "./image-code.js";
import { KIND_RULES, type KindRule } from "./kinds.js";
import { type AuditReport, type Finding, SITE_KINDS, type Site, type SiteKey, type SiteKind } from "./report.js";
import type { Subject, TableSite } from "./subject.js";
import { summarise } from "./summary.js";
import { relocatedText, TransitionJudge } from "./transition-judge.js";

export interface AuditOptions {
  /** Name of the file, for the report. */
  readonly path: string;
  /** Whose list of concurrently modifiable instructions; `armv7` by default. */
  readonly architecture?: Architecture;
  /** Which kinds of sites; all by default. */
  readonly kinds?: readonly SiteKind[];
}

/**
 * Finds every patch site that an image keeps a table of, decodes it, and judges each change that Linux makes there.
 *
 * @throws {ElfError} where the image is damaged, or stripped so that it has no table left to be found
 *
 * @example
 * ```ts
 * const report = audit(openElf(memorySource(bytes)), { path: "vmlinux" });
 * report.summary.jump_label?.verdicts["first on"]; // { concurrent: 4880 }
 * ```
 */
export function audit(image: ElfImage, options: AuditOptions): AuditReport {
  const architecture = options.architecture ?? "armv7";
  const judge = new TransitionJudge(architecture, image.header.codeEndian);
  const sites: Site[] = [];
  const kinds = options.kinds ?? SITE_KINDS;
  let tables = 0;
  for (const kind of SITE_KINDS) {
    const table = kinds.includes(kind) ? findTable(image, KIND_RULES[kind].layout) : undefined;
    if (table === undefined) continue;
    tables++;
    const describe = new SiteReader(image, kind, judge);
    for (const entry of table.entries()) sites.push(describe.read(KIND_RULES[kind].site(entry)));
  }
  if (tables === 0 && image.stripped) throw nothingToFind(image);
  const judged = withConflicts(sites);
  const { type, endian, codeEndian } = image.header;
  return {
    schema: "cmodx/audit/1",
    image: { path: options.path, type, endian, codeEndian, isa: isaOf(judged), machine: "ARM" },
    architecture,
    summary: summarise(judged),
    rules: Object.fromEntries(judge.rules),
    sites: judged,
  };
}

/** Reads the sites of one table. */
class SiteReader {
  readonly #image: ElfImage;
  readonly #kind: SiteKind;
  readonly #rule: KindRule;
  readonly #judge: TransitionJudge;
  readonly #names = new Map<number, string | null>();

  constructor(image: ElfImage, kind: SiteKind, judge: TransitionJudge) {
    this.#image = image;
    this.#kind = kind;
    this.#rule = KIND_RULES[kind];
    this.#judge = judge;
  }

  read(listed: TableSite): Site {
    const image = this.#image;
    const subject = this.#subject(listed);
    const { place, insn, branch, key } = subject;
    const target = subject.target ?? branch;
    const symbol = image.symbolAt(place);
    const code = this.#rule.content !== "data";
    const straddles = insn === undefined || !code ? [] : straddlesAt(place.address, insn.size);
    const shown = insn === undefined ? undefined : this.#judge.text({ insn, target: linked(branch)?.address });
    const bytes = shown?.bytes ?? hexOrNull(image.read(place, 4));
    // Bytes that wait for relocation say nothing about the target, so the text names it.
    const link = branch?.external;
    const findings: Finding[] = [];
    if (code)
      for (const found of siteFindings(subject, straddles, this.#rule.content === "text-or-data")) findings.push(found);
    const legible = !findings.some(({ id }) => id === "outside-text" || id === "data-site" || id === "unresolved");
    if (legible) for (const found of this.#rule.findings?.(subject) ?? []) findings.push(found);
    return {
      kind: this.#kind,
      address: place.address,
      section: place.section?.name ?? null,
      isa: code ? (subject.isa ?? null) : null,
      bytes,
      text: link === undefined || insn === undefined ? (shown?.text ?? null) : relocatedText(insn, link),
      symbol: symbol?.name ?? null,
      offset: symbol?.offset ?? null,
      key: key === undefined ? null : this.#key(key),
      target: target === undefined || target.external !== undefined ? null : target.address,
      targetSymbol: target === undefined ? null : this.#symbolic(target),
      straddles,
      transitions: legible ? (this.#rule.changes?.(subject) ?? []).map((change) => this.#judge.judge(change)) : [],
      findings,
    };
  }

  #subject(listed: TableSite): Subject {
    const image = this.#image;
    const { place } = listed;
    const answer = this.#rule.content === "data" ? { isa: undefined, data: true } : image.isaAt(place);
    const isa = answer.isa ?? thumbBit(place);
    const executable = image.executable(place);
    const isCode = executable && !(answer.data && this.#rule.content === "text-or-data");
    const insn = isa === undefined || !isCode ? undefined : insnAt(image, place, isa);
    const branch = insn === undefined || !this.#rule.branches ? undefined : branchTarget(image, place, insn);
    // Spelled out rather than spread: one shape for every subject keeps tens of thousands of them cheap.
    return {
      place,
      target: listed.target,
      key: listed.key,
      replacement: listed.replacement,
      image,
      isa: isCode ? isa : undefined,
      data: answer.data,
      insn,
      branch,
    };
  }

  /** Targets and keys repeat: every call site has the same callee, and a key has many sites. */
  #symbolic(place: Place): string | null {
    if (place.external !== undefined) return symbolic(this.#image, place);
    const id = (place.section?.index ?? 0) * 2 ** 32 + place.address;
    let name = this.#names.get(id);
    if (name === undefined) {
      name = symbolic(this.#image, place);
      this.#names.set(id, name);
    }
    return name;
  }

  #key(key: Reference): SiteKey {
    return {
      symbol: this.#symbolic(key),
      address: key.external === undefined ? key.address : null,
      section: key.section?.name ?? null,
      likely: (key.flags & 1) !== 0,
      init: (key.flags & 2) !== 0,
    };
  }
}

function linked(branch: Place | undefined): Place | undefined {
  return branch?.external === undefined ? branch : undefined;
}

function hexOrNull(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : hexOf(bytes);
}

/** A code address with bit 0 set is Thumb code, whatever else the file leaves out. */
function thumbBit(place: Reference): Isa | undefined {
  return (place.flags & 1) === 1 ? "t32" : undefined;
}

function isaOf(sites: readonly Site[]): Isa | "mixed" | null {
  const isas = new Set(sites.map(({ isa }) => isa).filter((isa) => isa !== null));
  return isas.size > 1 ? "mixed" : ([...isas][0] ?? null);
}

function nothingToFind(image: ElfImage): ElfError {
  const { offset } = image.header.sectionHeaders;
  const what = "leads to no symbol table and to no section that is a patch-site table";
  return new ElfError(
    "E_ELF_STRIPPED",
    "e_shoff",
    32,
    what,
    "the file is stripped, give the unstripped one (vmlinux of a -dbg package)",
    {
      sectionHeaders: offset,
    },
  );
}
