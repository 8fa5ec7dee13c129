import { type Fpscr, standardValue } from "../pseudocode/floating-point.js";
import { type GuestMemory, MemoryFault } from "./guest-memory.js";
import { cell } from "./layout.js";

/** The FPSCR as floating-point arithmetic sees it, in its cell. */
function fpscrOf(cells: Int32Array): Fpscr {
  const raise = (bits: number): void => {
    cells[cell.fpscr] = cells[cell.fpscr]! | bits;
  };
  const standard: Fpscr = {
    get value() {
      return standardValue(cells[cell.fpscr]!);
    },
    raise,
    get standard() {
      return standard;
    },
  };
  return {
    get value() {
      return cells[cell.fpscr]!;
    },
    raise,
    standard,
  };
}

/** Why a core stopped. */
export interface Stop {
  readonly kind: /** The program ended by its own wish. */
    | "exit"
    /** A fetch, load or store that is not allowed and that nothing handles. */
    | "fault"
    /** An exception that nothing handles. */
    | "exception"
    | "unpredictable"
    /** What this machine does not model. */
    | "unimplemented"
    | "breakpoint";
  readonly reason: string;
  /** Where the fault was. */
  readonly address?: number;
}

/** Thrown to leave an instruction half done; the machine knows what to do next. */
export class Interruption {
  readonly stop: Stop;
  constructor(stop: Stop) {
    this.stop = stop;
  }
}

/** What a core asks of the machine around it. */
export interface CoreHost {
  trap(core: RunCore, kind: "undefined" | "svc" | "bkpt", returnTo: number, immediate: number): void;
  exceptionReturn(core: RunCore, target: number, status: number | undefined): void;
  hint(core: RunCore, hint: string): void;
  barrier(core: RunCore, kind: "dmb" | "dsb" | "isb", option: string): void;
  cleanDcache(core: RunCore, address: number): void;
  invalidateIcache(core: RunCore, address: number | undefined, scope: string): void;
  system(core: RunCore, state: string): number;
  setSystem(core: RunCore, state: string, value: number): void;
  banked(core: RunCore, mode: number, n: number): number;
  setBanked(core: RunCore, mode: number, n: number, value: number): void;
  /** A core stored to memory while some core's exclusive monitor is open. */
  stored(core: RunCore, address: number, size: number): void;
  monitors: number;
}

/** Registers among the addresses of memory. */
export interface Device {
  has(address: number): boolean;
  load(core: RunCore, address: number, size: number): number;
  store(core: RunCore, address: number, value: number, size: number): void;
}

/** How a core reaches memory: at once, or through caches and a store buffer. Each throws a MemoryFault when the access is not allowed. */
export interface MemoryPort {
  load(address: number, size: number): number;
  store(address: number, value: number, size: number): void;
  /** A fetch unit: 4 bytes of A32 or 2 of Thumb code. */
  fetch(address: number, size: number): number;
  /** Makes this core's stores visible to all, where they wait. */
  drain?(): void;
}

/**
 * One core that runs: its registers and flags are cells that compiled code reads and writes too.
 *
 * @example
 * ```ts
 * const machine = new Machine();
 * const core = machine.cores[0]!;
 * core.cells[15] = 0x8001;
 * core.isa; // "a32"
 * core.cells[cell.n]; // 0
 * ```
 */
export class RunCore {
  readonly index: number;
  readonly cells: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  /** The FPSCR as floating-point arithmetic sees it: a view of its cell. @internal */
  readonly fpscr: Fpscr;
  readonly host: CoreHost;
  port: MemoryPort;
  /** Address of the instruction being executed, and of the next one. */
  pc = 0;
  next = 0;
  instructions = 0;
  /** Address of the last load or store; -1 when whoever wanted to know it has taken it. @internal */
  accessed = -1;
  stopped: Stop | undefined;
  /** Not running now: it waits for an event, or has nothing to do. */
  waiting = false;
  /** What ends the waiting: an event, an interrupt, or only whoever made it wait. */
  waitsFor: "event" | "interrupt" | undefined;
  /** An interrupt is raised and not yet taken. */
  interrupted = false;
  /** Registers that are reached like memory, where nothing is mapped. */
  device: Device | undefined;
  /** Interrupts it has sent to cores, and those it has taken notice of. */
  interruptsSent = 0;
  interruptsTaken = 0;

