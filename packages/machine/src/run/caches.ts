import { Cache, type Geometry, type Line } from "./cache.js";
import type { MemoryPort, RunCore } from "./core.js";
import type { asked } from "./emit-caches.js";
import type { GuestMemory } from "./guest-memory.js";
import { KnownLines } from "./known-lines.js";
import {
  cell,
  coreBytes,
  fetchLines,
  loadLines,
  storeLines,
  storeLog,
  storeLogEntries,
  storeLogEntryBits,
} from "./layout.js";
import { generator } from "./schedule.js";

/** What lies between a core and memory. All that it does is allowed by the rules of exploration; it makes their freedom concrete. */
export interface CacheOptions {
  /** Bytes of a line, a power of two. */
  readonly lineBytes: number;
  readonly instruction: Geometry;
  readonly data: Geometry;
  /** Stores that wait in each core's buffer; 0 for none. */
  readonly storeBuffer: number;
  /** Bytes that a core fetches ahead of the instruction it executes; 0 for none. */
  readonly prefetchBytes: number;
}

/** What goes wrong on purpose with maintenance that one core broadcasts. */
export interface MaintenanceFault {
  /** Which operation: the nth since the machine was made, from 0; every one when left out. */
  readonly nth?: number;
  readonly kind: "invalidate" | "clean";
  /** It does nothing; it reaches only the core that issues it; or it reaches others so many turns later, and no DSB waits for it. */
  readonly what: "drop" | "local" | { readonly delay: number };
}

/** Since the machine was made; cycles by the model that the names of the constants below say. */
export interface Counters {
  instructionHits: number;
  instructionMisses: number;
  dataHits: number;
  dataMisses: number;
  /** Cleans and invalidates. */
  maintenance: number;
  /** DMB, DSB and ISB. */
  barriers: number;
  /** Cycles spent waiting for lines, maintenance and barriers. */
  stalls: number;
}

const missCycles = 20;
const maintenanceCycles = 10;
const barrierCycles = 5;

interface Pending {
  readonly address: number;
  readonly value: number;
  readonly size: number;
  /** Made through another mapping than the one that the permissions are of. */
  readonly elsewhere: boolean;
}

interface Delayed {
  turns: number;
  readonly act: () => void;
}

/**
 * Caches and store buffers of all cores. Data caches are coherent with each other; instruction caches and prefetch buffers are not with
 * them: a line that was stored to is seen by fetches once it is cleaned or pushed out, and they have forgotten what they had.
 *
 * @example
 * ```ts
 * const machine = new Machine({ cores: 2, caches: profiles["cortex-a9-like"]! });
 * machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
 * machine.memory.write(0x8000, Uint8Array.of(0xfe, 0xff, 0xff, 0xea)); // b 0x8000
 * for (const core of machine.cores) core.cells[15] = 0x8000;
 * machine.run({ instructions: 100 }).end; // "budget"
 * ```
 */
export class Caches {
  readonly options: CacheOptions;
  readonly counters: readonly Counters[];
  readonly #memory: GuestMemory;
  readonly #instruction: readonly Cache[];
  readonly #data: readonly Cache[];
  readonly #buffers: readonly Pending[][];
  readonly #prefetched: { at: number; bytes: number[] }[];
  /** Lines stored to and not yet cleaned, as the point of unification has them still. */
  readonly #stale = new Map<number, Uint8Array>();
  readonly #faults: readonly MaintenanceFault[];
  readonly #delayed: Delayed[] = [];
  readonly #random: () => number;
  /** Told when a store becomes visible: exclusive monitors ask. */
  readonly #stored: (core: number, address: number, size: number) => void;
  readonly #numbers = { invalidate: 0, clean: 0 };
  readonly #cells: readonly Int32Array[];
  /** Of each core: lines its data cache has; those of them that are in {@link Caches.#stale}; lines its code was compiled from. */
  readonly #loads: readonly KnownLines[];
  readonly #stores: readonly KnownLines[];
  readonly #fetches: readonly KnownLines[];
  /** The core that is in compiled code. */
  #entered = -1;
  /** Is what was compiled from a line what the line holds? Asked before compiled code goes on in it. @internal */
  compiled: (line: number, bytes: Uint8Array) => boolean = () => true;

