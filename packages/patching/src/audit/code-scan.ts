import { advanceIt, type Isa, isWide, noIt } from "@cmodx/codec";
import { type ElfImage, relocationOfWord, type Section } from "@cmodx/elf";
import { written } from "./conflicts.js";
import { a32Flow, a32Target, FLOW, t16Flow, t16Target, t32Flow, t32Target } from "./flow.js";
import { branchTarget, insnAt } from "./image-code.js";
import { pushBytes } from "./linux-forms.js";
import type { SiteKind } from "./report.js";
import type { SiteRows } from "./site-rows.js";

/** What the code around a site says about it. */
export interface SiteFacts {
  /** No instruction begins at the site, as one that begins earlier in the same run of code covers it. */
  inside?: true;
  inItBlock?: true;
  /** Address of an instruction that branches between the window's first byte and its end, and where it goes. */
  entered?: Arrival;
  /** Address of an instruction that loads bytes of the window as data. */
  read?: Arrival;
}
interface Arrival {
  readonly from: number;
  readonly to: number;
}

/**
 * `code`: an instruction begins here. `window`: bytes that are edited. `interior`: such bytes, behind the first. `it`: an IT block governs
 * it. `entered`, `read`: a branch or a load arrives at such bytes.
 */
const mark = { interior: 1, window: 2, it: 4, code: 8, entered: 16, read: 32 } as const;

/**
 * Reads all code of an image once and asks of each site whether an instruction begins there, and what other code does to the
 * bytes that are edited. One byte of marks for each halfword of text makes the questions an array access, so this costs little
 * more than reading the words.
 */
export function scanCode(image: ElfImage, sites: SiteRows): Map<number, SiteFacts> {
  const texts = markedTexts(image);
  const windows = new Windows(sites, texts);
  windows.mark();
  const arrivals = new Arrivals(texts);
  for (const text of texts) if (text !== undefined) readText(image, text, arrivals);
  return windows.facts(arrivals);
}

/**
 * A section with a byte of marks for each of its halfwords. Places in it count from `base`, the word that it begins in: they are
 * small integers, where a kernel's addresses are numbers that the host has to allocate.
 */
interface MarkedText {
  readonly section: Section;
  readonly base: number;
  /** Of the section's first byte and behind its last. */
  readonly start: number;
  readonly end: number;
  readonly marks: Uint8Array;
  /** No relocation decides where its branches go. */
  readonly linked: boolean;
}

/** By section index. */
function markedTexts(image: ElfImage): (MarkedText | undefined)[] {
  // Sections that hold more bytes together than the file has share some of them: then the file is hostile, not large.
  let budget = image.source.size;
  return image.sections.map((section) => {
    if (!section.executable || !section.inFile || section.size === 0 || section.size > budget) return undefined;
    budget -= section.size;
    const address = image.relocatable ? 0 : section.address;
    const [base, start] = [(address & ~3) >>> 0, address & 3];
    const end = start + section.size;
    return { section, base, start, end, marks: new Uint8Array((end + 1) >>> 1), linked: !image.relocatable };
  });
}

/**
 * The bytes that are edited at each site, and those before them that belong to them (`push {lr}` of a call site). A site that is only
 * looked at, not written, has an empty window: then only its beginning counts. Sites where nothing was read have none.
 */
class Windows {
  readonly #sites: SiteRows;
  readonly #texts: readonly (MarkedText | undefined)[];
  /** By row, in halfwords from the text's base: the first of the window, the site, and behind the last; 0 for a site without one. */
  readonly #first: Int32Array;
  readonly #site: Int32Array;
  readonly #end: Int32Array;

  constructor(sites: SiteRows, texts: readonly (MarkedText | undefined)[]) {
    this.#sites = sites;
    this.#texts = texts;
    this.#first = new Int32Array(sites.length);
    this.#site = new Int32Array(sites.length);
    this.#end = new Int32Array(sites.length);
  }

  mark(): void {
    const { length, section, size } = this.#sites;
    for (let row = 0; row < length; row++) {
      const isa = this.#sites.isa(row);
      const text = this.#texts[section[row]!];
      if (isa !== undefined && text !== undefined && size[row] !== 0)
        this.#mark(row, text, isa, this.#sites.kindOf(row));
    }
  }

