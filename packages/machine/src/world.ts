import type { Run } from "@cmodx/explore";
import type { Knobs } from "./knobs.js";
import { everyLine, type Message, overlaps } from "./message.js";
import type { Alias, InterruptRegister } from "./scenario.js";

/**
 * Thrown when an access is smaller than the cells coherence is kept by; the exploration starts again with smaller cells.
 *
 * @example
 * ```ts
 * const world = new World(new Map(), architecture, 1, 8);
 * let bytes = 0;
 * try {
 *   world.cells(0x100, 4);
 * } catch (coarse) {
 *   if (coarse instanceof CellsTooCoarse) bytes = coarse.bytes;
 * }
 * bytes; // 4
 * ```
 */
export class CellsTooCoarse {
  readonly bytes: number;
  /**
   * Says that cells must be smaller.
   *
   * @param bytes - of a cell that would do
   */
  constructor(bytes: number) {
    this.bytes = bytes;
  }
}

/**
 * What the rules need besides one core's state: initial memory, the knobs, how addresses are grouped into cells and lines, and
 * which of it each core was ever seen to look at (so that the search can leave out messages a core cannot notice).
 *
 * @example
 * ```ts
 * const world = new World(new Map([[0x100, 42]]), architecture, 1, 4);
 * world.initialByte(0x100); // 42
 * world.cell(0x102) === world.cell(0x100); // true
 * ```
 */
export class World {
  readonly knobs: Knobs;
  /** Bytes of a cell, the unit coherence is kept by: no access is smaller, so none tells the bytes of a cell apart. */
  readonly cellBytes: number;
  /**
   * Drop a choice that differs from another only in later views: it allows nothing more. Off only to test that.
   *
   * Say a state is no later than another when they are equal but for views, none of which is later in the one. Rules ask of views only
   * that something be at or behind them: a load reads there or later, a message is written later, a promise is kept later, and a fetch
   * misses a store unless what synchronises it is at or before t_f. So whatever choice the other state has, the one has too; and views
   * only ever become the latest of others, so after the same step the one is still no later. By induction each run from the other state is
   * one from the first, with the same values, messages and outcome, and where a fetch has several values there, it has them here. Readings of
   * an exclusive are all kept: a store-exclusive asks what lies between its position and theirs. Of equal stores the earliest is taken,
   * for the same reason. A fetch from behind a promise of this core is dropped too: all that the core writes from then on is later than t_f,
   * so that promise is never kept.
   */
  readonly dominance: boolean;
  readonly #bytes: ReadonlyMap<number, number>;
  readonly #aliases: readonly Alias[];
  readonly #interrupts: ReadonlyMap<number, readonly number[]>;
  readonly #cells = new Map<number, number>();
  readonly #lines = new Map<number, number>();
  /** By core; cores that share one share what they are known to look at. */
  readonly #noticed: Noticed[];

