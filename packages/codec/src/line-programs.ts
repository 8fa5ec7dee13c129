import { type ItState, inItBlock } from "./it-state.js";
import { lineOf, printSegment, type Segment } from "./line.js";
import type { Site } from "./operands/codec.js";
import type { Profile } from "./profile.js";
import { encodings } from "./table/index.js";
import type { Part } from "./template.js";
import { emptyText, noText, type Region, shortBit, TextCells } from "./text-cells.js";

/** A program is three steps, each a mask, a multiplier, and the first cell above five bits of shift; then what follows, and the end. */
const programWords = 16;
const stepWords = 3;
export const steps = 3;
const shiftBits = 5;
export const nextAt: number = stepWords * steps;
/**
 * What follows: nothing; an address at a displacement (see `Displacement`) from the PC, or from the word-aligned PC; one that must be
 * asked for; or, above these, a further program.
 */
const fromPc = 1;
export const fromAlignedPc = 2;
export const asked = 3;
export const flipAt: number = nextAt + 1;
export const shiftsAt: number = nextAt + 2;
/** Where there is no program its place is 0, where one stands that finds nothing. */
const firstProgram = programWords;
const mostPrograms = 1 << 12;

const rows = encodings.length + 1;
/** ITSTATE says nothing, or one of 16 conditions. */
const itStates = 17;

/** Where the programs for an ITSTATE start among those of a profile. */
export function itOffset(it: ItState): number {
  return inItBlock(it) ? rows * (1 + ((it >> 4) & 15)) : 0;
}

/** A step's segment, and its texts. */
interface Step {
  readonly segment: Segment;
  readonly region: Region;
  /** Where the steps are in the code. */
  readonly places: number[];
}

/**
 * How lines are put together from remembered texts, in numbers, which a loop can follow without a call or a choice for each
 * kind of line. A program's steps find the cells of its segments (text-cells.ts).
 */
export class LinePrograms {
  readonly code: Int32Array = new Int32Array(programWords * mostPrograms);
  readonly texts: TextCells = new TextCells();
  #used = firstProgram;
  /** The steps by their number. */
  #steps: (Step | undefined)[] = [];
  /** The steps by their segment, the profile, and ITSTATE. */
  readonly #known: Map<Segment, Map<string, Step>> = new Map();
  readonly #targets: Map<number, (site: Site) => number> = new Map();
  readonly #profiles: Partial<Record<Profile, Int32Array>> = {};

  constructor() {
    this.code[stepWords - 1] = noText << shiftBits;
  }

  /** The programs of a profile's lines by row and, above it, what ITSTATE says: 0 where none is made. */
  of(profile: Profile): Int32Array {
    this.#profiles[profile] ??= new Int32Array(itStates * rows);
    return this.#profiles[profile];
  }

  /** Makes the program of a row's line for a word; 0 when it can have none. */
  make(row: number, site: Site, profile: Profile): number {
    const encoding = encodings[row - 1]!;
    if (encoding.aliases.some((alias) => alias.profile === profile)) return 0;
    const line = lineOf(encoding.template(profile));
    if (line === undefined || (line.target !== undefined && profile === "llvm")) return 0;
    const { segments, target } = line;
    const words = (segments.length / steps + 1) * programWords;
    if (!this.texts.hasRoom(segments.length) || this.#used + words > this.code.length) this.#clear();
    const first = this.#used;
    for (let i = 0; i === 0 || i < segments.length; i += steps)
      this.#add(segments.slice(i, i + steps), i + steps < segments.length, profile, site.it);
    if (target !== undefined) this.#end(this.#used - programWords, target);
    this.of(profile)[itOffset(site.it) + row] = first;
    return first;
  }

  /** A program of up to three segments, which the next one made may follow. */
  #add(segments: readonly Segment[], goesOn: boolean, profile: Profile, it: ItState): void {
    const at = this.#used;
    this.#used += programWords;
    for (let i = 0; i < steps; i++) {
      const segment = segments[i];
      const place = at + i * stepWords;
      const step = segment && this.#step(segment, profile, it);
      this.#steps[stepNumber(at, i)] = step;
      this.code.fill(0, place, place + stepWords);
      this.code[place + 2] = emptyText << shiftBits;
      if (step === undefined) continue;
      step.places.push(place);
      this.#write(step);
    }
    this.code[at + nextAt] = goesOn ? this.#used : 0;
  }

  #step(segment: Segment, profile: Profile, it: ItState): Step {
    const key = segment.usesIt ? `${profile} ${itOffset(it)}` : profile;
    const known = this.#known.get(segment) ?? new Map<string, Step>();
    this.#known.set(segment, known);
    const step = known.get(key) ?? { segment, region: this.texts.region(segment.shows), places: [] };
    known.set(key, step);
    return step;
  }

  #write({ region: { mask, multiplier, first, shift }, places }: Step): void {
    for (const place of places) this.code.set([mask, multiplier, (first << shiftBits) | (shift & 31)], place);
  }

  /** A program's line ends in an address. */
  #end(program: number, { displacement, target }: Part): void {
    this.#targets.set(program, target!);
    this.code[program + nextAt] = displacement === undefined ? asked : displacement.align ? fromAlignedPc : fromPc;
    if (displacement === undefined) return;
    this.code[program + flipAt] = displacement.flip;
    this.code.set(displacement.shifts, program + shiftsAt);
  }

  /** The address at the end of a program's line. */
  target(program: number, site: Site): number {
    return this.#targets.get(program)!(site);
  }

  /** The entry of a program's step for a word: its text is printed when it is not there. */
  entry(program: number, number: number, site: Site, profile: Profile): number {
    const { texts } = this;
    const step = this.#steps[stepNumber(program, number)];
    if (step === undefined) return shortBit;
    const { segment, region } = step;
    const bits = site.word & region.mask;
    const found = texts.find(region, bits);
    if (found !== 0) return found;
    if (texts.isCrowded(region)) {
      texts.grow(region);
      this.#write(step);
    }
    return texts.keep(region, bits, printSegment(segment, site, profile));
  }

  #clear(): void {
    this.texts.clear();
    for (const programs of Object.values(this.#profiles)) programs.fill(0);
    this.#known.clear();
    this.#targets.clear();
    this.#steps = [];
    this.#used = firstProgram;
  }
}

function stepNumber(program: number, step: number): number {
  return (program / programWords) * steps + step;
}

let programs: LinePrograms | undefined;

/** The programs there are. */
export function linePrograms(): LinePrograms {
  programs ??= new LinePrograms();
  return programs;
}