  /**
   * Makes a core; {@link Machine} does.
   *
   * @param index - from 0
   * @param memory - that it shares with the others
   * @param host - what it leaves to the machine
   */
  constructor(index: number, memory: GuestMemory, host: CoreHost) {
    this.index = index;
    this.cells = memory.core(index);
    this.floats = new Float32Array(this.cells.buffer, this.cells.byteOffset, this.cells.length);
    this.doubles = new Float64Array(this.cells.buffer, this.cells.byteOffset, this.cells.length / 2);
    this.fpscr = fpscrOf(this.cells);
    this.host = host;
    this.port = memory;
    this.cells[cell.cpsr] = 0x10;
  }

  /** CPSR: flags, ITSTATE, T and the mode, as an exception would save them. */
  get status(): number {
    const { cells } = this;
    const flags = [cell.n, cell.z, cell.c, cell.v, cell.q].reduce((bits, at) => (bits << 1) | (cells[at]! & 1), 0);
    const it = cells[cell.it]!;
    const state = (cells[cell.ge]! << 16) | (cells[cell.thumb]! << 5) | ((it & 3) << 25) | ((it & 0xfc) << 8);
    return ((flags << 27) | state | cells[cell.cpsr]!) >>> 0;
  }

  /** Sets flags, ITSTATE and T; the mode stays. */
  set status(value: number) {
    const { cells } = this;
    for (const [i, at] of [cell.n, cell.z, cell.c, cell.v, cell.q].entries()) cells[at] = (value >>> (31 - i)) & 1;
    cells[cell.ge] = (value >>> 16) & 15;
    cells[cell.it] = ((value >>> 8) & 0xfc) | ((value >>> 25) & 3);
    cells[cell.thumb] = (value >>> 5) & 1;
  }

  get isa(): "a32" | "t32" {
    return this.cells[cell.thumb] === 1 ? "t32" : "a32";
  }

  /**
   * Loads from memory as the core does.
   *
   * @param address - of the first byte
   * @param size - in bytes: 1, 2 or 4
   * @param aligned - whether the address must be a multiple of the size
   */
  load(address: number, size: number, aligned: boolean): number {
    this.accessed = address;
    if (aligned && (address & (size - 1)) !== 0) throw new MemoryFault("read", address, "alignment");
    if (this.device?.has(address)) return this.device.load(this, address, size);
    return this.port.load(address, size);
  }

  /**
   * Stores to memory as the core does.
   *
   * @param address - of the first byte
   * @param value - of which the low bytes are stored
   * @param size - in bytes: 1, 2 or 4
   * @param aligned - whether the address must be a multiple of the size
   */
  store(address: number, value: number, size: number, aligned: boolean): void {
    this.accessed = address;
    if (aligned && (address & (size - 1)) !== 0) throw new MemoryFault("write", address, "alignment");
    if (this.device?.has(address)) {
      this.device.store(this, address, value, size);
      return;
    }
    this.port.store(address, value, size);
    if (this.host.monitors > 0) this.host.stored(this, address, size);
  }

  /**
   * Loads, and opens the core's monitor.
   *
   * @param address - of the first byte
   * @param size - in bytes: 1, 2, 4 or 8
   * @param to - register that the second word of eight bytes goes to
   */
  loadExclusive(address: number, size: number, to: number): void {
    const { cells } = this;
    if (address % size !== 0) throw new MemoryFault("read", address, "alignment");
    const low = this.port.load(address, Math.min(size, 4));
    const high = size === 8 ? this.port.load((address + 4) | 0, 4) : 0;
    if (cells[cell.exclusiveSize] === 0) this.host.monitors++;
    cells[cell.exclusiveAddress] = address;
    cells[cell.exclusiveSize] = size;
    cells[to] = low;
    cells[to + 1] = high;
  }

  /**
   * 0 when it stored.
   *
   * @param address - of the first byte
   * @param low - the first word, or the low bytes of it
   * @param size - in bytes: 1, 2, 4 or 8
   * @param high - the second word of eight bytes
   */
  storeExclusive(address: number, low: number, size: number, high: number): number {
    const { cells } = this;
    // Whether a fault or the monitor is looked at first is IMPLEMENTATION DEFINED: the monitor is.
    const matches = cells[cell.exclusiveSize] === size && cells[cell.exclusiveAddress] === address;
    this.clearExclusive();
    if (!matches) return 1;
    // It is one with the load before it: nothing may be left that others do not see.
    this.port.drain?.();
    this.port.store(address, low, Math.min(size, 4));
    if (size === 8) this.port.store((address + 4) | 0, high, 4);
    this.port.drain?.();
    if (this.host.monitors > 0) this.host.stored(this, address, size);
    return 0;
  }

  clearExclusive(): void {
    if (this.cells[cell.exclusiveSize] !== 0) this.host.monitors--;
    this.cells[cell.exclusiveSize] = 0;
  }
}
