import { decodeA32, decodeT32, format, type Insn } from "@cmodx/codec";
import { branchReaches, branchWord, isDirectBranch, movedBranch } from "./flow.js";
import { hexOfWord, inMemory } from "./image-code.js";
import type { InsnText, Site } from "./report.js";
import { type Change, changedHalves, type Written } from "./transition-judge.js";

/** A direct branch that a site has or gets. */
interface Branch {
  /** At the first site. */
  readonly word: number;
  /** Undefined for the target that the table gives the site. */
  readonly target: number | undefined;
  /** Without the target that the table gives, which ends it. */
  readonly text: string;
}

/** The two instructions of a change: each the index of a branch, or -1 for a word that is the same at every site. */
interface Step {
  readonly from: number;
  readonly fromWord: number;
  readonly to: number;
  readonly toWord: number;
  readonly halves: number;
}

/** What sites of one model differ in: where they are and, where their table says so, where they lead and whose key they have. */
export type Spot = Pick<Site, "address" | "symbol" | "offset" | "key" | "target" | "targetSymbol">;

/**
 * A site that was read in full, for others to be read from: a kernel's 45,000 sites are a few hundred models. Sites of one model differ in
 * their {@link Spot}, and in the bytes of branches; nothing else that is said of them does.
 *
 * @example
 * ```ts
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const models = new Set<SiteModel | undefined>();
 * const { length, show } = auditSites(image, { path: "sites-arm.elf", kinds: ["mcount"] });
 * show(0, length, ({ model }) => models.add(model));
 * models.size; // 2
 * ```
 */
export class SiteModel {
  /** The first of them. */
  readonly site: Site;
  /** Its table says where each of its sites leads, and whose key it has; otherwise all lead where the first does. */
  readonly aimed: boolean;
  /** All that a site has or gets. */
  readonly branches: readonly Branch[];
  /** The branch that the site is now, or -1. */
  readonly #own: number;
  readonly #steps: readonly Step[];
  readonly #isa: Insn["isa"];
  readonly #order: "little" | "big";

  private constructor(
    site: Site,
    now: Written,
    changes: readonly Change[],
    branches: readonly Branch[],
    branchOf: (written: Written) => number,
    { aim, order }: ModelOptions,
  ) {
    this.site = site;
    this.aimed = aim !== undefined;
    this.branches = branches;
    this.#own = branchOf(now);
    this.#steps = changes.map(({ from, to }) => {
      const [fromWord, toWord] = [from.insn.word | 0, to.insn.word | 0];
      return { from: branchOf(from), fromWord, to: branchOf(to), toWord, halves: changedHalves(fromWord, toWord) };
    });
    this.#isa = now.insn.isa;
    this.#order = order;
  }

  /**
   * The model that a site makes; undefined where something else that is said of it tells of its address.
   *
   * @param site - as it was read
   * @param now - its instruction
   * @param changes - what its transitions were judged from
   */
  static of(site: Site, now: Written, changes: readonly Change[], options: ModelOptions): SiteModel | undefined {
    const branches: (Branch & { readonly to: number })[] = [];
    const branchOf = ({ insn, target }: Written): number =>
      branches.findIndex((branch) => branch.word === insn.word && branch.to === target);
    for (const written of [now, ...changes.flatMap(({ from, to }) => [from, to])]) {
      const { insn, target, link } = written;
      if (link !== undefined) return undefined;
      if (target === undefined && isSameEverywhere(insn)) continue;
      if (target === undefined || insn.size !== 4 || !isDirectBranch(insn.isa, insn.word)) return undefined;
      if (branchWord(insn.isa, insn.word, insn.address, target) !== insn.word) return undefined;
      if (branchOf(written) >= 0) continue;
      const [whole, place] = [format(insn), hexTarget(target)];
      if (!whole.endsWith(place)) return undefined;
      const aimed = target === options.aim;
      const text = aimed ? whole.slice(0, -place.length) : whole;
      branches.push({ word: insn.word, target: aimed ? undefined : target, text, to: target });
    }
    return new SiteModel(site, now, changes, branches, branchOf, options);
  }

  /**
   * Puts the words of the branches at another site into `words`; false where one does not reach.
   *
   * @param aim - where its table says that it leads
   */
  wordsInto(words: number[], address: number, aim: number): boolean {
    const { branches } = this;
    for (let i = 0; i < branches.length; i++) {
      const { word, target } = branches[i]!;
      const to = target ?? aim;
      if (!branchReaches(this.#isa, 4, address, to)) return false;
      words[i] = movedBranch(this.#isa, word, address, to);
    }
    return true;
  }

  /**
   * Is a site of this model where it has this word, and its branches those? Not where a change there is to other halfwords, which the
   * rules ask for.
   *
   * @param words - as {@link wordsInto} has put them
   * @param word - signed, as those
   */
  fits(words: readonly number[], word: number): boolean {
    if (this.#own >= 0 && words[this.#own] !== word) return false;
    for (const { from, fromWord, to, toWord, halves } of this.#steps) {
      if (changedHalves(from < 0 ? fromWord : words[from]!, to < 0 ? toWord : words[to]!) !== halves) return false;
    }
    return true;
  }

  /** A word's four bytes, the first in memory on top. */
  bytesOf(word: number): number {
    return inMemory(word, this.#isa, this.#order);
  }

  /** The site of this model that is at a spot, with those words of its branches there. */
  at(spot: Spot, words: readonly number[]): Site {
    const insns = this.branches.map(({ text, target }, i) => ({
      bytes: hexOfWord(this.bytesOf(words[i]!)),
      text: target === undefined ? text + hexTarget(spot.target ?? 0) : text,
    }));
    return this.with(spot, insns);
  }

  /** The same, its branches as they are to be shown. */
  with({ address, symbol, offset, key, target, targetSymbol }: Spot, branches: readonly InsnText[]): Site {
    const moved = (branch: number, insn: InsnText): InsnText => (branch < 0 ? insn : branches[branch]!);
    const transitions = this.site.transitions.map(({ name, from, to, verdict, rule, protocol, verdicts }, i) => {
      const step = this.#steps[i]!;
      return { name, from: moved(step.from, from), to: moved(step.to, to), verdict, rule, protocol, verdicts };
    });
    const { kind, section, isa, straddles, findings } = this.site;
    const { bytes, text } = this.#own < 0 ? this.site : branches[this.#own]!;
    return {
      kind,
      address,
      section,
      isa,
      bytes,
      text,
      symbol,
      offset,
      key,
      target,
      targetSymbol,
      straddles,
      transitions,
      findings,
    };
  }
}

/** What a model depends on besides its first site. */
interface ModelOptions {
  /** Where the table says that the first site leads; undefined for a table that says nothing. */
  readonly aim: number | undefined;
  /** In which the image keeps code. */
  readonly order: "little" | "big";
}

function hexTarget(target: number): string {
  return `0x${target.toString(16)}`;
}

/** An instruction whose text says nothing of where it is. */
function isSameEverywhere({ isa, word, size, address }: Insn): boolean {
  const [first, second] = size === 2 ? [word, 0] : [word >>> 16, word & 0xffff];
  const textAt = (at: number): string => format(isa === "a32" ? decodeA32(word, at) : decodeT32(first, second, at));
  return textAt(address) === textAt((address ^ farAway) >>> 0);
}

/** Aligned alike, and too far for a text that counts from the site to be the same. */
const farAway = 0x10000;
