/** Bytes that instructions are read from and written to, by address, in memory order: an image's text, or a machine's. */
export interface CodeMemory {
  /** The bytes at `address`; undefined where there are none. */
  read(address: number, size: number): Uint8Array | undefined;
  /** Overwrites bytes that {@link CodeMemory.read} gives. */
  write(address: number, bytes: Uint8Array): void;
}

/**
 * One run of bytes as memory.
 *
 * @param base - address of the first byte
 * @param bytes - in memory order
 * @returns memory over `bytes` itself, not a copy
 *
 * @example
 * ```ts
 * const memory = bytesMemory(0x8000, Uint8Array.of(0x00, 0xf0, 0x20, 0xe3));
 * memory.read(0x8000, 4); // Uint8Array [0x00, 0xf0, 0x20, 0xe3]
 * memory.read(0x8002, 4); // undefined
 * ```
 */
export function bytesMemory(base: number, bytes: Uint8Array): CodeMemory {
  return {
    read: (address, size) => {
      const at = address - base;
      return at >= 0 && at + size <= bytes.length ? bytes.slice(at, at + size) : undefined;
    },
    write: (address, written) => bytes.set(written, address - base),
  };
}