  /**
   * Makes the caches of a machine, all empty; {@link Machine} does.
   *
   * @param memory - behind the caches
   * @param cores - how many
   * @param options - geometry, buffers and prefetch
   * @param faults - what goes wrong with maintenance
   * @param seed - of what leaves a buffer when
   * @param stored - is told when a store becomes visible
   */
  constructor(
    memory: GuestMemory,
    cores: number,
    options: CacheOptions,
    faults: readonly MaintenanceFault[],
    seed: number,
    stored: (core: number, address: number, size: number) => void,
  ) {
    this.#stored = stored;
    this.#memory = memory;
    this.options = options;
    this.#faults = faults;
    this.#random = generator(seed);
    const each = <T>(make: () => T): T[] => Array.from({ length: cores }, make);
    this.#instruction = each(() => new Cache(options.instruction));
    this.#data = each(() => new Cache(options.data));
    this.#buffers = each(() => []);
    this.#prefetched = each(() => ({ at: 0, bytes: [] }));
    this.#cells = Array.from({ length: cores }, (_, i) => memory.core(i));
    this.#loads = this.#cells.map((cells) => new KnownLines(cells, loadLines));
    this.#stores = this.#cells.map((cells) => new KnownLines(cells, storeLines));
    this.#fetches = this.#cells.map((cells) => new KnownLines(cells, fetchLines));
    this.counters = each(() => ({
      instructionHits: 0,
      instructionMisses: 0,
      dataHits: 0,
      dataMisses: 0,
      maintenance: 0,
      barriers: 0,
      stalls: 0,
    }));
  }

  /** Can compiled code keep their books? Not of lines that an access is longer than, or of a store buffer that is longer than its log. @internal */
  get suitsCompiledCode(): boolean {
    return this.options.lineBytes >= 4 && this.options.storeBuffer <= storeLogEntries;
  }

  /**
   * What a core reaches memory through.
   *
   * @param core - from 0
   */
  port(core: number): MemoryPort {
    return {
      load: (address, size) => this.#load(core, address >>> 0, size),
      store: (address, value, size) => this.#store(core, address >>> 0, value, size),
      fetch: (address, size) => this.#fetch(core, address >>> 0, size),
      drain: () => this.drain(core),
    };
  }

  /**
   * A store to code by another mapping, as kernels write their text: whatever the permissions, and as late as any other.
   *
   * @param core - from 0
   * @param address - of the first byte
   * @param value - of which the low bytes are stored
   * @param size - in bytes: 2 or 4
   */
  storeCode(core: number, address: number, value: number, size: number): void {
    this.#buffer(core, { address, value, size, elsewhere: true });
  }

