import { isExactProduct } from "../pseudocode/host-arithmetic.js";
import type { Caches } from "./caches.js";
import { CodeMap, isMadeOf, type Part, type Unit } from "./code-map.js";
import type { RunCore } from "./core.js";
import { dispatcher, stub, tailCall } from "./dispatch.js";
import { emitRegion } from "./emit.js";
import { exitReason } from "./emit-state.js";
import { Expected } from "./expected.js";
import type { ExtensionRoutines } from "./extension-routines.js";
import type { GuestMemory, Window } from "./guest-memory.js";
import { cell, coreBytes, mapEntries, pageSize } from "./layout.js";
import type { Program } from "./node.js";
import { fallsThrough, type Recorded, type Region, regionAt } from "./region.js";
import { type PatchSite, Sites } from "./sites.js";
import { TooManyValues } from "./values.js";
import { type Import, type ModuleFunction, moduleOf, signature } from "./wasm-encoder.js";

type Compiled = (core: number, key: number) => number;

interface FunctionTable {
  set(index: number, value: Compiled): void;
  grow(by: number, value: Compiled): number;
}

declare const WebAssembly: {
  readonly validate: (bytes: Uint8Array) => boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly m: Readonly<Record<string, unknown>> },
  ) => { readonly exports: Readonly<Record<string, Compiled>> };
  readonly Table: new (descriptor: { readonly element: "anyfunc"; readonly initial: number }) => FunctionTable;
};

/** What one entry is to be compiled to, and the functions that it was compiled to. */
export type Prepared = readonly { readonly made: ModuleFunction; readonly unit: Unit }[];
type Installable = readonly { readonly run: Compiled; readonly unit: Unit }[];

type Read = (address: number, size: number) => number;

/** Lines that units are found by, where no caches say how long theirs are. */
const plainLine = 64;

/**
 * How often code is entered by a branch before it is worth compiling, and code that another function has in its middle: compiled code comes
 * there soon again by that one's start, so it is only for loops that last.
 */
const hot = 40;
const hotInside = 200;

/** Places that are watched, and functions beyond which nothing more is compiled: a hostile program may not use up the host's memory. */
const mostHeat = 2 ** 18;
const mostSlots = 2 ** 16;

/** How code is compiled. */
export interface Compiling {
  /** Does each instruction become a function, behind each of which the core's cells are whole? Else whole guest functions do. */
  readonly single: boolean;
  /** Do faults go to the program's own handlers, who see all flags? */
  readonly handlers: boolean;
  /** Addresses that are left to the interpreter. */
  readonly stops: (address: number) => boolean;
  /** Where an instruction, by its address and T, has loaded or stored last. */
  readonly accessed: (key: number) => number | undefined;
}

/**
 * Compiles guest functions to WebAssembly when they are entered often. A compiled function is a stale fetch of its instructions: it stays
 * until an instruction cache invalidation reaches code of its that has changed since. Under caches it asks for each line it executes from,
 * and is dropped when a core's own has other code.
 */
export class Compiler {
  readonly #memory: GuestMemory;
  readonly #single: boolean;
  readonly #handlers: boolean;
  readonly #tailCalls: boolean;
  readonly #stops: (address: number) => boolean;
  readonly #table: FunctionTable;
  readonly #stub: Compiled;
  readonly #dispatch: Compiled;
  readonly #map: Int32Array;
  readonly #slots = new Map<number, number>();
  readonly #units = new Map<number, Unit>();
  readonly #heat = new Map<number, number>();
  readonly #never = new Set<number>();
  readonly #code: CodeMap;
  readonly #sites: Sites;
  readonly #caches: Caches | undefined;
  /** What compiled code asks, by name; and the names in order. */
  readonly #asks: Readonly<Record<string, unknown>>;
  readonly #imports: readonly Import[];
  #room = 0;
  /** Functions compiled so far, those that were dropped too. */
  compilations = 0;

  readonly #expected: Expected;
  readonly #recorded: Recorded = new Map();

