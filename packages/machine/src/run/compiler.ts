import type { Caches } from "./caches.js";
import type { RunCore } from "./core.js";
import { dispatcher, stub } from "./dispatch.js";
import { emitRegion } from "./emit.js";
import type { GuestMemory } from "./guest-memory.js";
import { cell, coreBytes, mapEntries } from "./layout.js";
import { fallsThrough, type Region, regionAt } from "./region.js";
import { TooManyValues } from "./values.js";
import { type ModuleFunction, moduleOf } from "./wasm-encoder.js";

type Compiled = (core: number, key: number) => number;

interface FunctionTable {
  set(index: number, value: Compiled): void;
  grow(by: number, value: Compiled): number;
}

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly m: Readonly<Record<string, unknown>> },
  ) => { readonly exports: Readonly<Record<string, Compiled>> };
  readonly Table: new (descriptor: { readonly element: "anyfunc"; readonly initial: number }) => FunctionTable;
};

interface Part {
  readonly address: number;
  readonly bytes: Uint8Array;
}

interface Unit {
  readonly key: number;
  /** The code it was made of: that of each block. */
  readonly code: readonly Part[];
}

type Read = (address: number, size: number) => number;

/** Lines that units are found by, where no caches say how long theirs are. */
const plainLine = 64;

/** How often code is entered by a branch before it is worth compiling. */
const hot = 12;

/** Places that are watched, and functions beyond which nothing more is compiled: a hostile program may not use up the host's memory. */
const mostHeat = 2 ** 18;
const mostSlots = 2 ** 16;

/**
 * Compiles guest functions to WebAssembly when they are entered often. A compiled function is a stale fetch of its instructions: it stays
 * until an instruction cache invalidation reaches code of its that has changed since. Under caches it asks for each line it executes from,
 * and is dropped when a core's own has other code.
 */
export class Compiler {
  readonly #memory: GuestMemory;
  readonly #single: boolean;
  readonly #stops: (address: number) => boolean;
  readonly #table: FunctionTable;
  readonly #stub: Compiled;
  readonly #dispatch: Compiled;
  readonly #map: Int32Array;
  readonly #slots = new Map<number, number>();
  readonly #units = new Map<number, Unit>();
  readonly #heat = new Map<number, number>();
  readonly #never = new Set<number>();
  /** The units that have code in a line, by the line's number. */
  readonly #byLine = new Map<number, Set<Unit>>();
  readonly #caches: Caches | undefined;
  readonly #lineBytes: number;
  #room = 0;

  /** `single`: each instruction becomes a function, and the core's cells are whole after each; else whole guest functions do. */
  constructor(memory: GuestMemory, stops: (address: number) => boolean, single: boolean, caches?: Caches) {
    this.#caches = caches;
    this.#lineBytes = caches?.options.lineBytes ?? plainLine;
    if (caches !== undefined) caches.compiled = (line, bytes) => this.#agrees(line, bytes);
    this.#single = single;
    this.#memory = memory;
    this.#stops = stops;
    this.#table = new WebAssembly.Table({ element: "anyfunc", initial: 0 });
    this.#map = new Int32Array(memory.shared.buffer, memory.codeMap, 2 * mapEntries);
    this.#map.fill(-1);
    const made = this.#instantiate([stub(), dispatcher(memory.codeMap, single)]);
    this.#stub = made["s"]!;
    this.#dispatch = made["d"]!;
  }

  /** Functions compiled now. */
  get functions(): number {
    return this.#units.size;
  }