  /**
   * A core's turn is over: some of what waits in its buffer becomes visible, and delayed maintenance comes nearer.
   *
   * @param core - from 0
   */
  turn(core: number): void {
    const buffer = this.#buffers[core]!;
    const drained = Math.floor(this.#random() * (buffer.length + 1));
    for (let i = 0; i < drained; i++) this.#drainOne(core);
    for (const one of [...this.#delayed]) {
      if (--one.turns > 0) continue;
      this.#delayed.splice(this.#delayed.indexOf(one), 1);
      one.act();
    }
  }

  /**
   * DMB, DSB: earlier stores are visible behind it. ISB, and every other context synchronisation: what was fetched ahead is forgotten.
   *
   * @param core - from 0
   * @param kind - which
   */
  barrier(core: number, kind: "dmb" | "dsb" | "isb"): void {
    const counters = this.counters[core]!;
    counters.barriers++;
    counters.stalls += barrierCycles;
    if (kind === "isb") this.#prefetched[core]!.bytes = [];
    else this.drain(core);
  }

  /**
   * All that waits in a core's buffer becomes visible.
   *
   * @param core - from 0
   */
  drain(core: number): void {
    while (this.#buffers[core]!.length > 0) this.#drainOne(core);
  }

  /**
   * DCCMVAU: the line's stores reach the point of unification.
   *
   * @param core - from 0
   * @param address - of any byte of the line
   */
  clean(core: number, address: number): void {
    // A core's own stores to the line come first.
    this.drain(core);
    this.#maintain(core, "clean", (reached) => {
      if (reached !== undefined) this.#cleaned(this.#lineOf(address));
    });
  }

  /**
   * ICIMVAU, ICIALLUIS (every core), ICIALLU (its own).
   *
   * @param core - from 0
   * @param address - of any byte of the line; undefined for all
   * @param scope - of every core, or of its own
   */
  invalidate(core: number, address: number | undefined, scope: string): void {
    this.#maintain(core, "invalidate", (reached) => {
      const all = scope === "broadcast" && reached !== "own";
      this.#instruction.forEach((cache, i) => {
        if (!all && i !== core) return;
        if (address === undefined) {
          cache.clear();
          this.#fetches[i]!.clear();
        } else {
          cache.remove(this.#lineOf(address));
          this.#fetches[i]!.remove(this.#lineOf(address));
        }
      });
    });
  }

  #maintain(core: number, kind: MaintenanceFault["kind"], act: (reached: "all" | "own" | undefined) => void): void {
    const counters = this.counters[core]!;
    counters.maintenance++;
    counters.stalls += maintenanceCycles;
    const number = this.#numbers[kind]++;
    const fault = this.#faults.find((one) => one.kind === kind && (one.nth === undefined || one.nth === number));
    if (fault === undefined) act("all");
    else if (fault.what === "local") act("own");
    else if (fault.what !== "drop") this.#delayed.push({ turns: fault.what.delay, act: () => act("all") });
  }

  #lineOf(address: number): number {
    return Math.floor(address / this.options.lineBytes);
  }

  #drainOne(core: number): void {
    const { address, value, size, elsewhere } = this.#buffers[core]!.shift()!;
    this.#keepLinesStale(address, size);
    if (elsewhere) this.#memory.write(address, littleEndian(value, size));
    else this.#memory.store(address, value, size);
    this.#stored(core, address, size);
  }

  #keepLinesStale(address: number, size: number): void {
    for (let line = this.#lineOf(address); line <= this.#lineOf(address + size - 1); line++) this.#keepStale(line);
  }

  /** The line is about to change: fetches do not see it until it is cleaned. */
  #keepStale(line: number): void {
    if (!this.#stale.has(line)) this.#stale.set(line, this.#now(line));
  }

  #cleaned(line: number): void {
    if (this.#stale.delete(line)) for (const known of this.#stores) known.remove(line);
  }

  /** The bytes of a line, from memory; what is not mapped reads as zeros, which no access gets to see. */
  #now(line: number): Uint8Array {
    const { lineBytes } = this.options;
    const address = line * lineBytes;
    return this.#memory.isMapped(address) ? this.#memory.read(address, lineBytes) : new Uint8Array(lineBytes);
  }

  /** A data access to a line: a line that has to leave the cache for it is cleaned. */
  #touch(core: number, line: number): void {
    const counters = this.counters[core]!;
    const known = this.#loads[core]!;
    known.add(line);
    if (this.#data[core]!.find(line) !== undefined) {
      counters.dataHits++;
      return;
    }
    counters.dataMisses++;
    counters.stalls += missCycles;
    const left = this.#data[core]!.add({ number: line, bytes: new Uint8Array(0) });
    if (left === undefined) return;
    known.remove(left.number);
    this.#stores[core]!.remove(left.number);
    this.#cleaned(left.number);
    if (this.#entered === core) this.#keepWaiting(core, left.number);
  }

  /** Stores to a line that compiled code has made and that wait still: fetches do not see them because the line has been cleaned. */
  #keepWaiting(core: number, line: number): void {
    const cells = this.#cells[core]!;
    const { lineBytes, storeBuffer } = this.options;
    let before: Uint8Array | undefined;
    const made = cells[cell.stores]!;
    for (let i = made - 1; i >= Math.max(0, made - storeBuffer); i--) {
      const at = logAt(i);
      const first = (cells[at]! >>> 0) - line * lineBytes;
      for (let k = 0; k < Math.abs(cells[at + 1]!); k++) {
        if (first + k < 0 || first + k >= lineBytes) continue;
        before ??= this.#now(line);
        before[first + k] = cells[at + 2]! >>> (8 * k);
      }
    }
    if (before !== undefined) this.#stale.set(line, before);
  }

  #load(core: number, address: number, size: number): number {
    let value = this.#memory.load(address, size);
    this.#touch(core, this.#lineOf(address));
    // A core sees its own stores first.
    for (const store of this.#buffers[core]!) {
      for (let i = 0; i < size; i++) {
        const at = address + i - store.address;
        if (at < 0 || at >= store.size) continue;
        value = (value & ~(0xff << (8 * i))) | (((store.value >>> (8 * at)) & 0xff) << (8 * i));
      }
    }
    return value;
  }

  #store(core: number, address: number, value: number, size: number): void {
    // Whether it may is known when it executes, not when it leaves the buffer.
    this.#memory.translate(address, "write");
    this.#memory.translate((address + size - 1) >>> 0, "write");
    this.#buffer(core, { address, value, size, elsewhere: false });
  }

  #buffer(core: number, store: Pending): void {
    for (let line = this.#lineOf(store.address); line <= this.#lineOf(store.address + store.size - 1); line++)
      this.#touch(core, line);
    const buffer = this.#buffers[core]!;
    buffer.push(store);
    if (buffer.length > this.options.storeBuffer) this.#drainOne(core);
  }

  #fetch(core: number, address: number, size: number): number {
    this.#memory.translate(address, "fetch");
    const ahead = this.#prefetched[core]!;
    if (address < ahead.at || address + size > ahead.at + ahead.bytes.length) {
      ahead.at = address;
      ahead.bytes = [];
    } else {
      ahead.bytes.splice(0, address - ahead.at);
      ahead.at = address;
    }
    while (ahead.bytes.length < size + this.options.prefetchBytes) {
      const next = ahead.at + ahead.bytes.length;
      if (ahead.bytes.length >= size && !this.#memory.isExecutable(next)) break;
      for (let i = 0; i < size; i++) ahead.bytes.push(this.#fetchByte(core, next + i, i === 0));
    }
    let value = 0;
    for (let i = 0; i < size; i++) value |= ahead.bytes[i]! << (8 * i);
    return value;
  }

  #fetchByte(core: number, address: number, counts: boolean): number {
    const number = this.#lineOf(address);
    const cache = this.#instruction[core]!;
    let line = cache.find(number);
    const counters = this.counters[core]!;
    if (line === undefined) {
      counters.instructionMisses++;
      counters.stalls += missCycles;
      line = { number, bytes: this.#unified(number) };
      this.#fill(core, line);
    } else if (counts) counters.instructionHits++;
    return line.bytes[address - number * this.options.lineBytes]!;
  }

  /** A line at the point of unification, where fetches find it. */
  #unified(line: number): Uint8Array {
    return this.#stale.get(line)?.slice() ?? this.#now(line);
  }

  #fill(core: number, line: Line): void {
    const left = this.#instruction[core]!.add(line);
    if (left !== undefined) this.#fetches[core]!.remove(left.number);
  }

  /**
   * What a fetch would find, without being one. @internal
   *
   * @param core - from 0
   * @param address - of the first byte
   * @param size - in bytes
   */
  peek(core: number, address: number, size: number): number {
    this.#memory.translate(address, "fetch");
    let value = 0;
    for (let i = 0; i < size; i++) {
      const number = this.#lineOf(address + i);
      const bytes = this.#instruction[core]!.find(number)?.bytes ?? this.#stale.get(number) ?? this.#now(number);
      value |= bytes[address + i - number * this.options.lineBytes]! << (8 * i);
    }
    return value;
  }

  /** Code was compiled from the line: each core asks before it goes on there. @internal */
  forget(line: number): void {
    for (const known of this.#fetches) known.remove(line);
  }

  /** What compiled code asks, by name; the first parameter is where the core's cells are. @internal */
  get asks(): Readonly<Record<keyof typeof asked, (core: number, what: number) => number>> {
    return {
      load: (core, address) => this.#askLoad(core / coreBytes, address >>> 0),
      store: (core, address) => this.#askStore(core / coreBytes, address >>> 0),
      fetch: (core, line) => this.#askFetch(core / coreBytes, line),
    };
  }

  /** An access of compiled code to a line that is not among those it knows; compiled code counts it as a hit. */
  #askLoad(core: number, address: number): number {
    this.counters[core]!.dataHits--;
    this.#touch(core, this.#lineOf(address));
    return 0;
  }

  #askStore(core: number, address: number): number {
    const line = this.#lineOf(address);
    this.#askLoad(core, address);
    this.#keepStale(line);
    this.#stores[core]!.add(line);
    return 0;
  }

  /** 1 where the core would fetch other code than what was compiled. */
  #askFetch(core: number, number: number): number {
    const line = this.#instruction[core]!.find(number);
    const bytes = line?.bytes ?? this.#unified(number);
    if (!this.compiled(number, bytes)) return 1;
    if (line === undefined) {
      const counters = this.counters[core]!;
      counters.instructionMisses++;
      counters.instructionHits--;
      counters.stalls += missCycles;
      this.#fill(core, { number, bytes });
    }
    this.#fetches[core]!.add(number);
    return 0;
  }

  /** A core enters compiled code: it sees its own stores in memory, and no other core looks before it leaves. @internal */
  enter(core: number): void {
    const cells = this.#cells[core]!;
    const buffer = this.#buffers[core]!;
    this.#entered = core;
    // What was fetched ahead is behind it.
    this.#prefetched[core]!.bytes = [];
    cells[cell.dataAccesses] = 0;
    cells[cell.fetches] = 0;
    cells[cell.stores] = buffer.length;
    buffer.forEach((store, i) => {
      const { address, size, value, elsewhere } = store;
      this.#keepLinesStale(address, size);
      const at = logAt(i);
      cells[at] = address;
      cells[at + 1] = elsewhere ? -size : size;
      cells[at + 2] = this.#swap(store, value);
    });
    buffer.length = 0;
  }

  /** It leaves compiled code: of its stores, the last wait in its buffer again. @internal */
  leave(core: number): void {
    const cells = this.#cells[core]!;
    const buffer = this.#buffers[core]!;
    const counters = this.counters[core]!;
    this.#entered = -1;
    counters.dataHits += cells[cell.dataAccesses]!;
    counters.instructionHits += cells[cell.fetches]!;
    const made = cells[cell.stores]!;
    for (let i = made - 1; i >= Math.max(0, made - this.options.storeBuffer); i--) {
      const at = logAt(i);
      const size = cells[at + 1]!;
      const store = { address: cells[at]! >>> 0, size: Math.abs(size), elsewhere: size < 0 };
      buffer.unshift({ ...store, value: this.#swap(store, cells[at + 2]!) });
    }
  }

  /** Puts a value in memory; what was there. */
  #swap({ address, size, elsewhere }: Omit<Pending, "value">, value: number): number {
    const memory = this.#memory;
    if (!elsewhere && memory.isPlain(address, size)) {
      const was = memory.load(address, size);
      memory.store(address, value, size);
      return was;
    }
    const was = memory.read(address, size).reduceRight((bits, byte) => (bits << 8) | byte, 0);
    memory.write(address, littleEndian(value, size));
    return was;
  }
}

