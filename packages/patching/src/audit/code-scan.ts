import { advanceIt, type Isa, noIt } from "@cmodx/codec";
import { type CodeRun, type ElfImage, type Place, relocationOfWord, type Section } from "@cmodx/elf";
import { a32Flow, a32Target, FLOW, t16Flow, t16Target, t32Flow, t32Target } from "./flow.js";
import { branchTarget, insnAt } from "./image-code.js";

/** The bytes that are edited at a site. */
export interface EditWindow {
  readonly place: Place;
  /** The edited bytes, and those before them that belong to them (`push {lr}` of a call site); not below `place`'s section. */
  readonly start: number;
  readonly end: number;
}

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

const mark = { start: 1, interior: 2, window: 4, seen: 8, it: 16, code: 32 } as const;

/**
 * Reads all code of an image once and asks of each site whether an instruction begins there, and what other code does to the
 * bytes that are edited. One byte of marks for each halfword of text makes the questions an array access, so this costs little
 * more than decoding.
 *
 * @param windows - by site, sparse: a site without a window is not asked about
 */
export function scanCode(image: ElfImage, windows: ReadonlyMap<number, EditWindow>): Map<number, SiteFacts> {
  const texts = markedTexts(image, [...windows.values()]);
  const arrivals = new Arrivals(texts);
  for (const text of texts) for (const run of image.codeRuns(text.section)) readRun(image, text, run, arrivals);
  return arrivals.facts(windows);
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
}

function markedTexts(image: ElfImage, windows: readonly EditWindow[]): MarkedText[] {
  // Sections that hold more bytes together than the file has share some of them: then the file is hostile, not large.
  let budget = image.source.size;
  const texts = new Map<Section, MarkedText>();
  for (const section of image.sections) {
    if (!section.executable || !section.inFile || section.size === 0 || section.size > budget) continue;
    budget -= section.size;
    const address = image.relocatable ? 0 : section.address;
    const [base, start] = [(address & ~3) >>> 0, address & 3];
    const end = start + section.size;
    texts.set(section, { section, base, start, end, marks: new Uint8Array((end + 1) >>> 1) });
  }
  for (const { place, start, end } of windows) {
    const text = place.section === undefined ? undefined : texts.get(place.section);
    if (text === undefined) continue;
    const { base, marks } = text;
    marks[(place.address - base) >>> 1]! |= mark.start;
    for (let at = start; at < end; at += 2) marks[(at - base) >>> 1]! |= at > start ? mark.interior : 0;
    for (let at = place.address; at < end; at += 2) marks[(at - base) >>> 1]! |= mark.window;
  }
  return [...texts.values()];
}

/** Marks where the instructions of a run begin, and notes where their branches and literals lie. */
function readRun(image: ElfImage, text: MarkedText, run: CodeRun, arrivals: Arrivals): void {
  const bytes = image.read({ section: text.section, address: run.start }, run.end - run.start);
  if (bytes === undefined) return;
  const code = image.header.codeEndian === "little" ? bytes : swapped(bytes, run.isa);
  const note = (flow: number, from: number, target: number): void => {
    const linked = image.relocatable && flow === FLOW.branch && arrivals.relocated(image, text, from, run.isa);
    if (!linked) arrivals.add(flow, text, from, target);
  };
  if (run.isa === "a32") readA32(code, text.marks, run.start - text.base, note);
  else readT32(code, text.marks, run.start - text.base, note);
}

type Note = (flow: number, from: number, target: number) => void;

function readA32(code: Uint8Array, marks: Uint8Array, start: number, note: Note): void {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = code[at]! | (code[at + 1]! << 8) | (code[at + 2]! << 16) | (code[at + 3]! << 24);
    const half = (start + at) >>> 1;
    marks[half]! |= mark.code | ((marks[half]! & mark.start) === 0 ? 0 : mark.seen);
    const flow = a32Flow(word);
    if (flow !== FLOW.none) note(flow, start + at, a32Target(word, start + at) | 0);
  }
}