  #mark(row: number, { base, marks }: MarkedText, isa: Isa, kind: SiteKind): void {
    if (kind === "bug") return;
    const { address, size } = this.#sites;
    const at = address[row]! - base;
    // The call and its push are switched off together: add sp, sp, #4 undoes what the push has done.
    const before = kind === "mcount" ? pushBytes[isa] : 0;
    const bytes = written.has(kind) ? size[row]! : 0;
    const first = (bytes === 0 ? at : Math.max(0, at - before)) >>> 1;
    const site = at >>> 1;
    const end = (at + bytes + 1) >>> 1;
    for (let half = first; half < end; half++) {
      marks[half]! |= (half > first ? mark.interior : 0) | (half >= site ? mark.window : 0);
    }
    this.#first[row] = first;
    this.#site[row] = site;
    this.#end[row] = end;
  }

  facts(arrivals: Arrivals): Map<number, SiteFacts> {
    const all = new Map<number, SiteFacts>();
    const { length, section } = this.#sites;
    for (let row = 0; row < length; row++) {
      const end = this.#end[row]!;
      if (end === 0) continue;
      const text = this.#texts[section[row]!]!;
      const [first, site] = [this.#first[row]!, this.#site[row]!];
      if (isRemarkable(text.marks, first, site, end)) this.#tell(row, text, arrivals, all);
    }
    return all;
  }

  #tell(row: number, text: MarkedText, arrivals: Arrivals, all: Map<number, SiteFacts>): void {
    const { marks } = text;
    const [first, site, end] = [this.#first[row]!, this.#site[row]!, this.#end[row]!];
    const entered = arrivals.first(text, FLOW.branch, first + 1, end);
    const read = arrivals.first(text, FLOW.load, site, end);
    all.set(row, {
      ...(isInside(marks, site) && { inside: true as const }),
      ...((marks[site]! & mark.it) !== 0 && { inItBlock: true as const }),
      ...(entered && { entered }),
      ...(read && { read }),
    });
  }
}

/** Does an earlier instruction cover the halfword? */
function isInside(marks: Uint8Array, site: number): boolean {
  return (marks[site]! & mark.code) === 0 && site > 0 && (marks[site - 1]! & mark.code) !== 0;
}

/** Is there anything to tell of a window? */
function isRemarkable(marks: Uint8Array, first: number, site: number, end: number): boolean {
  if ((marks[site]! & mark.it) !== 0 || isInside(marks, site)) return true;
  for (let half = first + 1; half < end; half++) if ((marks[half]! & mark.entered) !== 0) return true;
  for (let half = site; half < end; half++) if ((marks[half]! & mark.read) !== 0) return true;
  return false;
}

/** Marks where the instructions of a text begin, and notes where their branches and literals lie. */
function readText(image: ElfImage, text: MarkedText, arrivals: Arrivals): void {
  const { section, base, start } = text;
  const note = (flow: number, from: number, target: number, isa: Isa): void => {
    const waits = flow === FLOW.branch && image.relocatable && arrivals.relocated(image, text, from, isa);
    if (!waits) arrivals.add(flow, text, from, target);
  };
  const little = image.header.codeEndian === "little";
  let all: Uint8Array | undefined;
  let view: DataView | undefined;
  for (const run of image.codeRuns(section)) {
    // A kernel has a hundred thousand runs: none of them is worth a view.
    all ??= image.read({ section, address: base + start }, section.size);
    if (all === undefined) return;
    view ??= new DataView(all.buffer, all.byteOffset, all.length);
    const [from, end] = [run.start - base, run.end - base];
    const code = little ? view : swapped(all.subarray(from - start, end - start), run.isa);
    const read = run.isa === "a32" ? readA32 : readT32;
    read(code, little ? start : from, text, from, end, note);
  }
}

type Note = (flow: number, from: number, target: number, isa: Isa) => void;

/** Most branches and literals of a linked text lie where nothing is marked: nobody need be told of them. */
function isUnmarked({ linked, start, end, marks }: MarkedText, target: number): boolean {
  return linked && target >= start && target < end && (marks[target >>> 1]! & (mark.interior | mark.window)) === 0;
}

/**
 * @param code - little-endian, whose first byte is at `first`
 * @param from - of the run, from the text's base
 */
function readA32(code: DataView, first: number, text: MarkedText, from: number, end: number, note: Note): void {
  const { marks } = text;
  for (let at = from; at + 4 <= end; at += 4) {
    const word = code.getInt32(at - first, true);
    const half = at >>> 1;
    marks[half] = marks[half]! | mark.code;
    const flow = a32Flow(word);
    if (flow === FLOW.none) continue;
    const target = a32Target(word, at) | 0;
    if (!isUnmarked(text, target)) note(flow, at, target, "a32");
  }
}

