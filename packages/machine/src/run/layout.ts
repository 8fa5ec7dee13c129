/**
 * Where things lie in the memory that the interpreter and compiled code share, in bytes; and, of one core, in words. A core's registers
 * and flags are words, so that both read and write them alike.
 */
export const cellBytes = 0x10000;
export const coreBytes = 0x30000;

/**
 * Behind a core's cells: the lines it may load from, store to and fetch from without asking its caches, each by the low bits of its number;
 * -1 where there is none. Then the stores compiled code has made since it was entered, the last ones: address, size, what was there.
 */
export const lineEntries = 1024;
/** @alias the place behind the cells */
export const loadLines: number = cellBytes;
export const storeLines: number = loadLines + 4 * lineEntries;
export const fetchLines: number = storeLines + 4 * lineEntries;
export const storeLog: number = fetchLines + 4 * lineEntries;
export const storeLogEntries = 256;
export const storeLogEntryBits = 4;

/** The form that each declared site is in, a byte each. */
export const siteForms = 0x20000;
export const mostSites: number = coreBytes - siteForms;

/** The page table: one byte a page of the 4 GiB of guest addresses. */
export const pageBits = 12;
export const pageSize: number = 1 << pageBits;
export const tableBytes: number = 2 ** (32 - pageBits);

/** The map from code to compiled functions: pairs of words, a key and a table slot, by the key's low bits. */
export const mapEntries = 0x8000;
export const mapBytes: number = 8 * mapEntries;

/** Bits of a page's byte: what may be done at the page's own place, and what may be done at all, if need be elsewhere. */
export const pageReadable = 1;
export const pageWritable = 2;
export const pageExecutable = 4;
/** More pages come behind it, as behind those of a heap. */
export const pageGrowing = 8;
export const pageMapped = 128;
/** `permissions << indirectShift`: allowed, but the page lies elsewhere (an alias, or its own place is taken). */
export const indirectShift = 4;

/**
 * Words of a core. R0 to R15 come first; R15 is the address of the next instruction.
 *
 * @example
 * ```ts
 * const { cells } = new Machine().cores[0]!;
 * cells[cell.cpsr]! & 0x1f; // 0x10
 * ```
 */
export const cell = {
  n: 16,
  z: 17,
  c: 18,
  v: 19,
  q: 20,
  ge: 21,
  it: 22,
  thumb: 23,
  fpscr: 24,
  tpidruro: 25,
  tpidrurw: 26,
  tpidrprw: 27,
  /** The exclusive monitor: the address, and for how many bytes it is open; 0 when it is not. */
  exclusiveAddress: 28,
  exclusiveSize: 29,
  /** CPSR without flags, IT and T; SPSR of the current mode. */
  cpsr: 32,
  spsr: 33,
  vbar: 34,
  sctlr: 35,
  /** Event register of WFE and SEV. */
  event: 36,
  /** Instructions compiled code may still execute, and why it came back. */
  budget: 37,
  exit: 38,
  /** N, Z, C, V of the FPSCR in bits 3 to 0; `fpscr` is without them. */
  fpscrFlags: 39,
  /** Flags that compiled code left unknown because nothing reads them before they are set: N, Z, C, V in bits 3 to 0. */
  stale: 40,
  /** Fault status and address registers of data and prefetch aborts. */
  dfsr: 41,
  ifsr: 42,
  dfar: 43,
  ifar: 44,
  /** How many compiled functions are in one another. */
  depth: 45,
  /** Of compiled code under caches, since it was entered: data accesses, fetches, stores. */
  dataAccesses: 46,
  fetches: 47,
  stores: 48,
  /** S0 to S31 and D16 to D31. */
  words: 64,
  /** What the interpreter keeps between the operations of one instruction, eight bytes each. */
  temporaries: 256,
} as const;

/** Flags by name. */
export const flagCell: Readonly<Record<string, number>> = {
  N: cell.n,
  Z: cell.z,
  C: cell.c,
  V: cell.v,
  Q: cell.q,
  GE: cell.ge,
};
