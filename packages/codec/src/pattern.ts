/**
 * The pattern language of the table: an encoding diagram as the architecture manual prints it, from bit 31 (or 15) down.
 *
 * Tokens are separated by spaces: `0101` fixed bits, `(0)(1)` should-be bits, and names of fields. The width of a field
 * follows from its name (`Rn` 4, `imm12` 12, `S` 1, …) or is written behind it: `Rd:3`.
 */
export interface Field {
  readonly name: string;
  readonly shift: number;
  readonly width: number;
}

/** A parsed encoding diagram. All numbers are unsigned; T32 patterns are hw1 followed by hw2. */
export interface Pattern {
  readonly text: string;
  readonly width: 16 | 32;
  /** The fixed bits and their values. */
  readonly mask: number;
  readonly value: number;
  /** The should-be bits and their values: another value is UNPREDICTABLE. */
  readonly shouldMask: number;
  readonly shouldValue: number;
  readonly fields: ReadonlyMap<string, Field>;
}

const named: Readonly<Record<string, number>> = {
  cond: 4,
  type: 2,
  coproc: 4,
  CRn: 4,
  CRm: 4,
  CRd: 4,
  Vd: 4,
  Vn: 4,
  Vm: 4,
  size: 2,
  rotate: 2,
  option: 4,
  mask: 4,
  firstcond: 4,
  msb: 5,
  lsb: 5,
  cmode: 4,
  align: 2,
};

/** A letter starts the name of a field; else these are bits: 0, 1, (0) and (1). */
function isBits(token: string): boolean {
  return token.charCodeAt(0) < 0x40;
}

function widthOf(token: string): number {
  const colon = token.indexOf(":");
  if (colon > 0) return Number(token.slice(colon + 1));
  // A register: `Rn`; then `imm10H`.
  const known = named[token];
  if (known !== undefined) return known;
  if (token.length > 1 && token[0] === "R") return 4;
  return token.startsWith("imm") ? Number.parseInt(token.slice(3), 10) : 1;
}

/** A diagram of which the bits are read at once, and the fields when they are first asked for: of most rows a decoder asks for none. */
class Diagram implements Pattern {
  readonly text: string;
  readonly width: 16 | 32;
  readonly mask: number;
  readonly value: number;
  readonly shouldMask: number;
  readonly shouldValue: number;
  #fields: ReadonlyMap<string, Field> | undefined;

  constructor(text: string) {
    let at = 0;
    let mask = 0;
    let value = 0;
    let shouldMask = 0;
    let shouldValue = 0;
    for (const token of text.split(" ")) {
      if (!isBits(token)) at += widthOf(token);
      else if (token.includes("(")) {
        for (let i = 0; i < token.length; i++) {
          const should = token[i] === "(";
          const place = 2 ** (31 - at++);
          const one = token[should ? ++i : i] === "1" ? place : 0;
          if (should) {
            shouldMask += place;
            shouldValue += one;
            i++;
          } else {
            mask += place;
            value += one;
          }
        }
      } else {
        at += token.length;
        const last = 2 ** (32 - at);
        mask += (2 ** token.length - 1) * last;
        value += Number.parseInt(token, 2) * last;
      }
    }
    if (at !== 16 && at !== 32) throw new RangeError(`pattern is ${at} bits wide: ${text}`);
    const unit = 2 ** (32 - at);
    this.text = text;
    this.width = at;
    this.mask = mask / unit;
    this.value = value / unit;
    this.shouldMask = shouldMask / unit;
    this.shouldValue = shouldValue / unit;
  }

  get fields(): ReadonlyMap<string, Field> {
    this.#fields ??= this.#readFields();
    return this.#fields;
  }

  #readFields(): ReadonlyMap<string, Field> {
    const fields = new Map<string, Field>();
    let shift: number = this.width;
    for (const token of this.text.split(" ")) {
      const width = isBits(token) ? token.replace(/[()]/g, "").length : widthOf(token);
      shift -= width;
      if (isBits(token)) continue;
      const name = token.split(":")[0]!;
      if (fields.has(name)) throw new RangeError(`field ${name} appears twice: ${this.text}`);
      fields.set(name, { name, width, shift });
    }
    return fields;
  }
}

/** Parses an encoding diagram; a diagram that is not 16 or 32 bits wide, or names a field twice, is a mistake in the table and throws. */
export function parsePattern(text: string): Pattern {
  return new Diagram(text);
}

/** One or more fields read as one number, most significant first: `i:imm3:imm8`. */
export class Bits {
  readonly names: readonly string[];
  readonly width: number;
  /** The bits of the word that belong to it, signed. */
  readonly mask: number;
  readonly #parts: readonly Field[];
  /** The last part, which is the only one of most. */
  readonly #shift: number;
  readonly #ones: number;

  constructor(pattern: Pattern, spec: string) {
    this.names = spec.split(":");
    this.#parts = this.names.map((name) => {
      const field = pattern.fields.get(name);
      if (field === undefined) throw new RangeError(`no field ${name} in ${pattern.text}`);
      return field;
    });
    this.width = this.#parts.reduce((sum, part) => sum + part.width, 0);
    const last = this.#parts.at(-1)!;
    this.#shift = last.shift;
    this.#ones = 2 ** last.width - 1;
    this.mask = this.write(-1);
  }

  /** The number that `word` holds, unsigned. */
  read(word: number): number {
    if (this.#parts.length === 1) return (word >>> this.#shift) & this.#ones;
    let value = 0;
    for (let i = 0; i < this.#parts.length; i++) {
      const { shift, width } = this.#parts[i]!;
      value = (value << width) | ((word >>> shift) & ((1 << width) - 1));
    }
    return value;
  }

  /** `value` moved to where the fields are; bits of `value` that do not fit are dropped. */
  write(value: number): number {
    let word = 0;
    let rest = value;
    for (let i = this.#parts.length - 1; i >= 0; i--) {
      const { shift, width } = this.#parts[i]!;
      word |= (rest & ((1 << width) - 1)) << shift;
      rest >>= width;
    }
    return word;
  }
}