/** Where a store is in the log, in words of the core. */
function logAt(n: number): number {
  return (storeLog + ((n & (storeLogEntries - 1)) << storeLogEntryBits)) / 4;
}

/** The bytes of a number in memory. */
export function littleEndian(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 0xff);
}

/**
 * Cycles a core took: one for each instruction, and its stalls.
 *
 * @param core - one of the machine's
 * @param counters - of that core's caches
 *
 * @example
 * ```ts
 * const machine = new Machine({ caches: profiles["cortex-a9-like"]! });
 * machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
 * machine.memory.write(0x8000, Uint8Array.of(0xfe, 0xff, 0xff, 0xea)); // b 0x8000
 * machine.cores[0]!.cells[15] = 0x8000;
 * machine.run({ instructions: 100 });
 * cyclesOf(machine.cores[0]!, machine.caches!.counters[0]!) >= 100; // true
 * ```
 */
export function cyclesOf(core: RunCore, counters: Counters): number {
  return core.instructions + counters.stalls;
}

/**
 * Shapes of real cores, as far as they are folklore: sizes from data sheets, depths from what programmers have seen. Only exploration, which
 * allows all that the architecture does, can prove anything.
 *
 * @example
 * ```ts
 * Object.keys(profiles); // ["small-in-order", "cortex-a9-like", "cortex-a15-like"]
 * ```
 */
export const profiles: Readonly<Record<string, CacheOptions>> = {
  "small-in-order": {
    lineBytes: 64,
    instruction: { sets: 256, ways: 2 },
    data: { sets: 128, ways: 4 },
    storeBuffer: 4,
    prefetchBytes: 32,
  },
  "cortex-a9-like": {
    lineBytes: 32,
    instruction: { sets: 256, ways: 4 },
    data: { sets: 256, ways: 4 },
    storeBuffer: 4,
    prefetchBytes: 32,
  },
  "cortex-a15-like": {
    lineBytes: 64,
    instruction: { sets: 256, ways: 2 },
    data: { sets: 256, ways: 2 },
    storeBuffer: 16,
    prefetchBytes: 128,
  },
};
