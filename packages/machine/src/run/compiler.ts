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
    imports: { readonly m: { readonly m: unknown; readonly t: unknown } },
  ) => { readonly exports: Readonly<Record<string, Compiled>> };
  readonly Table: new (descriptor: { readonly element: "anyfunc"; readonly initial: number }) => FunctionTable;
};

interface Unit {
  readonly key: number;
  /** The code it was made of: address and bytes of each block. */
  readonly code: readonly { readonly address: number; readonly bytes: Uint8Array }[];
}

/** How often code is entered by a branch before it is worth compiling. */
const hot = 12;

/** Places that are watched, and functions beyond which nothing more is compiled: a hostile program may not use up the host's memory. */
const mostHeat = 2 ** 18;
const mostSlots = 2 ** 16;

/**
 * Compiles guest functions to WebAssembly when they are entered often. A compiled function is a stale fetch of its instructions: it stays
 * until an instruction cache invalidation reaches code of its that has changed since.
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
  #room = 0;

  /** `single`: each instruction becomes a function, and the core's cells are whole after each; else whole guest functions do. */
  constructor(memory: GuestMemory, stops: (address: number) => boolean, single: boolean) {
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
    const to = this.#dispatch(core.index * coreBytes, key);
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
    try {
      const region = regionAt(entry, isa, (address, size) => core.port.fetch(address, size));
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
        this.#units.set(own, { key: own, code: codeOf(part, this.#memory) });
        const at = mapIndex(own);
        this.#map[at] = own;
        this.#map[at + 1] = slot;
      });
    } catch (thrown) {
      if (!(thrown instanceof TooManyValues)) throw thrown;
      this.#never.add(key);
    }
  }

  /** Drops what was compiled from code that has changed since, in a range or everywhere. */
  invalidate(address?: number, size = 1): void {
    for (const [key, { code }] of this.#units) {
      const changed = code.some((part) => {
        if (address !== undefined && (part.address >= address + size || address >= part.address + part.bytes.length))
          return false;
        return !this.#isStill(part);
      });
      if (changed) this.#drop(key);
    }
    this.#never.clear();
  }

  /** Drops what covers an address: it is to be stopped at, or no longer. */
  reconsider(address: number): void {
    for (const [key, { code }] of this.#units) {
      if (code.some((part) => part.address <= address && address < part.address + part.bytes.length)) this.#drop(key);
    }
  }

  #isStill({ address, bytes }: Unit["code"][number]): boolean {
    if (!this.#memory.isMapped(address)) return false;
    const now = this.#memory.read(address, bytes.length);
    return now.every((byte, i) => byte === bytes[i]);
  }

  #drop(key: number): void {
    this.#units.delete(key);
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
    const module = new WebAssembly.Module(moduleOf(functions));
    return new WebAssembly.Instance(module, { m: { m: this.#memory.shared, t: this.#table } }).exports;
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

function codeOf({ blocks }: Region, memory: GuestMemory): Unit["code"] {
  return [...blocks.values()].map(({ address, programs }) => {
    const last = programs[programs.length - 1]!;
    return { address, bytes: memory.read(address, last.address + last.size - address) };
  });
}
