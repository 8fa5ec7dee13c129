import type { Site } from "./report.js";
import type { SiteModel, Spot } from "./site-model.js";

/**
 * A site as an audit shows it to whoever does not keep it: all that is said of it is put together when it is asked for. What many sites
 * read like is one object, which is at the next site when that is shown.
 */
export interface SeenSite extends Spot {
  /** What many sites read like, for whoever prints or counts them together; undefined for a site that no other reads like. */
  readonly model: SiteModel | undefined;
  /** The words of the model's branches there. */
  readonly words: readonly number[];
  /** Where the symbol's name is, as the file has it; undefined where `symbol` alone tells. */
  readonly name: NameBytes | undefined;
  /** All that is said of it. */
  readonly site: Site;
}

/** A name in a table of names. */
export interface NameBytes {
  /** Of the table; the name's own are in UTF-8. */
  readonly bytes: Uint8Array;
  /** Of the name's first byte. */
  readonly start: number;
  /** Just behind its last. */
  readonly end: number;
}

/** A site that was read in full. */
export function seenAsRead(site: Site): SeenSite {
  const { address, symbol, offset, key, target, targetSymbol } = site;
  return { address, symbol, offset, key, target, targetSymbol, model: undefined, words: [], name: undefined, site };
}
