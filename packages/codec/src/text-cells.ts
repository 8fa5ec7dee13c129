import { fullWidth, spreadOf } from "./spread.js";

/** A cell holds the bits of a word that a text is of, and where the text is: `entry`. */
const cellWords = 2;
const mostCells = 1 << 19;

/** The cell of the text of no bits, which is empty, and one in which no text ever is. */
export const emptyText = 0;
export const noText = 1;

/** A place in the pool is a number of units, so that a text of one unit, as most are, lies in one line of the processor's cache. */
const unit = 16;
const unitShift = 4;
const poolUnits = 1 << 17;

/** An entry: bit 31 for a text of at most one unit, the unit where it starts, and its length in 12 bits. */
export const shortBit: number = 0x80000000 | 0;
export const lengthBits = 0xfff;
const startShift = 12;

/** What the entry's start is as an offset in the pool. */
export function startOf(entry: number): number {
  return (entry >>> (startShift - unitShift)) & ((poolUnits - 1) << unitShift);
}

function unitsOf(length: number): number {
  return (length + unit - 1) >> unitShift;
}

/** A region begins with so many cells, to the power of two, and gets sixteen times as many when its words do not get along. */
const firstWidth = 6;
const growth = 4;
/** Nor does it get more than this. */
const lastWidth = 16;

/** The cells of a piece of lines: where they begin, and how a word's bits become the number of one. */
export interface Region {
  readonly mask: number;
  first: number;
  width: number;
  multiplier: number;
  shift: number;
  /** How many texts had to give way since it got its size. */
  lost: number;
}

/**
 * Texts of pieces of lines as bytes, each beside the bits of a word that it is of. A piece has a region of cells; when its words
 * do not get along it grows, until each has a cell of its own if that is possible. The arrays stay the same: when they are full all
 * is forgotten.
 */
export class TextCells {
  readonly cells: Int32Array = new Int32Array(cellWords * mostCells);
  readonly pool: DataView = new DataView(new ArrayBuffer(poolUnits << unitShift));
  readonly #bytes: Uint8Array = new Uint8Array(this.pool.buffer);
  #cellsUsed = 0;
  #unitsUsed = 0;

  constructor() {
    this.clear();
  }

  /** Forgets regions and texts. */
  clear(): void {
    this.#forgetTexts();
    this.#cellsUsed = noText + 1;
  }

  #forgetTexts(): void {
    this.cells.fill(0);
    this.cells[emptyText * cellWords + 1] = shortBit;
    this.#unitsUsed = 0;
  }

  /** Whether this many new regions can be had. */
  hasRoom(regions: number): boolean {
    return this.#cellsUsed + regions * 2 ** firstWidth <= mostCells;
  }

  /** A region for the texts that the bits of a mask decide. */
  region(mask: number): Region {
    const width = Math.min(fullWidth(mask), firstWidth);
    return { mask, ...this.#cellsFor(mask, width) };
  }

  #cellsFor(mask: number, width: number): Omit<Region, "mask"> {
    const first = this.#cellsUsed;
    this.#cellsUsed += 2 ** width;
    return { first, width, ...spreadOf(mask, width), lost: 0 };
  }

  /** The entry for a word's bits; 0 when there is none. */
  find(region: Region, bits: number): number {
    const place = placeOf(region, bits);
    return this.cells[place] === bits ? this.cells[place + 1]! : 0;
  }

  /** Whether a region had better grow before another text comes into it. */
  isCrowded({ lost, width, mask }: Region): boolean {
    return lost > 2 ** width / 8 && width < Math.min(fullWidth(mask), lastWidth);
  }

  /** Gives a region more cells, if there are more; its texts move there. */
  grow(region: Region): void {
    const { first, width, mask } = region;
    const wider = Math.min(width + growth, fullWidth(mask), lastWidth);
    region.lost = 0;
    if (this.#cellsUsed + 2 ** wider > mostCells) return;
    Object.assign(region, this.#cellsFor(mask, wider));
    const { cells } = this;
    for (let cell = first; cell < first + 2 ** width; cell++) {
      const from = cell * cellWords;
      if (cells[from + 1] === 0) continue;
      const to = placeOf(region, cells[from]!);
      cells[to] = cells[from]!;
      cells[to + 1] = cells[from + 1]!;
    }
  }

  /** Keeps a text for the bits of a word; returns its entry. */
  keep(region: Region, bits: number, text: string): number {
    const { cells } = this;
    const place = placeOf(region, bits);
    const units = unitsOf(text.length);
    const before = cells[place + 1]!;
    let start = startOf(before) >> unitShift;
    if (before !== 0) region.lost++;
    // A text that gives way leaves its place to one that is not longer.
    if (before === 0 || units > unitsOf(before & lengthBits)) {
      if (this.#unitsUsed + units >= poolUnits) this.#forgetTexts();
      start = this.#unitsUsed;
      this.#unitsUsed += units;
    }
    const at = start << unitShift;
    for (let i = 0; i < text.length; i++) this.#bytes[at + i] = text.charCodeAt(i);
    const entry = (units > 1 ? 0 : shortBit) | (start << startShift) | text.length;
    cells[place] = bits;
    cells[place + 1] = entry;
    return entry;
  }
}

/** Where in the cells the text of a word's bits is. Of no bits the shift is by 32, which is none. */
function placeOf({ first, multiplier, shift }: Region, bits: number): number {
  return (first + (Math.imul(bits, multiplier) >>> shift)) * cellWords;
}
