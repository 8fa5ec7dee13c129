import type { PlaceNames } from "./image-code.js";
import type { Site, SiteKey } from "./report.js";
import { type NameBytes, type SeenSite, seenAsRead } from "./seen-site.js";
import type { SiteModel } from "./site-model.js";
import type { SiteRows } from "./site-rows.js";

/** Where a table says that a site leads, and whose key it has. */
export interface Aim {
  readonly key: SiteKey | null;
  readonly target: number | null;
  readonly targetSymbol: string | null;
}

/** No symbol. */
const none = -1;

/**
 * Every site of an audit, judged: for most of them as columns, which model it reads like and whose symbol is before it. A kernel's
 * are a megabyte so, where what is said of them is fifty.
 */
export class AuditedSites {
  readonly rows: SiteRows;
  readonly names: PlaceNames;
  readonly #models: SiteModel[] = [];
  /** The number of the site's model and one more; 0 for a site that was read in full and is no model's. */
  readonly #model: Int32Array;
  /** Index in the symbol table, or {@link none}. */
  readonly #symbol: Int32Array;
  readonly #aims = new Map<number, Aim>();
  readonly #read = new Map<number, Site>();

  constructor(rows: SiteRows, names: PlaceNames) {
    this.rows = rows;
    this.names = names;
    this.#model = new Int32Array(rows.length);
    this.#symbol = new Int32Array(rows.length).fill(none);
  }

  get length(): number {
    return this.#model.length;
  }

  /** The number of a model that is new. */
  add(model: SiteModel): number {
    return this.#models.push(model) - 1;
  }

  /** The site was read in full, and no other reads like it. */
  setRead(row: number, site: Site): void {
    this.#read.set(row, site);
  }

  /** The site reads like a model; so does that model's first one. */
  setModel(row: number, number: number, symbol: number, aim: Aim | undefined): void {
    this.#model[row] = number + 1;
    this.#symbol[row] = symbol;
    if (aim !== undefined) this.#aims.set(row, aim);
  }

  /** Sites that no earlier one reads like, in the order of a report, each with how many read like it. */
  *distinct(): Generator<readonly [Site, number]> {
    const times = new Uint32Array(this.#models.length + 1);
    for (let row = 0; row < this.length; row++) times[this.#model[row]!]!++;
    for (let row = 0; row < this.length; row++) {
      const number = this.#model[row]!;
      if (number === 0) yield [this.#read.get(row)!, 1];
      else if (times[number] !== 0) {
        yield [this.#models[number - 1]!.site, times[number]!];
        times[number] = 0;
      }
    }
  }

  /** Has any site this, by what models and sites read in full say? */
  some(wanted: (site: Site) => boolean): boolean {
    for (const { site } of this.#models) if (wanted(site)) return true;
    for (const site of this.#read.values()) if (wanted(site)) return true;
    return false;
  }

  /** Tells of the sites that have a key: what is said of each, but for where it is and leads, which comes behind it. */
  eachKey(onKey: (key: SiteKey, like: Site, address: number, target: number | null) => void): void {
    for (const row of Int32Array.from([...this.#aims.keys(), ...this.#read.keys()]).sort()) {
      const number = this.#model[row]!;
      const like = number === 0 ? this.#read.get(row)! : this.#models[number - 1]!.site;
      const { key, target } = this.#aims.get(row) ?? like;
      if (key !== null) onKey(key, like, this.rows.address[row]!, target);
    }
  }

  /**
   * Shows some of the sites, in the order of a report. What is shown may be another site when the next is.
   *
   * @param from - the first one's number, from 0
   * @param end - just behind the last one's
   */
  show(from: number, end: number, onSite: (seen: SeenSite) => void): void {
    const shown = new Shown(this.rows, this.names);
    const last = Math.min(end, this.length);
    for (let row = from; row < last; row++) {
      const number = this.#model[row]!;
      if (number === 0) onSite(seenAsRead(this.#read.get(row)!));
      else {
        shown.turn(row, this.#models[number - 1]!, this.#symbol[row]!, this.#aims.get(row));
        onSite(shown);
      }
    }
  }
}

/** The site that is shown, of those that a model is of. */
class Shown implements SeenSite {
  readonly #rows: SiteRows;
  readonly #names: PlaceNames;
  readonly #words: number[] = [];
  readonly #name: { bytes: Uint8Array; start: number; end: number };
  #row = 0;
  #symbol = none;
  #model: SiteModel | undefined;
  #aim: Aim | undefined;

  constructor(rows: SiteRows, names: PlaceNames) {
    this.#rows = rows;
    this.#names = names;
    this.#name = { bytes: rows.image.symbols.names.bytes, start: 0, end: 0 };
  }

  turn(row: number, model: SiteModel, symbol: number, aim: Aim | undefined): void {
    this.#row = row;
    this.#model = model;
    this.#symbol = symbol;
    this.#aim = aim;
    model.wordsInto(this.#words, this.address | 0, (aim?.target ?? 0) | 0);
  }

  get model(): SiteModel {
    return this.#model!;
  }

  get words(): readonly number[] {
    return this.#words;
  }

  get address(): number {
    return this.#rows.address[this.#row]!;
  }

  get name(): NameBytes | undefined {
    if (this.#symbol < 0) return undefined;
    const { names, nameOffset } = this.#rows.image.symbols;
    this.#name.start = nameOffset[this.#symbol]!;
    this.#name.end = names.end(this.#name.start);
    return this.#name;
  }

  get symbol(): string | null {
    return this.#named?.name ?? null;
  }

  get offset(): number | null {
    if (this.#symbol < 0) return this.#named?.offset ?? null;
    return this.address - this.#rows.image.symbols.address(this.#symbol);
  }

  /** An export's name is looked up again. */
  get #named(): { readonly name: string; readonly offset: number } | undefined {
    return this.#names.at(this.#rows.place(this.#row));
  }

  get key(): SiteKey | null {
    return this.#aim?.key ?? null;
  }

  get target(): number | null {
    return this.#aim === undefined ? this.model.site.target : this.#aim.target;
  }

  get targetSymbol(): string | null {
    return this.#aim === undefined ? this.model.site.targetSymbol : this.#aim.targetSymbol;
  }

  get site(): Site {
    return this.model.at(this, this.#words);
  }
}
