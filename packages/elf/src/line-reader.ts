/** Something in a line table that makes no sense: what follows it in the same unit is not read. */
export class LineDamage extends Error {}

/** Reads the numbers of DWARF in the file's byte order. */
export class LineReader {
  at = 0;
  /** Where what may be read ends: a unit's lists end with it, whatever they count. */
  limit: number;
  readonly size: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(bytes: Uint8Array, little: boolean) {
    this.#bytes = bytes;
    this.size = bytes.length;
    this.limit = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#little = little;
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.#little);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.#little);
  }

  /** Seven bits a byte, the lowest first; more than 53 bits lose their upper ones. */
  uleb(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  sleb(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return (byte & 0x40) === 0 ? value : value - scale;
    }
  }

  /** A text that a zero byte ends. */
  text(): string {
    const rest = this.#bytes.subarray(this.at, this.limit);
    const length = rest.indexOf(0);
    if (length < 0) throw new LineDamage("a text without an end");
    this.at += length + 1;
    return utf8.decode(rest.subarray(0, length));
  }

  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    const start = this.at;
    // Not `>`: a length may have been too large for a number.
    if (!(start + length <= this.limit)) throw new LineDamage("a unit that is cut off");
    this.at = start + length;
    return start;
  }
}

const utf8 = new TextDecoder("utf-8");
