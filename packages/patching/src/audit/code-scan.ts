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

/** A section with a byte of marks for each of its halfwords. */
interface MarkedText {
  readonly section: Section;
  readonly base: number;
  readonly marks: Uint8Array;
}

function markedTexts(image: ElfImage, windows: readonly EditWindow[]): MarkedText[] {
  // Sections that hold more bytes together than the file has share some of them: then the file is hostile, not large.
  let budget = image.source.size;
  const texts = new Map<Section, MarkedText>();
  for (const section of image.sections) {
    if (!section.executable || !section.inFile || section.size === 0 || section.size > budget) continue;
    budget -= section.size;
    const base = image.relocatable ? 0 : section.address;
    texts.set(section, { section, base, marks: new Uint8Array((section.size + 1) >>> 1) });
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
  const note = (flow: number, address: number, target: number): void => {
    const linked = image.relocatable && flow === FLOW.branch && arrivals.relocated(image, text, address, run.isa);
    if (!linked) arrivals.add(flow, text, address, target);
  };
  if (run.isa === "a32") readA32(code, text, run.start, note);
  else readT32(code, text, run.start, note);
}

type Note = (flow: number, address: number, target: number) => void;

function readA32(code: Uint8Array, { base, marks }: MarkedText, start: number, note: Note): void {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = code[at]! | (code[at + 1]! << 8) | (code[at + 2]! << 16) | (code[at + 3]! << 24);
    const half = (start + at - base) >>> 1;
    marks[half]! |= mark.code | ((marks[half]! & mark.start) === 0 ? 0 : mark.seen);
    const flow = a32Flow(word);
    if (flow !== FLOW.none) note(flow, start + at, a32Target(word, start + at));
  }
}

function readT32(code: Uint8Array, { base, marks }: MarkedText, start: number, note: Note): void {
  let it = noIt;
  for (let at = 0; at + 2 <= code.length; ) {
    const first = code[at]! | (code[at + 1]! << 8);
    const wide = first >= 0xe800;
    if (wide && at + 4 > code.length) return;
    const half = (start + at - base) >>> 1;
    marks[half]! |= mark.code;
    if ((marks[half]! & mark.start) !== 0) marks[half]! |= it === noIt ? mark.seen : mark.seen | mark.it;
    const word = wide ? (first << 16) | code[at + 2]! | (code[at + 3]! << 8) : first;
    const flow = wide ? t32Flow(word) : t16Flow(word);
    if (flow !== FLOW.none) note(flow, start + at, (wide ? t32Target : t16Target)(word, start + at));
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
    let to: MarkedText | undefined = text;
    if (target < text.base || target - text.base >= text.section.size) {
      to = this.#texts.find(({ base, section }) => target >= base && target - base < section.size && base > 0);
    }
    if (to !== undefined) this.#arrive(flow, to, from, target);
  }

  /** Does a relocation decide where the branch goes? Then its target is noted here. */
  relocated(image: ElfImage, text: MarkedText, address: number, isa: Isa): boolean {
    const place = { section: text.section, address };
    const relocation = relocationOfWord(image, place);
    if (relocation === undefined) return false;
    if (!image.symbols.defined(relocation.symbol)) return true;
    const insn = insnAt(image, place, isa);
    const target = insn === undefined ? undefined : branchTarget(image, place, insn);
    const to = target?.section === undefined ? undefined : this.#bySection.get(target.section);
    if (to !== undefined && target!.address < to.section.size) this.#arrive(FLOW.branch, to, address, target!.address);
    return true;
  }

  #arrive(flow: number, { section, base, marks }: MarkedText, from: number, to: number): void {
    const half = (to - base) >>> 1;
    if ((marks[half]! & (flow === FLOW.branch ? mark.interior : mark.window)) === 0) return;
    let found = this.#found.get(section);
    if (found === undefined) {
      found = { entered: new Map(), read: new Map() };
      this.#found.set(section, found);
    }
    const arrivals = flow === FLOW.branch ? found.entered : found.read;
    if (!arrivals.has(half)) arrivals.set(half, { from, to });
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
