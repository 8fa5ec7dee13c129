import {
  coreBytes,
  indirectShift,
  mapBytes,
  pageBits,
  pageExecutable,
  pageGrowing,
  pageMapped,
  pageReadable,
  pageSize,
  pageWritable,
  tableBytes,
} from "./layout.js";

/** What may be done with a page. */
export interface Permissions {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly execute?: boolean;
  /** More is going to be mapped behind it, as of a heap: compiled code then expects no bounds there. */
  readonly grows?: boolean;
}

/** What an access is for: the permission that it needs. */
export type AccessKind = "read" | "write" | "fetch";

/**
 * An access that the page tables or the alignment rules do not let pass.
 *
 * @example
 * ```ts
 * const memory = new GuestMemory(1);
 * let cause = "";
 * try {
 *   memory.load(0x8000, 4);
 * } catch (fault) {
 *   if (fault instanceof MemoryFault) cause = fault.cause;
 * }
 * cause; // "unmapped"
 * ```
 */
export class MemoryFault {
  readonly kind: AccessKind;
  readonly address: number;
  readonly cause: "unmapped" | "permission" | "alignment";

  /**
   * Makes the report of an access that is not allowed.
   *
   * @param kind - what was tried
   * @param address - where
   * @param cause - why not
   */
  constructor(kind: AccessKind, address: number, cause: MemoryFault["cause"]) {
    this.kind = kind;
    this.address = address >>> 0;
    this.cause = cause;
  }
}

/** What happened, in words. */
export function describeFault({ kind, address, cause }: MemoryFault): string {
  const what = kind === "fetch" ? "instruction fetch from" : kind === "read" ? "load from" : "store to";
  const why = {
    unmapped: "nothing is mapped there",
    permission: "the page does not allow it",
    alignment: "it is not aligned",
  };
  return `${what} 0x${address.toString(16)}: ${why[cause]}`;
}

/** Pages in a row that may all be loaded from, or all be stored to, in place. */
export interface Window {
  readonly kind: "load" | "store";
  readonly start: number;
  /** In bytes. */
  readonly size: number;
}

/** Pages that a window may have on either side of where it was looked for. */
const widest = 2 ** 14;

const needs: Readonly<Record<AccessKind, number>> = {
  read: pageReadable,
  write: pageWritable,
  fetch: pageExecutable,
};

/** The part of WebAssembly.Memory that is used. */
interface SharedMemory {
  readonly buffer: ArrayBuffer;
}

declare const WebAssembly: {
  readonly Memory: new (descriptor: { readonly initial: number }) => SharedMemory;
};

/**
 * The guest's memory: 4 GiB of addresses in pages with permissions. The pages of a window lie in order, behind the cores' state and the page
 * table in one WebAssembly memory; those outside of it, and aliases, lie where there is room and are looked up.
 *
 * @example
 * ```ts
 * const memory = new GuestMemory(1);
 * memory.map(0x8000, 0x1000, { read: true, write: true });
 * memory.store(0x8000, 0x12345678, 4);
 * [...memory.read(0x8000, 2)]; // [0x78, 0x56]
 * memory.isExecutable(0x8000); // false
 * ```
 */
export class GuestMemory {
  /** Told when what is mapped in a range, or what may be done with it, has changed: code may not be executable any more. @internal */
  changed: (address: number, size: number) => void = () => {};
  /** What compiled code is given. */
  readonly shared: SharedMemory;
  readonly cores: number;
  /** Byte offsets in the shared memory. */
  readonly table: number;
  /** The map of compiled code. */
  readonly codeMap: number;
  readonly ram: number;
  /** Pages from `base` on, for `bytes` bytes, lie at their own places: they are fast. */
  readonly base: number;
  readonly bytes: number;
  readonly #permissions: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #halves: Uint16Array;
  /** All that is shared, in words. */
  readonly words: Int32Array;
  /** From an address in the window to its byte. */
  readonly #offset: number;
  /** Pages that lie elsewhere: where. */
  readonly #indirect = new Map<number, number>();
  /** Which page lies at each place; absent when free. */
  readonly #places = new Map<number, number>();
  readonly #limit: number;
  readonly #guarded: number[] = [];
  #mapped = 0;

