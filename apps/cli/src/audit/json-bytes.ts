const chunkBytes = 1 << 16;
const fewBytes = 40;
const ascii = { quote: 0x22, backslash: 0x5c, space: 0x20, delete: 0x7f, zero: 0x30 } as const;
const encoder = new TextEncoder();

/** Not of the pool that small buffers share, and not cleared: every byte that is handed out was written. */
const emptyChunk = (): Uint8Array => Buffer.allocUnsafeSlow(chunkBytes);

/**
 * JSON as UTF-8, grown piece by piece. A kernel's report has fifty megabytes of it that are alike but for a few words in each line: made as
 * strings they would be copied three times before they are written.
 */
export class JsonBytes {
  readonly #full: Uint8Array[] = [];
  #chunk: Uint8Array = emptyChunk();
  #at = 0;

  /** All that was written, in order. Nothing may be written behind it. */
  get pieces(): readonly Uint8Array[] {
    return [...this.#full, this.#chunk.subarray(0, this.#at)];
  }

  /** JSON that is encoded already, of 64 KiB at most. */
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
      if (code < ascii.space || code >= ascii.delete || code === ascii.quote || code === ascii.backslash) {
        this.value(text);
        return;
      }
      chunk[at++] = code;
    }
    chunk[at++] = ascii.quote;
    this.#at = at;
  }

  /** @param value - any number that JSON has; whole ones from 0 up are written fast */
  number(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      this.value(value);
      return;
    }
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits++;
    this.#reserve(digits);
    let left = value;
    for (let at = this.#at + digits - 1; at >= this.#at; at--) {
      const rest = Math.floor(left / 10);
      this.#chunk[at] = ascii.zero + (left - rest * 10);
      left = rest;
    }
    this.#at += digits;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > chunkBytes) this.#next();
  }

  #next(): void {
    this.#full.push(this.#chunk.subarray(0, this.#at));
    this.#chunk = emptyChunk();
    this.#at = 0;
  }
}