  constructor(memory: GuestMemory, routines: ExtensionRoutines, caches: Caches | undefined, how: Compiling) {
    const { single, handlers, stops, accessed } = how;
    this.#expected = new Expected(memory, accessed);
    this.#caches = caches;
    this.#code = new CodeMap(caches?.options.lineBytes ?? plainLine);
    this.#sites = new Sites(memory);
    memory.changed = (address, size) => this.#remapped(address >>> 0, size);
    if (caches !== undefined) caches.compiled = (line, bytes) => this.#agrees(line, bytes);
    const ofMemory = caches?.asks ?? {
      invalidate: (_: number, address: number) => (this.#stillStands(address >>> 0) ? 0 : 1),
    };
    const plain = { ...ofMemory, ...routines.asks };
    this.#asks = {
      ...plain,
      exact: (x: number, y: number, product: number) => (isExactProduct(x, y, product) ? 1 : 0),
    };
    this.#imports = [
      ...Object.keys(plain).map((name) => ({ name, signature: signature.plain })),
      { name: "exact", signature: signature.ofDoubles },
    ];
    this.#single = single;
    this.#handlers = handlers;
    this.#tailCalls = single && WebAssembly.validate(moduleOf([tailCall()]));
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
    if (cells[cell.exit] !== exitReason.jump) this.#left(to);
    return instructions - cells[cell.budget]!;
  }

  /** A branch went to where the core is now; compiles when that is hot. Is it compiled? */
  branched(core: RunCore): boolean {
    const { cells } = core;
    const key = cells[15]! | cells[cell.thumb]!;
    const heat = (this.#heat.get(key) ?? 0) + 1;
    if (this.#heat.size >= mostHeat) this.#heat.clear();
    this.#heat.set(key, heat);
    if (this.#units.has(key)) return true;
    if (heat < hot || this.#slots.size >= mostSlots || this.#never.has(key)) return false;
    if (!this.#single && heat < hotInside && this.#code.owns((key & ~1) >>> 0)) return false;
    this.#compile(core, key);
    return this.#units.has(key);
  }

  #compile(core: RunCore, key: number): void {
    const prepared = this.prepare(core, key);
    if (prepared !== undefined) this.adopt(this.instantiate([prepared])[0]!);
  }

  /** What is to be compiled for a key, as the core would execute it now; undefined where that is nothing. */
  prepare(core: RunCore, key: number): Prepared | undefined {
    const isa = key & 1 ? "t32" : "a32";
    const entry = (key & ~1) >>> 0;
    const caches = this.#caches;
    // What the core would execute now. To look at it is no fetch of the core's.
    const read: Read = (address, size) =>
      caches === undefined ? core.port.fetch(address, size) : caches.peek(core.index, address >>> 0, size);
    try {
      const guard = (address: number) => (this.#sites.size === 0 ? undefined : this.#sites.guard(address, isa, read));
      const region = this.#single
        ? regionAt(entry, isa, read)
        : regionAt(
            entry,
            isa,
            read,
            (address) => !this.#stops(address) && guard(address) === undefined,
            this.#recorded,
          );
      if (!region.blocks.has(entry)) {
        // Nothing can be fetched there: the interpreter says so.
        this.#never.add(key);
        return undefined;
      }
      const { table, ram, base, codeMap: map } = this.#memory;
      const windows = new Set<Window>();
      const context = {
        table,
        ram,
        base,
        map,
        single: this.#single,
        tailCalls: this.#tailCalls,
        handlers: this.#handlers,
        caches: this.#caches?.options,
        stops: this.#stops,
        guard,
        windowAt: (address: number, of: Window["kind"], base: number | undefined) =>
          this.#single || (base !== 13 && this.#expected.isGivenUp(key))
            ? undefined
            : this.#expected.windowAt(
                (address >>> 0) + (key & 1),
                of,
                base === 13 ? core.cells[13] : undefined,
                windows,
              ),
        slotOf: (callee: number) => this.#slotOf(callee),
      };
      return (this.#single ? instructionsOf(region) : [region])
        .filter((part) => !this.#units.has(part.entry | (key & 1)))
        .map((part) => {
          const made = emitRegion(part, context);
          const unit = { key: part.entry | (key & 1), code: this.#codeOf(part, read), windows: [...windows] };
          return { made, unit };
        });
    } catch (thrown) {
      if (!(thrown instanceof TooManyValues)) throw thrown;
      this.#never.add(key);
      return undefined;
    }
  }

  /** One module of all that was prepared: an instance costs much more than what is in it. */
  instantiate(prepared: readonly Prepared[]): Installable[] {
    const functions = prepared.flat().map(({ made }, i) => ({ ...made, name: `f${i}` }));
    const exports = this.#instantiate(functions);
    let at = 0;
    return prepared.map((one) => one.map(({ unit }) => ({ unit, run: exports[`f${at++}`]! })));
  }

  /** From now on this is what is executed. */
  adopt(installable: Installable): void {
    for (const { unit, run } of installable) {
      const slot = this.#slotOf(unit.key);
      this.#table.set(slot, run);
      this.#add(unit);
      const at = mapIndex(unit.key);
      this.#map[at] = unit.key;
      this.#map[at + 1] = slot;
    }
  }

  /** Compiled code has left an instruction to the interpreter: what does so for its accesses again and again is dropped. */
  #left(key: number): void {
    const at = (key & ~1) >>> 0;
    if (!this.#expected.missed(at + (key & 1))) return;
    for (const unit of this.#code.within(at, 1))
      if (unit.windows.length > 0 && this.#expected.exceeds(unit.key)) this.#drop(unit);
  }

  #add(unit: Unit): void {
    this.#units.set(unit.key, unit);
    this.compilations++;
    for (const line of this.#code.add(unit)) this.#caches?.forget(line);
    // Without caches, what is compiled now is what stands there now.
    if (this.#caches === undefined) for (const { address, bytes } of unit.code) this.#sites.look(address, bytes.length);
  }

  /** Code around the site is compiled so that a change of it from one form to another costs a store. False where it cannot be. */
  declare(declared: PatchSite): boolean {
    if (this.#sites.knows(declared)) return true;
    const site = this.#caches === undefined ? this.#sites.declare(declared) : undefined;
    if (site === undefined) return false;
    for (const unit of this.#code.within(site.address, site.size)) this.#drop(unit);
    this.#sites.look(site.address, site.size);
    return true;
  }

  /** Drops what was compiled from code that has changed since, in a range or everywhere. */
  invalidate(address?: number, size = 1): void {
    const units = address === undefined ? [...this.#units.values()] : this.#code.within(address, size);
    for (const unit of units) if (!unit.code.every((part) => this.#isStill(part))) this.#drop(unit);
    this.#sites.look(address, size);
    this.#never.clear();
  }

  /** Drops what cannot be fetched any more, or is something else now: no core executes compiled code while a mapping changes. */
  #remapped(address: number, size: number): void {
    const start = address - (address % pageSize);
    const pages = Math.ceil((address + size - start) / pageSize);
    const isSmall = (pages * pageSize) / this.#code.lineBytes < this.#units.size;
    const units = isSmall ? this.#code.within(start, pages * pageSize) : [...this.#units.values()];
    for (const unit of units) if (!unit.code.every((part) => this.#isStill(part))) this.#drop(unit);
    for (const unit of [...this.#units.values()])
      if (!unit.windows.every((window) => this.#memory.isStill(window, start, pages * pageSize))) this.#drop(unit);
    this.#never.clear();
  }

  /** Drops what covers an address: it is to be stopped at, or no longer. */
  reconsider(address: number): void {
    for (const unit of this.#code.within(address, 1)) this.#drop(unit);
  }

  /** A line is invalidated: is all that was compiled from it still there, but for sites that have another form now? */
  #stillStands(address: number): boolean {
    const { lineBytes } = this.#code;
    const start = address - (address % lineBytes);
    const at = this.#memory.wordAt(start);
    // Pages that lie elsewhere are the interpreter's.
    if (at === undefined || !this.#code.isMadeOf(start / lineBytes, this.#memory.words, at)) return false;
    this.#sites.look(start);
    if (this.#never.size > 0) this.#never.clear();
    return true;
  }

  /** Were all units that have code in the line made from what it holds here? Those that were not are dropped. */
  #agrees(line: number, bytes: Uint8Array): boolean {
    const start = line * this.#code.lineBytes;
    let agree = true;
    for (const unit of [...(this.#code.inLine(line) ?? [])]) {
      if (isMadeOf(unit, start, bytes)) continue;
      agree = false;
      this.#drop(unit);
      this.#heat.delete(unit.key);
    }
    return agree;
  }

  #isStill({ address, bytes, fixed }: Part): boolean {
    // No longer than a page is: its first and its last are all of its pages.
    const memory = this.#memory;
    if (!memory.isExecutable(address) || !memory.isExecutable(address + bytes.length - 1)) return false;
    const now = this.#memory.read(address, bytes.length);
    return now.every((byte, i) => fixed[i] === 0 || byte === bytes[i]);
  }

  #drop(unit: Unit): void {
    const { key } = unit;
    this.#units.delete(key);
    this.#code.remove(unit);
    this.#table.set(this.#slotOf(key), this.#stub);
    const at = mapIndex(key);
    if (this.#map[at] === key) this.#map[at] = -1;
  }

  #codeOf({ blocks }: Region, read: Read): Part[] {
    return [...blocks.values()]
      .flatMap(({ programs }) => runsOf(programs))
      .map(({ address, size, inlined }) => {
        const bytes = new Uint8Array(size);
        const fixed = new Uint8Array(bytes.length);
        for (let i = 0; i < bytes.length; i += 2) {
          const half = read(address + i, 2);
          bytes[i] = half;
          bytes[i + 1] = half >>> 8;
          fixed.fill(this.#sites.has(address + i) ? 0 : 1, i, i + 2);
        }
        return { address, bytes, fixed, inlined };
      });
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
    const module = new WebAssembly.Module(moduleOf(functions, this.#imports));
    return new WebAssembly.Instance(module, { m: { m: this.#memory.shared, t: this.#table, ...this.#asks } }).exports;
  }
}

function mapIndex(key: number): number {
  return 2 * ((key >>> 1) & (mapEntries - 1));
}

interface Run {
  readonly address: number;
  size: number;
  readonly inlined: boolean;
}

/** Where instructions lie, as ranges without gaps. */
function runsOf(programs: readonly Program[]): Run[] {
  const runs: Run[] = [];
  for (const { address, size, inlined = false } of programs) {
    const last = runs.at(-1);
    if (last?.inlined === inlined && last.address + last.size === address) last.size += size;
    else runs.push({ address, size, inlined });
  }
  return runs;
}

/** Each instruction of a region as a region of its own. */
function instructionsOf({ isa, blocks }: Region): Region[] {
  return [...blocks.values()].flatMap(({ programs }) =>
    programs.flatMap((program) => {
      const { address, size, it } = program;
      // Routines are known by their addresses, and entered outside of IT blocks.
      if (it !== 0) return [];
      const through = fallsThrough(program) ? address + size : undefined;
      return { entry: address, isa, blocks: new Map([[address, { address, programs: [program], next: [], through }]]) };
    }),
  );
}

/** Farther than a branch inside of a function goes. */
const far = 0x4000;

/**
 * Has the instruction before this one gone where a function or a loop may start: back, far, or by a call? Then compiled code could. What
 * else is branched to is the middle of one, and compiled from there a loop would have several entries.
 */
export function startsCode({ pc, cells }: RunCore): boolean {
  const to = cells[15]! >>> 0;
  const behind = ((cells[14]! & ~1) >>> 0) - pc;
  return to <= pc || to - pc >= far || (behind > 0 && behind <= 4 && to - pc !== behind);
}
