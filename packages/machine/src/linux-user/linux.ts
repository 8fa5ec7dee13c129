import { cell, type Machine, MemoryFault, type RunCore } from "../run/index.js";
import type { Program } from "./program.js";
import { Signals } from "./signals.js";
import { type AddressSpace, cString, load } from "./start.js";

/** What the program is given: arguments, environment, standard input; who takes its output, and what time it is in nanoseconds. */
export interface LinuxOptions {
  readonly args?: readonly string[];
  readonly environment?: readonly string[];
  /** Standard input; empty by default. */
  readonly input?: Uint8Array;
  /** What the program writes: 1 is standard output, 2 standard error. */
  readonly output?: (descriptor: 1 | 2, bytes: Uint8Array) => void;
  /** Nanoseconds since some start, for the clocks; by default they count instructions, so that runs repeat. */
  readonly clock?: () => bigint;
}

const errors = { perm: 1, noent: 2, badf: 9, again: 11, nomem: 12, fault: 14, inval: 22, nosys: 38 } as const;

type Call = (core: RunCore, a: readonly [number, number, number, number, number, number]) => number;

const pageSize = 4096;
const page = (value: number): number => ((value + pageSize - 1) & -pageSize) >>> 0;

/**
 * Linux as a static user-mode program sees it: the system calls that the C library's start-up, input, output, memory and threads need.
 * A thread is another core of the machine. A signal that the program sends itself, as `abort` does, ends it; handlers are not run. Calls
 * that are not there fail with ENOSYS, as on an older kernel.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { Machine } from "@cmodx/machine/run";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const machine = new Machine();
 * let text = "";
 * const linux = LinuxUser.start(machine, programOf(image), {
 *   args: ["sites"],
 *   output: (_, bytes) => {
 *     text += new TextDecoder().decode(bytes);
 *   },
 * });
 * machine.run().end; // "exit"
 * text; // "plain 000000d2\n"
 * ```
 */
export class LinuxUser {
  readonly #machine: Machine;
  readonly #space: AddressSpace;
  readonly #options: LinuxOptions;
  #break: number;
  #mapAt: number;
  #inputAt = 0;
  /** Cores that wait on a futex, and where. */
  readonly #sleeping = new Map<RunCore, number>();
  readonly #clearOnExit = new Map<RunCore, number>();
  readonly #signals = new Signals();
  /** What the program gave to exit. */
  exitCode: number | undefined;
  /** Threads that the program asked for and did not get (EAGAIN), because no core was free. */
  refusedThreads = 0;

  private constructor(machine: Machine, space: AddressSpace, options: LinuxOptions) {
    this.#machine = machine;
    this.#space = space;
    this.#options = options;
    this.#break = space.end;
    this.#mapAt = space.stackBottom - 0x100000;
    machine.supervisorCall = (core) => this.#call(core);
  }

  /**
   * Loads a program into a machine; "no room" when its memory is too small.
   *
   * @param machine - with memory for the program and its stack
   * @param program - of `programOf`
   * @param options - its arguments, its environment, its standard input and output
   */
  static start(machine: Machine, program: Program, options: LinuxOptions = {}): LinuxUser | "no room" {
    const space = load(machine, program, options.args ?? ["program"], options.environment ?? []);
    return space === "no room" ? space : new LinuxUser(machine, space, options);
  }

