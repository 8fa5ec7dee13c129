import {
  cell,
  fetchLines,
  lineEntries,
  loadLines,
  storeLines,
  storeLog,
  storeLogEntries,
  storeLogEntryBits,
} from "./layout.js";
import { coreLocal, line, scratch } from "./locals.js";
import type { EmitContext } from "./values.js";
import { addTo } from "./values.js";
import { type Code, op, type } from "./wasm-encoder.js";

/** What compiled code asks of the caches, as functions of a core and an address or a line: the first functions of each module. */
export const asked = { load: 0, store: 1, fetch: 2 } as const;

/** What it asks where there are none. */
export const askedInvalidate = 0;

/** What it asks wherever it runs, behind those: what instructions do to extension registers, by their bits, and whether a result is exact. */
export const askedAlways = { a32: 0, t32: 1, exact: 2 } as const;
const [first, firstCached] = [1, 3];
export function askedBehind(name: keyof typeof askedAlways, isCached: boolean): number {
  return (isCached ? firstCached : first) + askedAlways[name];
}

/** What a module of one region has before it, without caches. */
export const importedFunctions: number = first + 3;

/** Writes what caches make of an access: a line in the core's list costs a comparison, any other is asked for. */
export class CacheEmitter {
  readonly #code: Code;
  readonly #context: EmitContext;
  readonly #lineBytes: number;
  readonly #storeBuffer: number;

  constructor(code: Code, context: EmitContext) {
    this.#code = code;
    this.#context = context;
    this.#lineBytes = context.caches!.lineBytes;
    this.#storeBuffer = context.caches!.storeBuffer;
  }

  lineOf(address: number): number {
    return (address >>> 0) >>> this.#lineBits;
  }

  /** A load from the address in `scratch`, which is allowed. */
  load(): void {
    this.#access(loadLines, asked.load);
  }

  /**
   * A store to the address in `scratch`, which is allowed, is about to be made. Other cores see it when it leaves the store buffer; no other
   * core runs before this one leaves compiled code, so it is made at once, and what waits in the buffer is undone then: the log says how.
   */
  store(size: number): void {
    this.#access(storeLines, asked.store);
    if (this.#storeBuffer === 0) return;
    const code = this.#code;
    // The place in the log.
    code
      .get(coreLocal)
      .get(coreLocal)
      .memory(op.i32_load, 4 * cell.stores)
      .constant(storeLogEntries - 1)
      .op(op.i32_and)
      .constant(storeLogEntryBits)
      .op(op.i32_shl, op.i32_add)
      .set(line);
    code.get(line).get(scratch).memory(op.i32_store, storeLog);
    code
      .get(line)
      .constant(size)
      .memory(op.i32_store, storeLog + 4);
    code.get(line).get(scratch);
    if (this.#context.base !== 0) code.constant(this.#context.base).op(op.i32_sub);
    code.memory(size === 4 ? op.i32_load : size === 2 ? op.i32_load16_u : op.i32_load8_u, this.#context.ram);
    code.memory(op.i32_store, storeLog + 8);
    addTo(cell.stores, 1, code);
  }

  /** Pushes whether the access to the address in `scratch` lies in two lines. */
  crosses(size: number): void {
    this.#code
      .get(scratch)
      .constant(this.#lineBytes - 1)
      .op(op.i32_and)
      .constant(this.#lineBytes - size)
      .op(op.i32_gt_u);
  }

  /** A fetch from a line; `changed` is what to do where it no longer holds what was compiled. */
  fetch(number: number, changed: () => void): void {
    const code = this.#code;
    code.get(coreLocal).memory(op.i32_load, fetchLines + 4 * (number & (lineEntries - 1)));
    code.constant(number).op(op.i32_ne, op.if, type.none);
    code.get(coreLocal).constant(number).op(op.call).u32(asked.fetch);
    code.op(op.if, type.none);
    changed();
    code.op(op.end, op.end);
  }

  /** So many fetches were made. */
  fetched(count: number): void {
    if (count > 0) addTo(cell.fetches, count, this.#code);
  }

  get #lineBits(): number {
    return 31 - Math.clz32(this.#lineBytes);
  }

  #access(lines: number, ask: number): void {
    const code = this.#code;
    code.get(scratch).constant(this.#lineBits).op(op.i32_shr_u).tee(line);
    code
      .constant(lineEntries - 1)
      .op(op.i32_and)
      .constant(2)
      .op(op.i32_shl)
      .get(coreLocal)
      .op(op.i32_add)
      .memory(op.i32_load, lines);
    code.get(line).op(op.i32_ne, op.if, type.none);
    code.get(coreLocal).get(scratch).op(op.call).u32(ask);
    code.op(op.drop, op.end);
    addTo(cell.dataAccesses, 1, code);
  }
}
