import { debugBytes, type Inflate } from "./debug-bytes.js";
import type { ElfImage } from "./image.js";
import { type LineHeader, type LineStrings, readLineHeader } from "./line-header.js";
import { LineDamage, LineReader } from "./line-reader.js";
import type { Place } from "./place.js";
import { relocationOfWord, symbolPlace } from "./resolve.js";
import type { Section } from "./sections.js";

/** Where in the source an instruction came from. */
export interface SourceLine {
  /** As the compiler wrote it; relative to where it ran where it wrote it so. */
  readonly file: string;
  /** From 1; 0 where the compiler says that it belongs to no line. */
  readonly line: number;
}

const standard = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  constAddPc: 8,
  fixedAdvancePc: 9,
} as const;

const extended = { endSequence: 1, setAddress: 2 } as const;

/**
 * The source lines of places, from the image's `.debug_line` (DWARF 2 to 5): for each, the last row of a sequence that covers it and is
 * not behind it. Undefined where nothing says, or where the debug sections are compressed and nothing unpacks them. All line programs
 * are run once, however many places are asked for.
 *
 * @param image - an image with its debug sections
 * @param places - where the lines are wanted, in any order; the answers come in the same order
 * @param inflate - unpacks debug sections that are compressed with zlib
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * sourceLines(image, [image.locate(0x8000)]); // [undefined]
 * ```
 */
export function sourceLines(image: ElfImage, places: readonly Place[], inflate?: Inflate): (SourceLine | undefined)[] {
  const wanted = new Wanted(places, image.relocatable);
  for (const section of image.sectionsNamed(".debug_line")) {
    const bytes = debugBytes(image, section, inflate);
    if (bytes !== undefined) new LineProgram(image, section, bytes, wanted, inflate).run();
  }
  return wanted.found;
}

/** The places asked for, sorted, so that each row finds those that it covers by their order. */
class Wanted {
  readonly found: (SourceLine | undefined)[];
  /** By section (0 for a linked image), sorted addresses and whose they are. */
  readonly #groups = new Map<number, Group>();

  constructor(places: readonly Place[], relocatable: boolean) {
    this.found = places.map(() => undefined);
    const bySection = new Map<number, number[]>();
    for (const [i, { section, external }] of places.entries()) {
      if (external !== undefined) continue;
      const key = relocatable ? (section?.index ?? 0) : 0;
      const group = bySection.get(key);
      if (group === undefined) bySection.set(key, [i]);
      else group.push(i);
    }
    for (const [key, indices] of bySection) {
      const order = indices.toSorted((a, b) => places[a]!.address - places[b]!.address);
      this.#groups.set(key, new Group(order, places));
    }
  }

  /** A row of a line table says that `[from, to)` came from `line`. */
  cover(section: number, from: number, to: number, line: () => SourceLine): void {
    this.#groups.get(section)?.cover(from, to, (wanted) => {
      this.found[wanted] = line();
    });
  }
}

/** The places of one section, by their address. Each is found once, however many rows cover it. */
class Group {
  readonly #order: readonly number[];
  readonly #addresses: Float64Array;
  /** Where the next place may be that is not found yet: itself, or one further on. */
  readonly #next: Int32Array;

  constructor(order: readonly number[], places: readonly Place[]) {
    this.#order = order;
    this.#addresses = Float64Array.from(order, (i) => places[i]!.address);
    this.#next = Int32Array.from({ length: order.length + 1 }, (_, i) => i);
  }

  /** Tells of each place in `[from, to)` that was not told of before. */
  cover(from: number, to: number, onPlace: (index: number) => void): void {
    const addresses = this.#addresses;
    let low = 0;
    let high = addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (addresses[middle]! < from) low = middle + 1;
      else high = middle;
    }
    for (let i = this.#open(low); i < addresses.length && addresses[i]! < to; i = this.#open(i)) {
      onPlace(this.#order[i]!);
      this.#next[i] = i + 1;
    }
  }

  /** The first at or behind `index` that is not found; each step on the way is made shorter for the next who asks. */
  #open(index: number): number {
    const next = this.#next;
    let at = index;
    while (next[at] !== at) {
      next[at] = next[next[at]!]!;
      at = next[at]!;
    }
    return at;
  }
}

/** Runs the line programs of one section. */
class LineProgram {
  readonly #image: ElfImage;
  readonly #section: Section;
  readonly #wanted: Wanted;
  readonly #reader: LineReader;
  readonly #strings: LineStrings;

