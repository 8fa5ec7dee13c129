import { isWide } from "@cmodx/codec";
import type { ElfImage } from "@cmodx/elf";
import { straddlesAt } from "./boundaries.js";
import type { FindingId } from "./finding.js";
import { branchWordTarget, isDirectBranch } from "./flow.js";
import { wordAt } from "./image-code.js";
import type { KindRule } from "./kinds.js";
import type { Finding } from "./report.js";
import type { SiteModel } from "./site-model.js";
import type { Surroundings } from "./subject.js";

/** Findings that follow from a site's section, its boundaries and its bytes, and say nothing of its address. */
const placeless: ReadonlySet<FindingId> = new Set([
  "data-site",
  "init-text",
  "not-probeable",
  "straddle",
  "literal-pool",
]);

/**
 * All that what is said of a site follows from, but for who else concerns it. Words and addresses are signed here: so they are small
 * integers, where most of a kernel's are numbers that the host has to allocate.
 */
export interface Likeness {
  /** Of the site. */
  readonly address: number;
  /** Its instruction; Thumb's of 16 bits in the upper half, which nothing reads where two are not replaced. */
  readonly word: number;
  /** Where the table says that it leads. */
  readonly aim: number;
  /** The word, or where it goes for a branch. */
  readonly first: number;
  /** Section, instruction set, boundaries and the like. */
  readonly second: number;
  /** What the table would put there, or -1. */
  readonly third: number;
}

/** A model with what its first site is like, and which of all models it is. */
interface Kept {
  readonly likeness: Likeness;
  readonly model: SiteModel;
  readonly number: number;
}

/** The models of the sites of one table. */
export class SiteModels {
  readonly #image: ElfImage;
  readonly #alike: NonNullable<KindRule["alike"]> | undefined;
  readonly #branches: boolean;
  readonly #models = new Map<number, Kept[]>();
  /** Of the model that is asked. */
  readonly #words: number[] = [];

  constructor(image: ElfImage, { alike, branches }: KindRule) {
    this.#image = image;
    // In a relocatable file what a site says waits for relocations, each of its own.
    this.#alike = image.relocatable ? undefined : alike;
    this.#branches = branches;
  }

  /** Whether any site may read like another. */
  get useful(): boolean {
    return this.#alike !== undefined;
  }

  /**
   * Undefined for a site that is not as most others are.
   *
   * @param probeable - whether kprobes may be in its function
   */
  likeness(around: Surroundings, data: boolean, probeable: boolean): Likeness | undefined {
    const { place, isa } = around;
    if (place.section === undefined || !this.#alike!(around)) return undefined;
    const unsigned = wordAt(this.#image, place, isa);
    if (unsigned === undefined) return undefined;
    const whole = unsigned | 0;
    const address = place.address | 0;
    const { target, replacement } = around.listed;
    const narrow = isa === "t32" && replacement === undefined && !isWide(whole >>> 16);
    const word = narrow ? whole & 0xffff0000 : whole;
    const flags = (isa === "t32" ? 4 : 0) + (data ? 2 : 0) + (probeable ? 1 : 0);
    const boundaries = straddlesAt(address, narrow ? 2 : 4).length * 8 + straddlesAt(address, 4).length;
    const second = ((place.section.index * 8 + flags) * 64 + boundaries) * 4 + (address & 3);
    const third = replacement === undefined ? -1 : wordOf(replacement);
    const goes = this.#branches && isDirectBranch(isa, word);
    const first = goes ? branchWordTarget(isa, word, address) | 0 : word;
    return { address, word, aim: target === undefined ? 0 : target.address | 0, first, second, third };
  }

  /** The number of the model that a site reads like, or -1. */
  find({ address, word, aim, first, second, third }: Likeness): number {
    const models = this.#models.get(first);
    if (models === undefined) return -1;
    for (let i = 0; i < models.length; i++) {
      const { likeness, model, number } = models[i]!;
      if (likeness.second !== second || likeness.third !== third) continue;
      if (model.wordsInto(this.#words, address, aim) && model.fits(this.#words, word)) return number;
    }
    return -1;
  }

  /** @param number - which of all models it is */
  keep(likeness: Likeness, model: SiteModel, number: number): void {
    const models = this.#models.get(likeness.first);
    if (models === undefined) this.#models.set(likeness.first, [{ likeness, model, number }]);
    else models.push({ likeness, model, number });
  }
}

/** Can another site be read like one of which this is found? */
export function isPlaceless(findings: readonly Finding[]): boolean {
  return findings.every(({ id }) => placeless.has(id));
}

function wordOf(bytes: Uint8Array): number {
  return (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
}
