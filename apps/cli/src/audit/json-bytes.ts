const chunkBytes = 1 << 16;
/** How many bytes {@link JsonBytes.encoded} takes. */
export const mostBytes: number = chunkBytes;
const fewBytes = 40;
const ascii = { quote: 0x22, backslash: 0x5c, space: 0x20, delete: 0x7f, zero: 0x30, a: 0x61, x: 0x78 } as const;
const encoder = new TextEncoder();
/** By code: 1 for what JSON escapes, and for what is more than a byte in UTF-8. Tables, as a call for each byte costs much while nothing is compiled. */
const special: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) =>
  code < ascii.space || code >= ascii.delete || code === ascii.quote || code === ascii.backslash ? 1 : 0,
);
/** By byte: its two digits. */
const upper: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => hexDigit(byte, 1));
const lower: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => hexDigit(byte, 0));

/** Not of the pool that small buffers share, and not cleared: every byte that is handed out was written. */
const emptyChunk = (): Uint8Array => new Uint8Array(Buffer.allocUnsafeSlow(chunkBytes).buffer);

/**
 * JSON as UTF-8, grown piece by piece. A kernel's report has fifty megabytes of it that are alike but for a few words in each line: made as
 * strings they would be copied three times before they are written.
 */
export class JsonBytes {
  readonly #full: Uint8Array[] = [];
  /** Chunks that were handed out before, to be filled again: memory that was never touched costs the host more than writing it. */
  readonly #free: Uint8Array[] = [];
  #chunk: Uint8Array = emptyChunk();
  #at = 0;

  /** All that was written, in order. Nothing may be written behind it, but after {@link clear}. */
  get pieces(): readonly Uint8Array[] {
    return [...this.#full, this.#chunk.subarray(0, this.#at)];
  }

  /** Begins anew, in the memory of the pieces. */
  clear(): void {
    for (const { buffer } of this.#full.splice(0)) {
      // A value that is larger than a chunk brought its own.
      if (buffer.byteLength === chunkBytes) this.#free.push(new Uint8Array(buffer));
    }
    this.#at = 0;
  }

  /** JSON that is encoded already, of {@link mostBytes} at most. */
  encoded(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    // A call of the host's for each few bytes costs more than the bytes.
    const [chunk, at] = [this.#chunk, this.#at];
    if (length <= fewBytes) for (let i = 0; i < length; i++) chunk[at + i] = bytes[i]!;
    else chunk.set(bytes, at);
    this.#at = at + length;
  }

  byte(code: number): void {
    this.#reserve(1);
    this.#chunk[this.#at++] = code;
  }

  /** Any value, as `JSON.stringify` writes it. */
  value(value: unknown): void {
    const bytes = encoder.encode(JSON.stringify(value));
    if (bytes.length <= chunkBytes) this.encoded(bytes);
    else {
      this.#next();
      this.#full.push(bytes);
    }
  }

  string(text: string): void {
    const { length } = text;
    if (length + 2 > chunkBytes) {
      this.value(text);
      return;
    }
    this.#reserve(length + 2);
    const chunk = this.#chunk;
    let at = this.#at;
    chunk[at++] = ascii.quote;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      // Whatever JSON escapes, and what is more than a byte in UTF-8, is somebody else's to know.
      if (code > 0xff || special[code] !== 0) {
        this.value(text);
        return;
      }
      chunk[at++] = code;
    }
    chunk[at++] = ascii.quote;
    this.#at = at;
  }

  /**
   * A string of which the bytes are in hand, in UTF-8 and unescaped; false, and nothing is written, where that is not what JSON has.
   *
   * @param start - of its first byte
   * @param end - just behind its last
   */
  plain(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length + 2 > chunkBytes) return false;
    this.#reserve(length + 2);
    const [chunk, first] = [this.#chunk, this.#at + 1];
    for (let i = 0; i < length; i++) {
      const code = bytes[start + i]!;
      if (special[code] !== 0) return false;
      chunk[first + i] = code;
    }
    chunk[first - 1] = ascii.quote;
    chunk[first + length] = ascii.quote;
    this.#at = first + length + 1;
    return true;
  }

  /** Writes a word's eight digits over what is there, from `back` bytes before the end; all that must have come with one call. */
  digits(back: number, word: number): void {
    const [chunk, at] = [this.#chunk, this.#at - back];
    for (let i = 0; i < 4; i++) {
      const byte = (word >>> (24 - 8 * i)) & 0xff;
      chunk[at + 2 * i] = upper[byte]!;
      chunk[at + 2 * i + 1] = lower[byte]!;
    }
  }

  /** A 32-bit number as text has it, `0x` and no zero before it; no value of JSON by itself. */
  hex(value: number): void {
    const digits = Math.max(1, 8 - (Math.clz32(value) >>> 2));
    this.#reserve(2 + digits);
    const [chunk, at] = [this.#chunk, this.#at];
    chunk[at] = ascii.zero;
    chunk[at + 1] = ascii.x;
    for (let i = 0; i < digits; i++) chunk[at + 2 + i] = hexDigit(value, digits - 1 - i);
    this.#at = at + 2 + digits;
  }

  /** @param value - any number that JSON has; whole ones from 0 up are written fast */
  number(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      this.value(value);
      return;
    }
    // Halves of five digits are small integers, which the host divides fast.
    const upper = Math.floor(value / 100_000);
    if (upper > 0) this.#digits(upper, digitsOf(upper));
    this.#digits(value - upper * 100_000, upper > 0 ? 5 : digitsOf(value));
  }

  /** The last so many digits of a small integer. */
  #digits(value: number, count: number): void {
    this.#reserve(count);
    const [chunk, at] = [this.#chunk, this.#at];
    let left = value | 0;
    for (let i = count - 1; i >= 0; i--) {
      const rest = (left / 10) | 0;
      chunk[at + i] = ascii.zero + left - rest * 10;
      left = rest;
    }
    this.#at = at + count;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > chunkBytes) this.#next();
  }

  #next(): void {
    this.#full.push(this.#chunk.subarray(0, this.#at));
    this.#chunk = this.#free.pop() ?? emptyChunk();
    this.#at = 0;
  }
}

/** @param place - from 0, the lowest */
function hexDigit(value: number, place: number): number {
  const digit = (value >>> (4 * place)) & 15;
  return digit + (digit < 10 ? ascii.zero : ascii.a - 10);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let power = 10; power <= value; power *= 10) digits++;
  return digits;
}