  constructor(image: ElfImage, section: Section, bytes: Uint8Array, wanted: Wanted, inflate: Inflate | undefined) {
    const little = image.header.endian === "little";
    this.#image = image;
    this.#section = section;
    this.#wanted = wanted;
    this.#reader = new LineReader(bytes, little);
    this.#strings = { line: textsOf(image, ".debug_line_str", inflate), debug: textsOf(image, ".debug_str", inflate) };
  }

  run(): void {
    const reader = this.#reader;
    while (reader.at < reader.size) {
      const unit = reader.at;
      const next = unit + 4 + unitLength(reader);
      reader.at = unit;
      reader.limit = Math.min(next, reader.size);
      try {
        const header = readLineHeader(reader, this.#strings);
        if (header !== undefined) this.#unit(header);
      } catch (error) {
        if (!(error instanceof LineDamage)) throw error;
      }
      // What is damaged is one unit's: the next one begins where its length says.
      if (next <= unit) return;
      reader.at = next;
      reader.limit = reader.size;
    }
  }

  #unit(header: LineHeader): void {
    const reader = this.#reader;
    const { end, lineBase, lineRange, opcodeBase, minimumLength, operandCounts, file: path } = header;
    const constant = Math.floor((255 - opcodeBase) / lineRange) * minimumLength;
    let [address, file, line, section] = [0, 1, 1, 0];
    let row: { address: number; file: number; line: number } | undefined;
    /** The row before ends where this one begins. */
    const emit = (last: boolean) => {
      if (row !== undefined && address > row.address) {
        const { file: of, line: number } = row;
        this.#wanted.cover(section, row.address, address, () => {
          const name = path(of);
          if (name.length >= longestPath) throw new LineDamage("a path that is too long");
          return { file: name, line: number };
        });
      }
      row = last ? undefined : { address, file, line };
    };
    while (reader.at < end) {
      const opcode = reader.u8();
      if (opcode >= opcodeBase) {
        const adjusted = opcode - opcodeBase;
        address += Math.floor(adjusted / lineRange) * minimumLength;
        line += lineBase + (adjusted % lineRange);
        emit(false);
        continue;
      }
      switch (opcode) {
        case 0: {
          const next = reader.uleb() + reader.at;
          const kind = reader.u8();
          if (kind === extended.endSequence) {
            emit(true);
            [address, file, line] = [0, 1, 1];
          } else if (kind === extended.setAddress) {
            const at = reader.at;
            const place = this.#placeOf(at, reader.u32());
            [address, section] = [place.address, place.section];
          }
          reader.at = next;
          break;
        }
        case standard.copy:
          emit(false);
          break;
        case standard.advancePc:
          address += reader.uleb() * minimumLength;
          break;
        case standard.advanceLine:
          line += reader.sleb();
          break;
        case standard.setFile:
          file = reader.uleb();
          break;
        case standard.constAddPc:
          address += constant;
          break;
        case standard.fixedAdvancePc:
          address += reader.u16();
          break;
        default:
          for (let i = operandCounts[opcode - 1] ?? 0; i > 0; i--) reader.uleb();
      }
    }
  }

  /** An address of the program, which waits for the linker in a relocatable file. */
  #placeOf(offset: number, value: number): { address: number; section: number } {
    const image = this.#image;
    if (!image.relocatable) return { address: (value & ~1) >>> 0, section: 0 };
    const relocation = relocationOfWord(image, { section: this.#section, address: offset });
    if (relocation === undefined) return { address: value, section: -1 };
    const symbol = symbolPlace(image, relocation);
    const address = (symbol.address + (relocation.addend ?? value)) & ~1;
    return { address: address >>> 0, section: symbol.section?.index ?? -1 };
  }
}

function unitLength(reader: LineReader): number {
  return reader.size - reader.at < 4 ? reader.size - reader.at : reader.u32();
}

/** Bytes of a path and the zero behind it, as Linux limits them: a table could else name a megabyte for every line. */
const longestPath = 4096;

/** Texts of a section, by their offset. */
function textsOf(image: ElfImage, name: string, inflate: Inflate | undefined): (offset: number) => string {
  let reader: LineReader | undefined;
  const known = new Map<number, string>();
  return (offset) => {
    if (reader === undefined) {
      const [section] = image.sectionsNamed(name);
      const bytes = section === undefined ? undefined : debugBytes(image, section, inflate);
      reader = new LineReader(bytes ?? new Uint8Array(0), true);
    }
    let text = known.get(offset);
    if (text === undefined) {
      reader.at = offset;
      reader.limit = Math.min(offset + longestPath, reader.size);
      text = reader.text();
      known.set(offset, text);
    }
    return text;
  };
}