function readT32(code: Uint8Array, marks: Uint8Array, start: number, note: Note): void {
  let it = noIt;
  for (let at = 0; at + 2 <= code.length; ) {
    const first = code[at]! | (code[at + 1]! << 8);
    const wide = first >= 0xe800;
    if (wide && at + 4 > code.length) return;
    const half = (start + at) >>> 1;
    marks[half]! |= mark.code;
    if ((marks[half]! & mark.start) !== 0) marks[half]! |= it === noIt ? mark.seen : mark.seen | mark.it;
    const word = wide ? (first << 16) | code[at + 2]! | (code[at + 3]! << 8) : first;
    const flow = wide ? t32Flow(word) : t16Flow(word);
    if (flow !== FLOW.none) note(flow, start + at, (wide ? t32Target : t16Target)(word, start + at) | 0);
    // IT is 1011 1111 with a mask that is not zero, and begins a block of up to four.
    if (!wide && first >>> 8 === 0xbf && (first & 15) !== 0) it = first & 0xff;
    else if (it !== noIt) it = advanceIt(it);
    at += wide ? 4 : 2;
  }
}

/** Big-endian code as little-endian. */
function swapped(bytes: Uint8Array, isa: Isa): Uint8Array {
  const unit = isa === "a32" ? 4 : 2;
  const result = new Uint8Array(bytes.length - (bytes.length % unit));
  for (let i = 0; i < result.length; i++) result[i] = bytes[i - (i % unit) + unit - 1 - (i % unit)]!;
  return result;
}

/** Branches and loads that arrive inside of a window. */
class Arrivals {
  readonly #texts: readonly MarkedText[];
  readonly #bySection: ReadonlyMap<Section, MarkedText>;
  readonly #found = new Map<Section, { entered: Map<number, Arrival>; read: Map<number, Arrival> }>();

  constructor(texts: readonly MarkedText[]) {
    this.#texts = texts;
    this.#bySection = new Map(texts.map((text) => [text.section, text]));
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
    if (!image.symbols.defined(relocation.symbol)) return true;
    const insn = insnAt(image, place, isa);
    const target = insn === undefined ? undefined : branchTarget(image, place, insn);
    const to = target?.section === undefined ? undefined : this.#bySection.get(target.section);
    if (to !== undefined && target!.address < to.end) this.#arrive(FLOW.branch, to, text, from, target!.address);
    return true;
  }

  #arrive(flow: number, { section, base, marks }: MarkedText, text: MarkedText, from: number, to: number): void {
    const half = to >>> 1;
    if ((marks[half]! & (flow === FLOW.branch ? mark.interior : mark.window)) === 0) return;
    let found = this.#found.get(section);
    if (found === undefined) {
      found = { entered: new Map(), read: new Map() };
      this.#found.set(section, found);
    }
    const arrivals = flow === FLOW.branch ? found.entered : found.read;
    if (!arrivals.has(half)) arrivals.set(half, { from: text.base + from, to: base + to });
  }

  facts(windows: ReadonlyMap<number, EditWindow>): Map<number, SiteFacts> {
    const all = new Map<number, SiteFacts>();
    for (const [site, { place, start, end }] of windows) {
      const text = place.section === undefined ? undefined : this.#bySection.get(place.section);
      if (text === undefined) continue;
      const { base, marks, section } = text;
      const half = (place.address - base) >>> 1;
      const facts: SiteFacts = {};
      const earlier = half > 0 ? marks[half - 1]! & mark.code : 0;
      if ((marks[half]! & mark.seen) === 0 && earlier !== 0) facts.inside = true;
      if ((marks[half]! & mark.it) !== 0) facts.inItBlock = true;
      const found = this.#found.get(section);
      if (found !== undefined) {
        for (let at = start; at < end; at += 2) {
          const here = (at - base) >>> 1;
          if (at > start) facts.entered ??= found.entered.get(here) as Arrival;
          if (at >= place.address) facts.read ??= found.read.get(here) as Arrival;
        }
        if (facts.entered === undefined) delete facts.entered;
        if (facts.read === undefined) delete facts.read;
      }
      if (Object.keys(facts).length > 0) all.set(site, facts);
    }
    return all;
  }
}
