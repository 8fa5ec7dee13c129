import { noName, type Segment, segmentsOf } from "./line.js";
import { tagBits } from "./line-bytes.js";
import type { Site } from "./operands/codec.js";
import type { Profile } from "./profile.js";
import { encodings } from "./table/index.js";
import type { Template } from "./template.js";

const lines = new WeakMap<Template, readonly Segment[]>();

function lineOf(template: Template): readonly Segment[] {
  let line = lines.get(template);
  if (line === undefined) {
    line = segmentsOf(template);
    lines.set(template, line);
  }
  return line;
}

const rows = encodings.length + 1;

/**
 * What is known of the rows' lines in a profile, by the row's position plus one. Most lines are two segments, or one, which are
 * here in columns; or one, and an address.
 */
export class KnownLines {
  readonly shows: readonly [Int32Array, Int32Array] = [new Int32Array(rows), new Int32Array(rows)];
  /** Their names without a tag; 0 for the second where there is only one, that of no segment for rows that are not of this kind. */
  readonly names: readonly [Int32Array, Int32Array] = [noNames(), noNames()];
  /** The segment that says an address, of lines that end in it behind one other. Filled: V8 keeps an array with holes as a hash table. */
  readonly ends: (Segment | undefined)[] = new Array(rows).fill(undefined);
  /** The same in numbers, four a row: see `Displacement`; the scale is 0 where it is not that simple. */
  readonly displacements: Int32Array = new Int32Array(4 * rows);
  readonly #profile: Profile;
  /** The lines of rows that have only one. */
  readonly #lines: (readonly Segment[] | undefined)[] = new Array(rows).fill(undefined);

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** The line of a row for a word. */
  line(row: number, site: Site): readonly Segment[] {
    return this.#lines[row] ?? this.#find(row, site);
  }

  #find(row: number, site: Site): readonly Segment[] {
    const profile = this.#profile;
    const encoding = encodings[row - 1]!;
    const line = lineOf(encoding.templateFor(profile, site.word, site.it));
    if (encoding.aliases.some((alias) => alias.profile === profile)) return line;
    this.#lines[row] = line;
    const [first, second] = line;
    if (first === undefined || first.target !== undefined || line.length > 2) return line;
    this.#add(0, row, first);
    if (second === undefined) this.names[1][row] = 0;
    else if (second.target === undefined) this.#add(1, row, second);
    else if (profile !== "llvm" && second.parts.at(-1)!.after === "") {
      this.ends[row] = second;
      const simple = second.parts.at(-1)!.displacement;
      if (simple !== undefined)
        this.displacements.set([simple.left, simple.right, simple.scale, simple.ahead], 4 * row);
    }
    return line;
  }

  #add(place: 0 | 1, row: number, { id, shows }: Segment): void {
    this.shows[place][row] = shows;
    this.names[place][row] = id << tagBits;
  }
}

function noNames(): Int32Array {
  return new Int32Array(rows).fill(noName << tagBits);
}

const known: Partial<Record<Profile, KnownLines>> = {};

export function knownLines(profile: Profile): KnownLines {
  known[profile] ??= new KnownLines(profile);
  return known[profile];
}