  #call(core: RunCore): void {
    const { cells } = core;
    const call = this.#calls[cells[7]!];
    const args = [cells[0]!, cells[1]!, cells[2]!, cells[3]!, cells[4]!, cells[5]!] as const;
    try {
      cells[0] = call === undefined ? -errors.nosys : call(core, args);
    } catch (thrown) {
      if (!(thrown instanceof MemoryFault)) throw thrown;
      cells[0] = -errors.fault;
    }
  }

  readonly #calls: Readonly<Record<number, Call>> = {
    1: (core, [code]) => this.#exitThread(core, code), // exit
    248: (core, [code]) => this.#exit(core, code), // exit_group
    3: (_, [descriptor, address, size]) => this.#read(descriptor, address, size), // read
    4: (_, [descriptor, address, size]) => this.#write(descriptor, address, size >>> 0), // write
    146: (_, [descriptor, vector, count]) => this.#writeVector(descriptor, vector, count), // writev
    5: () => -errors.noent, // open
    322: () => -errors.noent, // openat
    6: () => 0, // close
    19: () => -errors.badf, // lseek
    37: (core, [, signal]) => this.#signal(core, signal), // kill
    140: () => -errors.badf, // _llseek
    20: () => 1, // getpid
    224: (core) => core.index + 1, // gettid
    45: (_, [end]) => this.#setBreak(end >>> 0), // brk
    54: () => -25, // ioctl: ENOTTY
    78: (core, [at]) => this.#time(core, at >>> 0, 1000n, 4), // gettimeofday
    85: () => -errors.noent, // readlink
    332: () => -errors.noent, // readlinkat
    91: (_, [address, size]) => this.#unmap(address >>> 0, size >>> 0), // munmap
    120: (core, args) => this.#clone(core, args), // clone
    122: (_, [at]) => this.#name(at >>> 0), // uname
    125: (_, [address, size, protection]) => this.#protect(address >>> 0, size >>> 0, protection), // mprotect
    158: () => 0, // sched_yield
    174: (_, [signal, action, old]) => this.#handle(signal, action >>> 0, old >>> 0), // rt_sigaction
    175: () => 0, // rt_sigprocmask
    191: (_, [, at]) => this.#limit(at >>> 0), // ugetrlimit
    192: (_, [address, size, protection, flags]) => this.#map(address >>> 0, size >>> 0, protection, flags), // mmap2
    197: (_, [descriptor, at]) => this.#status(descriptor, at >>> 0), // fstat64
    199: () => 0, // getuid32
    200: () => 0, // getgid32
    201: () => 0, // geteuid32
    202: () => 0, // getegid32
    220: () => 0, // madvise
    238: (core, [, signal]) => this.#signal(core, signal), // tkill
    268: (core, [, , signal]) => this.#signal(core, signal), // tgkill
    240: (core, [at, operation, value]) => this.#futex(core, at, operation, value), // futex
    256: (core, [at]) => {
      this.#clearOnExit.set(core, at);
      return core.index + 1;
    }, // set_tid_address
    263: (core, [, at]) => this.#time(core, at >>> 0, 1n, 4), // clock_gettime
    403: (core, [, at]) => this.#time(core, at >>> 0, 1n, 8), // clock_gettime64
    338: () => 0, // set_robust_list
    384: (_, [at, size]) => this.#random(at >>> 0, size >>> 0), // getrandom
    983042: (core, [from, to]) => this.#flush(core, from >>> 0, to >>> 0), // cacheflush
    983045: (core, [value]) => {
      core.cells[cell.tpidruro] = value;
      return 0;
    }, // set_tls
  };

  /** What Linux does for code that was written: each line to the point of unification, then out of all instruction caches. */
  #flush(core: RunCore, from: number, to: number): number {
    const { caches, memory } = this.#machine;
    if (to < from) return -errors.inval;
    if (caches === undefined) {
      this.#machine.codeChanged(from, to - from);
      return 0;
    }
    const step = caches.options.lineBytes;
    const each = (act: (address: number) => void): void => {
      for (let at = from - (from % step); at < to; )
        if (memory.isMapped(at)) {
          act(at);
          at += step;
        } else at += pageSize - (at % pageSize);
      caches.barrier(core.index, "dsb");
    };
    each((at) => caches.clean(core.index, at));
    each((at) => caches.invalidate(core.index, at, "broadcast"));
    caches.barrier(core.index, "isb");
    return 0;
  }

  #exit(core: RunCore, code: number): number {
    this.exitCode = code & 255;
    core.stopped = { kind: "exit", reason: `the program ended with exit code ${this.exitCode}` };
    return code;
  }

  /** To whomever it is: there is nobody else. */
  #signal(core: RunCore, signal: number): number {
    if (signal === 0) return 0;
    if (!Signals.isSignal(signal)) return -errors.inval;
    const stop = this.#signals.stopOf(signal);
    if (stop !== undefined) core.stopped = stop;
    return 0;
  }

  /** The kernel's `struct sigaction` is a handler, flags, a restorer, and a mask of two words. */
  #handle(signal: number, action: number, old: number): number {
    if (!Signals.isSignal(signal)) return -errors.inval;
    const { memory } = this.#machine;
    const before = this.#signals.handler(signal);
    if (action !== 0) this.#signals.handle(signal, memory.load(action | 0, 4) >>> 0);
    if (old !== 0) {
      memory.write(old, new Uint8Array(20));
      memory.store(old | 0, before, 4);
    }
    return 0;
  }

  #exitThread(core: RunCore, code: number): number {
    const others = this.#machine.cores.some((other) => other !== core && (!other.waiting || this.#sleeping.has(other)));
    if (!others) return this.#exit(core, code);
    const at = this.#clearOnExit.get(core);
    if (at !== undefined && at !== 0) {
      this.#machine.memory.store(at, 0, 4);
      this.#wake(at, 1);
    }
    core.waiting = true;
    return 0;
  }

  #read(descriptor: number, address: number, size: number): number {
    if (descriptor !== 0) return -errors.badf;
    const { input = new Uint8Array(0) } = this.#options;
    const bytes = input.subarray(this.#inputAt, this.#inputAt + (size >>> 0));
    this.#machine.memory.write(address >>> 0, bytes);
    this.#inputAt += bytes.length;
    return bytes.length;
  }

  #write(descriptor: number, address: number, size: number): number {
    if (descriptor !== 1 && descriptor !== 2) return -errors.badf;
    const length = Math.min(size, 2 ** 24);
    this.#options.output?.(descriptor, this.#machine.memory.read(address >>> 0, length));
    return length;
  }

  #writeVector(descriptor: number, vector: number, count: number): number {
    let done = 0;
    for (let i = 0; i < Math.min(count, 1024); i++) {
      const [base, size] = [0, 4].map((at) => this.#machine.memory.load((vector + 8 * i + at) | 0, 4));
      const written = size === 0 ? 0 : this.#write(descriptor, base!, size! >>> 0);
      if (written < 0) return written;
      done += written;
    }
    return done;
  }

  #setBreak(end: number): number {
    if (end < this.#space.end || end > this.#mapAt) return this.#break;
    const [from, to] = [page(this.#break), page(end)];
    if (to > from && !this.#machine.memory.map(from, to - from, { read: true, write: true, grows: true }))
      return this.#break;
    this.#break = end;
    return end;
  }

  #map(address: number, size: number, protection: number, flags: number): number {
    const [fixed, anonymous] = [0x10, 0x20];
    if ((flags & anonymous) === 0) return -errors.badf;
    if (size === 0) return -errors.inval;
    const bytes = page(size);
    let at = address & -pageSize;
    if ((flags & fixed) === 0) {
      this.#mapAt -= bytes;
      at = this.#mapAt;
    }
    if (this.#mapAt < this.#break) return -errors.nomem;
    if (!this.#machine.memory.map(at, bytes, permissionsOf(protection))) return -errors.nomem;
    this.#machine.codeChanged(at, bytes);
    return at;
  }

  #unmap(address: number, size: number): number {
    if (size === 0 || (address & (pageSize - 1)) !== 0) return -errors.inval;
    this.#machine.memory.unmap(address, size);
    this.#machine.codeChanged(address, page(size));
    return 0;
  }

  #protect(address: number, size: number, protection: number): number {
    if (size === 0) return 0;
    return this.#machine.memory.protect(address, size, permissionsOf(protection)) ? 0 : -errors.nomem;
  }

  #name(at: number): number {
    const fields = ["Linux", "cmodx", "6.1.0", "#1 SMP", "armv7l", "(none)"];
    fields.forEach((field, i) => {
      const bytes = new Uint8Array(65);
      bytes.set(cString(field));
      this.#machine.memory.write(at + 65 * i, bytes);
    });
    return 0;
  }

  #limit(at: number): number {
    this.#machine.memory.store(at, this.#space.stackTop - this.#space.stackBottom, 4);
    this.#machine.memory.store(at + 4, -1, 4);
    return 0;
  }

  /** A pipe: the program writes when its buffer is full, or when it is told to. */
  #status(descriptor: number, at: number): number {
    if (descriptor < 0 || descriptor > 2) return -errors.badf;
    this.#machine.memory.write(at, new Uint8Array(104));
    this.#machine.memory.store(at + 16, 0o010600, 4);
    this.#machine.memory.store(at + 56, 1024, 4);
    return 0;
  }

  #time(core: RunCore, at: number, unit: bigint, bytes: 4 | 8): number {
    const instructions = this.#machine.cores.reduce((sum, { instructions: done }) => sum + done, 0);
    const now = this.#options.clock?.() ?? BigInt(instructions);
    const billion = 1_000_000_000n;
    void core;
    this.#machine.memory.store(at, Number(now / billion) | 0, 4);
    if (bytes === 8) this.#machine.memory.store(at + 4, 0, 4);
    this.#machine.memory.store(at + bytes, Number((now % billion) / unit), 4);
    if (bytes === 8) this.#machine.memory.store(at + 12, 0, 4);
    return 0;
  }

  #random(at: number, size: number): number {
    const length = Math.min(size, 256);
    this.#machine.memory.write(
      at,
      Uint8Array.from({ length }, (_, i) => (i * 101 + 7) & 255),
    );
    return length;
  }

  /** A thread: a core that waits takes it over. */
  #clone(core: RunCore, [flags, stack, parent, tls, child]: readonly number[]): number {
    const [vm, thread, setTls, parentSet, clear] = [0x100, 0x10000, 0x80000, 0x100000, 0x200000];
    if ((flags! & vm) === 0 || (flags! & thread) === 0) return -errors.nosys;
    const idle = this.#machine.cores.find((other) => other.waiting && !this.#sleeping.has(other));
    if (idle === undefined) {
      this.refusedThreads++;
      return -errors.again;
    }
    idle.cells.set(core.cells.subarray(0, cell.temporaries));
    idle.cells[cell.exclusiveSize] = 0;
    idle.cells[0] = 0;
    idle.cells[13] = stack!;
    idle.cells[15] = core.next;
    if (flags! & setTls) idle.cells[cell.tpidruro] = tls!;
    if (flags! & parentSet) this.#machine.memory.store(parent!, idle.index + 1, 4);
    this.#clearOnExit.set(idle, flags! & clear ? child! : 0);
    idle.waiting = false;
    return idle.index + 1;
  }

  #futex(core: RunCore, at: number, operation: number, value: number): number {
    const kind = operation & 0x7f & ~0x80;
    if (kind === 0 || kind === 9) {
      if (this.#machine.memory.load(at, 4) !== value) return -errors.again;
      this.#sleeping.set(core, at);
      core.waiting = true;
      return 0;
    }
    return kind === 1 || kind === 10 ? this.#wake(at, value) : -errors.nosys;
  }

  #wake(at: number, most: number): number {
    let woken = 0;
    for (const [core, where] of this.#sleeping) {
      if (where !== at || woken >= most) continue;
      this.#sleeping.delete(core);
      core.waiting = false;
      woken++;
    }
    return woken;
  }
}

function permissionsOf(protection: number): { read: boolean; write: boolean; execute: boolean } {
  return { read: (protection & 1) !== 0, write: (protection & 2) !== 0, execute: (protection & 4) !== 0 };
}