  /**
   * Makes a memory without a page.
   *
   * @param cores - how many have cells in it
   * @param bytes - how much there is room for, a multiple of 64 KiB
   * @param base - address of where most of it is, a multiple of the page size
   */
  constructor(cores: number, bytes: number = 2 ** 28, base = 0) {
    this.cores = cores;
    this.table = cores * coreBytes;
    this.codeMap = this.table + tableBytes;
    this.ram = this.codeMap + mapBytes;
    this.base = base >>> 0;
    this.bytes = bytes;
    this.#limit = bytes / pageSize;
    this.shared = new WebAssembly.Memory({ initial: Math.ceil((this.ram + bytes) / 0x10000) });
    this.#permissions = new Uint8Array(this.shared.buffer, this.table, tableBytes);
    this.#bytes = new Uint8Array(this.shared.buffer);
    this.#halves = new Uint16Array(this.shared.buffer);
    this.words = new Int32Array(this.shared.buffer);
    this.#offset = this.ram - this.base;
  }

  /**
   * The words of a core.
   *
   * @param index - from 0
   */
  core(index: number): Int32Array {
    return new Int32Array(this.shared.buffer, index * coreBytes, coreBytes / 4);
  }

  /**
   * Maps fresh pages of zeros over the range, which is widened to whole pages. False when there is no room.
   *
   * @param address - of the first byte
   * @param size - in bytes
   * @param permissions - read, write, execute, and whether more comes behind it
   */
  map(address: number, size: number, permissions: Permissions): boolean {
    const [first, last] = pagesOf(address, size);
    // The places of pages that are mapped anew are free for that.
    let own = 0;
    for (let page = first; page <= last && own < this.#mapped; page++) if (this.#owns(page)) own++;
    if (this.#mapped - own + (last - first + 1) > this.#limit) return false;
    for (let page = first; page <= last; page++) {
      this.#drop(page);
      const place = this.#home(page);
      const host = place === undefined || this.#places.has(place) ? this.#freePlace() : place;
      this.#places.set(host, page);
      this.#mapped++;
      if (host !== place) this.#indirect.set(page, host);
      const at = this.ram + host * pageSize;
      this.#bytes.fill(0, at, at + pageSize);
      this.#permit(page, permissions);
    }
    this.changed(address, size);
    return true;
  }

  /**
   * Maps pages that show the same memory as the pages at `original`, with permissions of their own, as the kernel's fixmap does. False, and
   * nothing done, when one of those is not mapped.
   *
   * @param address - of the new mapping
   * @param original - address of the mapping there is
   * @param size - in bytes
   * @param permissions - of the new mapping
   */
  alias(address: number, original: number, size: number, permissions: Permissions): boolean {
    const [first, last] = pagesOf(address, size);
    for (let page = 0; page <= last - first; page++) if (!this.isMapped(original + page * pageSize)) return false;
    for (let page = first; page <= last; page++) {
      const of = (original >>> pageBits) + (page - first);
      const host = this.#placeOf(of);
      this.#drop(page);
      this.#indirect.set(page, host);
      this.#permit(page, permissions);
    }
    this.changed(address, size);
    return true;
  }

  /**
   * Changes what may be done with mapped pages; false when one is not mapped.
   *
   * @param address - of the first byte
   * @param size - in bytes
   * @param permissions - read, write, execute
   */
  protect(address: number, size: number, permissions: Permissions): boolean {
    const [first, last] = pagesOf(address, size);
    for (let page = first; page <= last; page++) if ((this.#permissions[page]! & pageMapped) === 0) return false;
    for (let page = first; page <= last; page++) this.#permit(page, permissions);
    this.changed(address, size);
    return true;
  }

  /**
   * Takes pages away; an access to them faults.
   *
   * @param address - of the first byte
   * @param size - in bytes
   */
  unmap(address: number, size: number): void {
    const [first, last] = pagesOf(address, size);
    for (let page = first; page <= last; page++) this.#drop(page);
    this.changed(address, size);
  }

  /**
   * May a core execute what is there?
   *
   * @param address - of a byte
   */
  isExecutable(address: number): boolean {
    return (this.#permissions[address >>> pageBits]! & (pageExecutable | (pageExecutable << indirectShift))) !== 0;
  }

  /**
   * Is there a page?
   *
   * @param address - of a byte
   */
  isMapped(address: number): boolean {
    return (this.#permissions[address >>> pageBits]! & pageMapped) !== 0;
  }

  /** The widest window there is on an address; undefined where its page is not accessed in place. @internal */
  windowAt(address: number, kind: Window["kind"]): Window | undefined {
    const page = address >>> pageBits;
    const bit = kind === "load" ? pageReadable : pageWritable;
    // Bounds of what grows would be too narrow each time that it has grown.
    const isIn = (one: number): boolean => one >= 0 && (this.#permissions[one]! & (bit | pageGrowing)) === bit;
    if (!isIn(page)) return undefined;
    let [first, last] = [page, page];
    while (page - first < widest && isIn(first - 1)) first--;
    while (last - page < widest && isIn(last + 1)) last++;
    return { kind, start: first * pageSize, size: (last - first + 1) * pageSize };
  }

  /** May all that lies in the window and in a range be accessed still? @internal */
  isStill({ kind, start, size }: Window, address: number, bytes: number): boolean {
    const bit = kind === "load" ? pageReadable : pageWritable;
    const end = Math.min(start + size, address + bytes) / pageSize;
    for (let page = Math.floor(Math.max(start, address) / pageSize); page < end; page++)
      if ((this.#permissions[page]! & bit) === 0) return false;
    return true;
  }

  /** Where a byte lies, whoever may access it: the same for all mappings of it; -1 where nothing is mapped. @internal */
  placeOf(address: number): number {
    const page = address >>> pageBits;
    if ((this.#permissions[page]! & pageMapped) === 0) return -1;
    return this.#placeOf(page) * pageSize + (address & (pageSize - 1));
  }

  /** Makes stores to what lies at the address none that compiled code does itself, until they are {@link release}d. @internal */
  guard(address: number): void {
    const mapped = address >>> pageBits;
    if ((this.#permissions[mapped]! & pageMapped) === 0) return;
    // Stores through an alias are none of compiled code's: it may be one of another page, whose are.
    const page = this.#places.get(this.#placeOf(mapped)) ?? mapped;
    const bits = this.#permissions[page]!;
    if ((bits & pageWritable) === 0) return;
    this.#permissions[page] = (bits & ~pageWritable) | (pageWritable << indirectShift);
    this.#guarded.push(page);
  }

  /** @internal */
  release(): void {
    for (const page of this.#guarded)
      this.#permissions[page] = (this.#permissions[page]! & ~(pageWritable << indirectShift)) | pageWritable;
    this.#guarded.length = 0;
  }

  /**
   * Where the byte at the address lies in the shared memory; throws a MemoryFault when the access is not allowed.
   *
   * @param address - of a byte
   * @param kind - what is to be done there
   */
  translate(address: number, kind: AccessKind): number {
    const page = address >>> pageBits;
    const bits = this.#permissions[page]!;
    const need = needs[kind];
    if ((bits & need) !== 0) return this.ram + ((address >>> 0) - this.base);
    if ((bits & (need << indirectShift)) !== 0)
      return this.ram + this.#placeOf(page) * pageSize + (address & (pageSize - 1));
    throw new MemoryFault(kind, address, (bits & pageMapped) === 0 ? "unmapped" : "permission");
  }

  /**
   * Where a word of code is among {@link words}; undefined where its page lies elsewhere or is not executable. @internal
   *
   * @param address - of the word, a multiple of 4
   */
  wordAt(address: number): number | undefined {
    if ((this.#permissions[address >>> pageBits]! & pageExecutable) === 0) return undefined;
    return ((address >>> 0) + this.#offset) >>> 2;
  }

  /**
   * May it be loaded and stored in place? @internal
   *
   * @param address - of the first byte
   * @param size - in bytes
   */
  isPlain(address: number, size: number): boolean {
    const both = pageReadable | pageWritable;
    return (address & (size - 1)) === 0 && (this.#permissions[address >>> pageBits]! & both) === both;
  }

  /**
   * 1, 2 or 4 bytes, little-endian, as a signed 32-bit integer when 4, else unsigned.
   *
   * @param address - of the first byte
   * @param size - in bytes: 1, 2 or 4
   */
  load(address: number, size: number): number {
    const at = (address >>> 0) + this.#offset;
    if ((address & (size - 1)) !== 0 || (this.#permissions[address >>> pageBits]! & pageReadable) === 0)
      return this.#loadAnywhere(address, size, "read");
    if (size === 4) return this.words[at >>> 2]!;
    return size === 2 ? this.#halves[at >>> 1]! : this.#bytes[at]!;
  }

  /**
   * As {@link load}, of what is to be executed; of one byte, of a table of distances in the code.
   *
   * @param address - of the first byte
   * @param size - in bytes: 1, 2 or 4
   */
  fetch(address: number, size: number): number {
    const at = (address >>> 0) + this.#offset;
    if ((address & (size - 1)) !== 0 || (this.#permissions[address >>> pageBits]! & pageExecutable) === 0)
      return this.#loadAnywhere(address, size, "fetch");
    if (size === 4) return this.words[at >>> 2]!;
    return size === 2 ? this.#halves[at >>> 1]! : this.#bytes[at]!;
  }

  /**
   * Stores, where the page may be written.
   *
   * @param address - of the first byte
   * @param value - of which the low bytes are stored
   * @param size - in bytes: 1, 2 or 4
   */
  store(address: number, value: number, size: number): void {
    const at = (address >>> 0) + this.#offset;
    if ((address & (size - 1)) !== 0 || (this.#permissions[address >>> pageBits]! & pageWritable) === 0)
      this.#storeAnywhere(address, value, size);
    else if (size === 4) this.words[at >>> 2] = value;
    else if (size === 2) this.#halves[at >>> 1] = value;
    else this.#bytes[at] = value;
  }

  /** Where it is not aligned, or its page lies elsewhere. */
  #loadAnywhere(address: number, size: number, kind: AccessKind): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.#bytes[this.translate((address + i) | 0, kind)]! << (8 * i);
    return value;
  }

  #storeAnywhere(address: number, value: number, size: number): void {
    // Nothing is stored unless all of it can be.
    const places = Array.from({ length: size }, (_, i) => this.translate((address + i) | 0, "write"));
    places.forEach((place, i) => {
      this.#bytes[place] = value >>> (8 * i);
    });
  }

  /**
   * Copies out, whatever the permissions; throws a MemoryFault where nothing is mapped.
   *
   * @param address - of the first byte
   * @param size - in bytes
   */
  read(address: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    this.#each(address, size, "read", (at, from, length) => {
      bytes.set(this.#bytes.subarray(at, at + length), from);
    });
    return bytes;
  }

  /**
   * Copies in, whatever the permissions; throws a MemoryFault where nothing is mapped.
   *
   * @param address - of the first byte
   * @param bytes - in memory order
   */
  write(address: number, bytes: Uint8Array): void {
    this.#each(address, bytes.length, "write", (at, from, length) => {
      this.#bytes.set(bytes.subarray(from, from + length), at);
    });
  }

  #each(
    address: number,
    size: number,
    kind: AccessKind,
    visit: (at: number, from: number, length: number) => void,
  ): void {
    for (let done = 0; done < size; ) {
      const at = (address + done) >>> 0;
      const length = Math.min(size - done, pageSize - (at & (pageSize - 1)));
      const page = at >>> pageBits;
      if ((this.#permissions[page]! & pageMapped) === 0) throw new MemoryFault(kind, at, "unmapped");
      const host = this.#placeOf(page);
      visit(this.ram + host * pageSize + (at & (pageSize - 1)), done, length);
      done += length;
    }
  }

  #permit(page: number, { read, write, execute, grows }: Permissions): void {
    const bits = (read ? pageReadable : 0) | (write ? pageWritable : 0) | (execute ? pageExecutable : 0);
    const state = pageMapped | (grows ? pageGrowing : 0);
    this.#permissions[page] = state | (this.#indirect.has(page) ? bits << indirectShift : bits);
  }

  #drop(page: number): void {
    if ((this.#permissions[page]! & pageMapped) === 0) return;
    if (this.#owns(page)) {
      this.#places.delete(this.#placeOf(page));
      this.#mapped--;
    }
    this.#indirect.delete(page);
    this.#permissions[page] = 0;
  }

  /** Is the place where the page lies its? An alias does not own the place it shows. */
  #owns(page: number): boolean {
    return (this.#permissions[page]! & pageMapped) !== 0 && this.#places.get(this.#placeOf(page)) === page;
  }

  /** The place that is a page's own. */
  #home(page: number): number | undefined {
    const place = page - (this.base >>> pageBits);
    return place >= 0 && place < this.#limit ? place : undefined;
  }

  /** Where a mapped page lies. */
  #placeOf(page: number): number {
    return this.#indirect.get(page) ?? this.#home(page)!;
  }

  #freePlace(): number {
    for (let place = this.#limit - 1; place >= 0; place--) if (!this.#places.has(place)) return place;
    throw new RangeError("no free page");
  }
}

function pagesOf(address: number, size: number): readonly [number, number] {
  const start = address >>> 0;
  return [
    start >>> pageBits,
    Math.min(2 ** (32 - pageBits) - 1, Math.floor((start + Math.max(1, size) - 1) / pageSize)),
  ];
}
