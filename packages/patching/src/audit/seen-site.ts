import type { Site, SiteKey } from "./report.js";
import type { SiteModel, Spot } from "./site-model.js";

/** A site as an audit shows it to whoever does not keep it: all that is said of it is put together when it is asked for. */
export interface SeenSite extends Spot {
  /** What many sites read like, for whoever prints or counts them together; undefined for a site that no other reads like. */
  readonly model: SiteModel | undefined;
  /** The words of the model's branches there. */
  readonly words: readonly number[];
  /** No other was read before that it reads like. */
  readonly first: boolean;
  /** All that is said of it. */
  readonly site: Site;
}

/** A site that was read in full. */
export function seenAsRead(site: Site, model?: SiteModel, words: readonly number[] = []): SeenSite {
  const { address, symbol, offset, key, target, targetSymbol } = site;
  return { address, symbol, offset, key, target, targetSymbol, model, words, first: true, site };
}

/** A site that reads as its model does. */
export class SeenAgain implements SeenSite {
  readonly address: number;
  readonly symbol: string | null;
  readonly offset: number | null;
  readonly key: SiteKey | null;
  readonly target: number | null;
  readonly targetSymbol: string | null;
  readonly model: SiteModel;
  readonly words: readonly number[];

  constructor(
    { address, symbol, offset, key, target, targetSymbol }: Spot,
    model: SiteModel,
    words: readonly number[],
  ) {
    this.address = address;
    this.symbol = symbol;
    this.offset = offset;
    this.key = key;
    this.target = target;
    this.targetSymbol = targetSymbol;
    this.model = model;
    this.words = words;
  }

  get first(): boolean {
    return false;
  }

  get site(): Site {
    return this.model.at(this, this.words);
  }
}