/** As {@link readA32}. */
function readT32(code: DataView, first: number, text: MarkedText, from: number, end: number, note: Note): void {
  const { marks } = text;
  let it = noIt;
  for (let at = from; at + 2 <= end; ) {
    const half = code.getUint16(at - first, true);
    const wide = isWide(half);
    if (wide && at + 4 > end) return;
    marks[at >>> 1]! |= it === noIt ? mark.code : mark.code | mark.it;
    const word = wide ? (half << 16) | code.getUint16(at - first + 2, true) : half;
    const flow = wide ? t32Flow(word) : t16Flow(word);
    if (flow !== FLOW.none) {
      const target = (wide ? t32Target(word, at) : t16Target(word, at)) | 0;
      if (!isUnmarked(text, target)) note(flow, at, target, "t32");
    }
    // IT is 1011 1111 with a mask that is not zero, and begins a block of up to four.
    if (!wide && half >>> 8 === 0xbf && (half & 15) !== 0) it = half & 0xff;
    else if (it !== noIt) it = advanceIt(it);
    at += wide ? 4 : 2;
  }
}

/** Big-endian code as little-endian. */
function swapped(bytes: Uint8Array, isa: Isa): DataView {
  const unit = isa === "a32" ? 4 : 2;
  const result = new Uint8Array(bytes.length - (bytes.length % unit));
  for (let i = 0; i < result.length; i++) result[i] = bytes[i - (i % unit) + unit - 1 - (i % unit)]!;
  return new DataView(result.buffer);
}

/** Branches and loads that arrive inside of a window. */
class Arrivals {
  readonly #texts: readonly MarkedText[];
  readonly #bySection: readonly (MarkedText | undefined)[];
  readonly #found = new Map<Section, { branch: Map<number, Arrival>; load: Map<number, Arrival> }>();

  constructor(texts: readonly (MarkedText | undefined)[]) {
    this.#bySection = texts;
    this.#texts = texts.filter((text) => text !== undefined);
  }

  /** What an instruction of `text` arrives at, in its own section or, in a linked image, in another. */
  add(flow: number, text: MarkedText, from: number, target: number): void {
    if (target >= text.start && target < text.end) this.#arrive(flow, text, text, from, target);
    else {
      const address = (text.base + target) >>> 0;
      const to = this.#texts.find(
        ({ base, start, end }) => address >= base + start && address < base + end && base > 0,
      );
      if (to !== undefined) this.#arrive(flow, to, text, from, address - to.base);
    }
  }

  /** Does a relocation decide where the branch goes? Then its target is noted here. */
  relocated(image: ElfImage, text: MarkedText, from: number, isa: Isa): boolean {
    const place = { section: text.section, address: text.base + from };
    const relocation = relocationOfWord(image, place);
    if (relocation === undefined) return false;
    if (!image.symbolsOf(relocation).defined(relocation.symbol)) return true;
    const insn = insnAt(image, place, isa);
    const target = insn === undefined ? undefined : branchTarget(image, place, insn);
    const to = target?.section === undefined ? undefined : this.#bySection[target.section.index];
    if (to !== undefined && target!.address < to.end) this.#arrive(FLOW.branch, to, text, from, target!.address);
    return true;
  }

  #arrive(flow: number, { section, base, marks }: MarkedText, text: MarkedText, from: number, to: number): void {
    const half = to >>> 1;
    if ((marks[half]! & (flow === FLOW.branch ? mark.interior : mark.window)) === 0) return;
    let found = this.#found.get(section);
    if (found === undefined) {
      found = { branch: new Map(), load: new Map() };
      this.#found.set(section, found);
    }
    const arrivals = flow === FLOW.branch ? found.branch : found.load;
    marks[half]! |= flow === FLOW.branch ? mark.entered : mark.read;
    if (!arrivals.has(half)) arrivals.set(half, { from: text.base + from, to: base + to });
  }

  /** The first that arrives at one of the halfwords. */
  first({ section }: MarkedText, flow: number, from: number, end: number): Arrival | undefined {
    const found = this.#found.get(section);
    const arrivals = flow === FLOW.branch ? found?.branch : found?.load;
    if (arrivals === undefined || arrivals.size === 0) return undefined;
    for (let half = from; half < end; half++) {
      const arrival = arrivals.get(half);
      if (arrival !== undefined) return arrival;
    }
    return undefined;
  }
}