  /**
   * Makes the memory of a scenario, and who is seen to look at what.
   *
   * @param bytes - before the first step, by address
   * @param knobs - what the model allows
   * @param cores - how many
   * @param cellBytes - what coherence is kept of, a power of two
   * @param dominance - whether a choice is dropped that differs from another only in later views; off only to test that
   * @param wiring - other addresses of memory, and what raises interrupts
   */
  constructor(
    bytes: ReadonlyMap<number, number>,
    knobs: Knobs,
    cores: number,
    cellBytes: number,
    dominance = true,
    wiring: { readonly aliases?: readonly Alias[]; readonly interruptRegisters?: readonly InterruptRegister[] } = {},
  ) {
    this.#bytes = bytes;
    this.#aliases = wiring.aliases ?? [];
    this.#interrupts = new Map((wiring.interruptRegisters ?? []).map(({ address, to }) => [address, to]));
    this.dominance = dominance;
    this.knobs = knobs;
    this.cellBytes = cellBytes;
    this.#noticed = Array.from({ length: cores }, () => ({
      read: new Set(),
      readLines: new Set(),
      fetched: new Set(),
      fetchedMemory: new Set(),
      times: 0,
    }));
  }

  /**
   * What one of these cores is seen to look at, each of them counts as looking at: they run the same program.
   *
   * @param cores - which
   */
  share(cores: readonly number[]): void {
    for (const core of cores) this.#noticed[core] = this.#noticed[cores[0]!]!;
  }

  /**
   * The address of the memory that an address stands for.
   *
   * @param address - of a byte, as instructions use it
   */
  physical(address: number): number {
    for (const { address: from, size, of } of this.#aliases) {
      if (address >= from && address < from + size) return of + (address - from);
    }
    return address;
  }

  /**
   * The cores that a store to this word of memory interrupts; undefined for memory that is none of the interrupt controller's.
   *
   * @param address - of any byte of the word
   */
  interrupts(address: number): readonly number[] | undefined {
    return this.#interrupts.size === 0 ? undefined : this.#interrupts.get(address - (address % 4));
  }

  /** The cores that code may interrupt. */
  get interruptible(): readonly number[] {
    return [...this.#interrupts.values()].flat();
  }

  /**
   * A byte before the first step.
   *
   * @param address - of the byte
   */
  initialByte(address: number): number {
    return this.#bytes.get(address) ?? 0;
  }

  /**
   * Is anything at the address: initial contents, or a store?
   *
   * @param address - of a byte, as instructions use it
   * @param memory - the messages so far
   */
  defined(address: number, memory: readonly Message[]): boolean {
    const at = this.physical(address);
    return this.#bytes.has(at) || lastWrite(memory, at, 1, memory.length) > 0;
  }

  /**
   * Little-endian, as a signed 32-bit integer.
   *
   * @param address - of the first byte
   * @param size - in bytes, at most 4
   */
  initial(address: number, size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.initialByte(address + i) << (8 * i);
    return value;
  }

  /**
   * The number of the cell at `address`.
   *
   * @param address - of a byte
   */
  cell(address: number): number {
    return number(this.#cells, Math.floor(address / this.cellBytes));
  }

  /**
   * Calls back with the cells of an access.
   *
   * @param address - of the first byte
   * @param size - in bytes
   */
  cells(address: number, size: number): number[] {
    if (size < this.cellBytes || address % this.cellBytes !== 0) {
      throw new CellsTooCoarse(address % size === 0 ? Math.min(size, this.cellBytes) : 1);
    }
    const cells: number[] = [];
    for (let at = address; at < address + size; at += this.cellBytes) cells.push(this.cell(at));
    return cells;
  }

  /**
   * The number of the line at `address`, as messages carry it.
   *
   * @param address - of a byte
   */
  line(address: number): number {
    return Math.floor(address / this.knobs.lineBytes);
  }

  /**
   * The number of the instruction cache line at an address, as invalidates carry it: of the address itself where the cache is virtually
   * indexed, so that another address of the same memory is on another line.
   *
   * @param address - of a byte, as instructions use it
   */
  fetchLine(address: number): number {
    return this.line(this.knobs.l1ip === "pipt" ? this.physical(address) : address);
  }

  /**
   * The small number of a line, to index arrays by.
   *
   * @param line - as messages carry it
   */
  lineIndex(line: number): number {
    return number(this.#lines, line);
  }

  /**
   * Core `core` reads these bytes as data: others' stores to them matter to it.
   *
   * @param core - from 0
   * @param address - of the first byte
   * @param size - in bytes
   */
  noteRead(core: number, address: number, size: number): void {
    const noticed = this.#noticed[core]!;
    for (let i = 0; i < size; i++) {
      if (noticed.read.has(address + i)) continue;
      noticed.read.add(address + i);
      noticed.readLines.add(this.line(address + i));
      noticed.times++;
    }
  }

  /**
   * Does the core read any of these bytes, as far as was seen?
   *
   * @param core - from 0
   * @param address - of the first byte
   * @param size - in bytes
   */
  reads(core: number, address: number, size: number): boolean {
    for (let i = 0; i < size; i++) if (this.#noticed[core]!.read.has(address + i)) return true;
    return false;
  }

  /**
   * Does the core read any byte of the line, as far as was seen?
   *
   * @param core - from 0
   * @param line - as messages carry it
   */
  readsLine(core: number, line: number): boolean {
    return this.#noticed[core]!.readLines.has(line);
  }

  /**
   * Core `core` fetches these bytes: stores to them, and cache maintenance of their line, matter to it.
   *
   * @param core - from 0
   * @param address - of the first byte, as instructions use it
   * @param size - in bytes
   */
  noteFetch(core: number, address: number, size: number): void {
    const noticed = this.#noticed[core]!;
    if (noticed.fetched.has(address)) return;
    for (let i = 0; i < size; i++) {
      noticed.fetched.add(address + i);
      noticed.fetchedMemory.add(this.physical(address + i));
    }
    noticed.times++;
  }

  /**
   * How much is known of what a core looks at: it grows when more is seen.
   *
   * @param core - from 0
   */
  relevance(core: number): number {
    return this.#noticed[core]!.times;
  }

  /** By core, the bytes that it was seen to read and to fetch: data that can be sent. */
  noticed(): readonly NoticedBytes[] {
    return this.#noticed.map(({ read, fetched }) => ({ read: [...read], fetched: [...fetched] }));
  }

  /**
   * Takes in what the cores of another world like this were seen to look at.
   *
   * @param noticed - by core
   */
  notice(noticed: readonly NoticedBytes[]): void {
    noticed.forEach(({ read, fetched }, core) => {
      for (const address of read) this.noteRead(core, address, 1);
      for (const address of fetched) this.noteFetch(core, address, 1);
    });
  }

  /**
   * May the core notice this message, as far as was seen?
   *
   * @param core - from 0
   * @param message - of any core
   */
  relevant(core: number, message: Message): boolean {
    const { read, fetchedMemory } = this.#noticed[core]!;
    switch (message.kind) {
      case "W":
        for (let i = 0; i < message.size; i++) {
          if (read.has(message.address + i) || fetchedMemory.has(message.address + i)) return true;
        }
        return false;
      case "D":
        for (const address of fetchedMemory) if (this.line(address) === message.line) return true;
        return false;
      case "I":
        return message.line === everyLine || this.#fetchesLine(core, message.line);
      case "IPI":
        return message.to === core;
    }
  }

  #fetchesLine(core: number, line: number): boolean {
    for (const address of this.#noticed[core]!.fetched) if (this.fetchLine(address) === line) return true;
    return false;
  }
}

/** Addresses of bytes that a core was seen to read, and to fetch. */
export interface NoticedBytes {
  readonly read: readonly number[];
  readonly fetched: readonly number[];
}

/** Bytes and lines that a core was seen to read or fetch, and how many times there was something new. */
interface Noticed {
  readonly read: Set<number>;
  readonly readLines: Set<number>;
  /** As instructions use the addresses, and the memory they stand for. */
  readonly fetched: Set<number>;
  readonly fetchedMemory: Set<number>;
  times: number;
}

/** What one step of core `core` works with. */
export interface Step {
  readonly core: number;
  readonly world: World;
  readonly run: Run<Message>;
}

/** Position of the last store at or before `until` that writes any of the bytes, 0 for initial memory. */
export function lastWrite(memory: readonly Message[], address: number, size: number, until: number): number {
  for (let t = Math.min(until, memory.length); t > 0; t--) {
    const message = memory[t - 1]!;
    if (message.kind === "W" && overlaps(message.address, message.size, address, size)) return t;
  }
  return 0;
}

/** Positions of the stores that write any byte of the range, ascending. */
export function storesTo(memory: readonly Message[], address: number, size: number): number[] {
  const found: number[] = [];
  memory.forEach((message, i) => {
    if (message.kind === "W" && overlaps(message.address, message.size, address, size)) found.push(i + 1);
  });
  return found;
}

function number(known: Map<number, number>, key: number): number {
  let index = known.get(key);
  if (index === undefined) {
    index = known.size;
    known.set(key, index);
  }
  return index;
}
