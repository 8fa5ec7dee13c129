import type { Insn, Isa } from "@cmodx/codec";
import type { ElfImage, Place, Reference } from "@cmodx/elf";
import type { CodeWords } from "./code-words.js";
import type { PlaceNames } from "./image-code.js";
import type { Written } from "./transition-judge.js";

/** What a table's entry says about one site, before anybody has an opinion about it. */
export interface TableSite {
  readonly place: Reference;
  /** Where the table says the site's branch goes, or what it is repaired with. */
  readonly target?: Place | undefined;
  readonly key?: Reference | undefined;
  /** The bytes that the table would put there. */
  readonly replacement?: Uint8Array | undefined;
}

/** A site of a table. All are made here: objects of one shape are cheap for the host, and a kernel has tens of thousands. */
export function tableSite(place: Reference, target?: Place, key?: Reference, replacement?: Uint8Array): TableSite {
  return { place, target, key, replacement };
}

/** A site with what the image says about it: what transitions and findings are made from. */
export interface Subject extends TableSite {
  readonly image: ElfImage;
  readonly names: PlaceNames;
  readonly isa: Isa | undefined;
  /** Mapping symbols mark the bytes as data. */
  readonly data: boolean;
  /** Undefined where there are no bytes, or the instruction set is not known. */
  readonly insn: Insn | undefined;
  /** That instruction, with where it goes: by name where its bytes still wait for relocation, and say nothing about it. */
  readonly now: Written | undefined;
  /** Where the instruction's own branch goes, relocated. */
  readonly branch: Place | undefined;
}

/** What is asked to tell whether a site is as most of its kind are. */
export interface Surroundings {
  readonly image: ElfImage;
  readonly names: PlaceNames;
  readonly isa: Isa;
  readonly place: Place;
  /** Index of the symbol that the place belongs to, or -1. */
  readonly symbol: number;
  /** Turned to the place's section. */
  readonly code: CodeWords;
  readonly listed: Partial<TableSite>;
}

export function samePlace(a: Place, b: Place): boolean {
  return a.address === b.address && a.section === b.section && a.external === b.external;
}
