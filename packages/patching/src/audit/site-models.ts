import { isWide } from "@cmodx/codec";
import type { ElfImage } from "@cmodx/elf";
import { straddleCount } from "./boundaries.js";
import type { FindingId } from "./finding.js";
import { branchWordTarget, isDirectBranch } from "./flow.js";
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
  /** The word; for a branch where it goes, or 0 where that is where the table says. */
  readonly first: number;
  /** Section, instruction set, boundaries, and what else is one of a few. */
  readonly second: number;
  /** What the table would put there, or -1. */
  readonly third: number;
}

/** A model, and which of all models it is. */
interface Kept {
  readonly model: SiteModel;
  readonly number: number;
}

/** The models of the sites of one table. */
export class SiteModels {
  readonly #alike: NonNullable<KindRule["alike"]> | undefined;
  readonly #branches: boolean;
  /** By all three of a likeness: a hostile table may have half a million that share two of them. */
  readonly #models = new Map<number, Map<number, Map<number, Kept[]>>>();
  /** Of the model that is asked. */
  readonly #words: number[] = [];

  constructor(image: ElfImage, { alike, branches }: KindRule) {
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
    const address = place.address | 0;
    if (place.section === undefined) return undefined;
    around.code.turn(place.section);
    if (!around.code.has(address, 4) || !this.#alike!(around)) return undefined;
    const whole = around.code.word(address, isa);
    const { target, replacement } = around.listed;
    const narrow = isa === "t32" && replacement === undefined && !isWide(whole >>> 16);
    const word = narrow ? whole & 0xffff0000 : whole;
    const goes = this.#branches && isDirectBranch(isa, word);
    const aim = target === undefined ? 0 : target.address | 0;
    const destination = goes ? branchWordTarget(isa, word, address) | 0 : 0;
    const asTold = goes && target !== undefined && destination === aim;
    const flags = (asTold ? 8 : 0) + (isa === "t32" ? 4 : 0) + (data ? 2 : 0) + (probeable ? 1 : 0);
    const boundaries = straddleCount(address, narrow ? 2 : 4) * 8 + straddleCount(address, 4);
    const second = ((place.section.index * 16 + flags) * 64 + boundaries) * 4 + (address & 3);
    const third = replacement === undefined ? -1 : wordOf(replacement);
    const first = asTold ? 0 : goes ? destination : word;
    return { address, word, aim, first, second, third };
  }

  /** The number of the model that a site reads like, or -1. */
  find({ address, word, aim, first, second, third }: Likeness): number {
    const models = this.#models.get(first)?.get(second)?.get(third);
    if (models === undefined) return -1;
    for (let i = 0; i < models.length; i++) {
      const { model, number } = models[i]!;
      if (model.wordsInto(this.#words, address, aim) && model.fits(this.#words, word)) return number;
    }
    return -1;
  }

  /**
   * Was there a site before that this one may read like? Most words are at one site only: a model of it would be for nothing. To ask is
   * to show the site.
   */
  seenBefore({ first, second, third }: Likeness): boolean {
    let bySecond = this.#models.get(first);
    if (bySecond === undefined) {
      bySecond = new Map();
      this.#models.set(first, bySecond);
    }
    let byThird = bySecond.get(second);
    if (byThird === undefined) {
      byThird = new Map();
      bySecond.set(second, byThird);
    }
    const before = byThird.has(third);
    if (!before) byThird.set(third, []);
    return before;
  }

  /** @param number - which of all models it is, of a site that was {@link seenBefore} */
  keep({ first, second, third }: Likeness, model: SiteModel, number: number): void {
    this.#models.get(first)?.get(second)?.get(third)?.push({ model, number });
  }
}

/** Can another site be read like one of which this is found? */
export function isPlaceless(findings: readonly Finding[]): boolean {
  return findings.every(({ id }) => placeless.has(id));
}

function wordOf(bytes: Uint8Array): number {
  return (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
}