  /** Runs compiled code from where the core is, for about so many instructions; how many it executed, 0 where none is compiled. */
  enter(core: RunCore, instructions: number): number {
    const { cells } = core;
    const key = cells[15]! | cells[cell.thumb]!;
    if (!this.#units.has(key)) return 0;
    const at = mapIndex(key);
    if (this.#map[at] !== key) {
      this.#map[at] = key;
      this.#map[at + 1] = this.#slotOf(key);
    }
    cells[cell.budget] = instructions;
    cells[cell.exit] = 0;
    cells[cell.stale] = 0;
    cells[cell.depth] = 0;
    this.#caches?.enter(core.index);
    const to = this.#dispatch(core.index * coreBytes, key);
    this.#caches?.leave(core.index);
    cells[15] = to & ~1;
    cells[cell.thumb] = to & 1;
    return instructions - cells[cell.budget]!;
  }

  /** A branch went to where the core is now; compiles when that is hot. Is it compiled? */
  branched(core: RunCore): boolean {
    const { cells } = core;
    const key = cells[15]! | cells[cell.thumb]!;
    const heat = (this.#heat.get(key) ?? 0) + 1;
    if (this.#heat.size >= mostHeat) this.#heat.clear();
    this.#heat.set(key, heat);
    if (this.#slots.size < mostSlots && heat >= hot && !this.#units.has(key) && !this.#never.has(key))
      this.#compile(core, key);
    return this.#units.has(key);
  }

  #compile(core: RunCore, key: number): void {
    const isa = key & 1 ? "t32" : "a32";
    const entry = (key & ~1) >>> 0;
    const caches = this.#caches;
    // What the core would execute now. To look at it is no fetch of the core's.
    const read: Read = (address, size) =>
      caches === undefined ? core.port.fetch(address, size) : caches.peek(core.index, address >>> 0, size);
    try {
      const region = regionAt(entry, isa, read);
      if (!region.blocks.has(entry)) {
        // Nothing can be fetched there: the interpreter says so.
        this.#never.add(key);
        return;
      }
      const { table, ram, base, codeMap: map } = this.#memory;
      const context = {
        table,
        ram,
        base,
        map,
        single: this.#single,
        caches: this.#caches?.options,
        stops: this.#stops,
        slotOf: (callee: number) => this.#slotOf(callee),
      };
      const parts = (this.#single ? instructionsOf(region) : [region]).filter(
        (part) => !this.#units.has(part.entry | (key & 1)),
      );
      const made = this.#instantiate(parts.map((part, i) => ({ ...emitRegion(part, context), name: `f${i}` })));
      parts.forEach((part, i) => {
        const own = part.entry | (key & 1);
        const slot = this.#slotOf(own);
        this.#table.set(slot, made[`f${i}`]!);
        this.#add({ key: own, code: codeOf(part, read) });
        const at = mapIndex(own);
        this.#map[at] = own;
        this.#map[at + 1] = slot;
      });
    } catch (thrown) {
      if (!(thrown instanceof TooManyValues)) throw thrown;
      this.#never.add(key);
    }
  }

  #add(unit: Unit): void {
    this.#units.set(unit.key, unit);
    for (const line of this.#linesOf(unit)) {
      const others = this.#byLine.get(line);
      if (others === undefined) this.#byLine.set(line, new Set([unit]));
      else others.add(unit);
      this.#caches?.forget(line);
    }
  }

  /** Drops what was compiled from code that has changed since, in a range or everywhere. */
  invalidate(address?: number, size = 1): void {
    for (const unit of address === undefined ? [...this.#units.values()] : this.#unitsIn(address, size))
      if (unit.code.some((part) => overlaps(part, address ?? part.address, size) && !this.#isStill(part)))
        this.#drop(unit);
    this.#never.clear();
  }

  /** Drops what covers an address: it is to be stopped at, or no longer. */
  reconsider(address: number): void {
    for (const unit of this.#unitsIn(address, 1))
      if (unit.code.some((part) => overlaps(part, address, 1))) this.#drop(unit);
  }

  /** Were all units that have code in the line made from what it holds here? Those that were not are dropped. */
  #agrees(line: number, bytes: Uint8Array): boolean {
    const start = line * this.#lineBytes;
    let agree = true;
    for (const unit of [...(this.#byLine.get(line) ?? [])]) {
      if (unit.code.every((part) => isIn(part, start, bytes))) continue;
      agree = false;
      this.#drop(unit);
      this.#heat.delete(unit.key);
    }
    return agree;
  }

  #linesOf({ code }: Unit): Set<number> {
    const lines = new Set<number>();
    for (const { address, bytes } of code) {
      const last = Math.floor((address + bytes.length - 1) / this.#lineBytes);
      for (let line = Math.floor(address / this.#lineBytes); line <= last; line++) lines.add(line);
    }
    return lines;
  }

  #unitsIn(address: number, size: number): Set<Unit> {
    const units = new Set<Unit>();
    const last = Math.floor((address + size - 1) / this.#lineBytes);
    for (let line = Math.floor(address / this.#lineBytes); line <= last; line++)
      for (const unit of this.#byLine.get(line) ?? []) units.add(unit);
    return units;
  }

  #isStill({ address, bytes }: Part): boolean {
    if (!this.#memory.isMapped(address)) return false;
    const now = this.#memory.read(address, bytes.length);
    return now.every((byte, i) => byte === bytes[i]);
  }

  #drop(unit: Unit): void {
    const { key } = unit;
    this.#units.delete(key);
    for (const line of this.#linesOf(unit)) {
      const others = this.#byLine.get(line)!;
      others.delete(unit);
      if (others.size === 0) this.#byLine.delete(line);
    }
    this.#table.set(this.#slotOf(key), this.#stub);
    const at = mapIndex(key);
    if (this.#map[at] === key) this.#map[at] = -1;
  }

  #slotOf(key: number): number {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#slots.size;
      this.#slots.set(key, slot);
      if (slot >= this.#room) {
        this.#table.grow(1024, this.#stub);
        this.#room += 1024;
      }
    }
    return slot;
  }

  #instantiate(functions: readonly ModuleFunction[]): Readonly<Record<string, Compiled>> {
    const asks = this.#caches?.asks ?? {};
    const module = new WebAssembly.Module(moduleOf(functions, Object.keys(asks)));
    return new WebAssembly.Instance(module, { m: { m: this.#memory.shared, t: this.#table, ...asks } }).exports;
  }
}

function mapIndex(key: number): number {
  return 2 * ((key >>> 1) & (mapEntries - 1));
}

/** Each instruction of a region as a region of its own. */
function instructionsOf({ isa, blocks }: Region): Region[] {
  return [...blocks.values()].flatMap(({ programs }) =>
    programs.map((program) => {
      const { address, size } = program;
      const through = fallsThrough(program) ? address + size : undefined;
      return { entry: address, isa, blocks: new Map([[address, { address, programs: [program], next: [], through }]]) };
    }),
  );
}

function codeOf({ blocks }: Region, read: Read): Unit["code"] {
  return [...blocks.values()].map(({ address, programs }) => {
    const last = programs[programs.length - 1]!;
    const bytes = new Uint8Array(last.address + last.size - address);
    for (let i = 0; i < bytes.length; i += 2) {
      const half = read(address + i, 2);
      bytes[i] = half;
      bytes[i + 1] = half >>> 8;
    }
    return { address, bytes };
  });
}

function overlaps(part: Part, address: number, size: number): boolean {
  return part.address < address + size && address < part.address + part.bytes.length;
}

/** Is the part of the code that lies in the line from `start` on what the line holds? */
function isIn({ address, bytes }: Part, start: number, line: Uint8Array): boolean {
  const last = Math.min(address + bytes.length, start + line.length);
  for (let at = Math.max(address, start); at < last; at++) if (bytes[at - address] !== line[at - start]) return false;
  return true;
}
