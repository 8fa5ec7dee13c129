/** Writes protobuf's wire format: just what a trace needs. */
export class ProtobufWriter {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written, which the next write may overwrite. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): this {
    this.#length = 0;
    return this;
  }

  /** An unsigned integer of at most 53 bits. */
  varint(field: number, value: number): this {
    this.#number(field * 8);
    this.#number(value);
    return this;
  }

  text(field: number, value: string): this {
    return this.message(field, utf8.encode(value));
  }

  message(field: number, bytes: Uint8Array): this {
    this.#number(field * 8 + 2);
    this.#number(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  #number(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + bytes));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const utf8 = new TextEncoder();
