import { Interruption, type RunCore } from "./core.js";
import { MemoryFault } from "./guest-memory.js";

/** Where the registers of a {@link MachineOptions.interruptController} are: two pages in which nothing else may be mapped. */
export interface InterruptControllerAt {
  /** GICD_CTLR is here, GICD_TYPER at 4, GICD_SGIR at 0xf00. */
  readonly distributor: number;
  /** GICC_CTLR is here, GICC_PMR at 4, GICC_IAR at 0xc, GICC_EOIR at 0x10. */
  readonly cpuInterface: number;
}

const page = 0x1000;
/** What GICC_IAR reads when there is nothing to acknowledge. */
const spurious = 1023;
/** Cores that GICD_SGIR can name. */
export const mostInterruptible = 8;

/** The registers of one core's interface. */
interface CpuInterface {
  enabled: boolean;
  mask: number;
  /** Of each of the 16 interrupts, the cores that have sent it and that have not been acknowledged: a bit each. */
  readonly pending: Uint8Array;
  /** What was acknowledged and is not ended, as GICC_IAR read it. */
  active: number | undefined;
}

/**
 * The part of a GICv2 by which cores interrupt each other: software generated interrupts, all of one priority. Everything else of it stops the
 * core that reaches for it.
 */
export class InterruptController {
  readonly #at: InterruptControllerAt;
  readonly #cores: readonly RunCore[];
  readonly #interfaces: readonly CpuInterface[];
  /** Lets an interrupt arrive, now or when a fault lets it. */
  readonly #send: (arrive: () => void) => void;
  readonly #interrupt: (core: RunCore) => void;
  #enabled = false;

  constructor(
    at: InterruptControllerAt,
    cores: readonly RunCore[],
    send: (arrive: () => void) => void,
    interrupt: (core: RunCore) => void,
  ) {
    this.#interrupt = interrupt;
    this.#at = at;
    this.#cores = cores;
    this.#send = send;
    this.#interfaces = cores.map(() => ({ enabled: false, mask: 0, pending: new Uint8Array(16), active: undefined }));
  }

  has(address: number): boolean {
    const at = address >>> 0;
    const { distributor, cpuInterface } = this.#at;
    return (at >= distributor && at < distributor + page) || (at >= cpuInterface && at < cpuInterface + page);
  }

  load(core: RunCore, address: number, size: number): number {
    const own = this.#interfaces[core.index]!;
    switch (this.#register(address, size, "read")) {
      case "d0":
        return this.#enabled ? 1 : 0;
      case "d4":
        return (this.#cores.length - 1) << 5;
      case "c0":
        return own.enabled ? 1 : 0;
      case "c4":
        return own.mask;
      case "cc":
        return this.#acknowledge(core, own);
      default:
        throw unimplemented(address, "reading");
    }
  }

  store(core: RunCore, address: number, value: number, size: number): void {
    const own = this.#interfaces[core.index]!;
    switch (this.#register(address, size, "write")) {
      case "d0":
        this.#enabled = (value & 1) !== 0;
        break;
      case "df00":
        this.#generate(core, value);
        break;
      case "c0":
        own.enabled = (value & 1) !== 0;
        break;
      case "c4":
        own.mask = value & 0xff;
        break;
      case "c10":
        if (own.active === (value & 0x1fff)) own.active = undefined;
        break;
      default:
        throw unimplemented(address, "writing");
    }
    this.signal();
  }

  /** Interrupts the cores that something is pending for and that let it. */
  signal(): void {
    for (const core of this.#cores) {
      const asserted = this.asserts(core);
      if (asserted && !core.interrupted) this.#interrupt(core);
      else core.interrupted = asserted;
    }
  }

  /** Is the core's interrupt line up? An interrupt that is active keeps others of its priority, which all have. */
  asserts({ index }: RunCore): boolean {
    const { enabled, mask, pending, active } = this.#interfaces[index]!;
    return this.#enabled && enabled && mask > 0 && active === undefined && pending.some((sources) => sources !== 0);
  }

  #acknowledge(core: RunCore, own: CpuInterface): number {
    if (!this.asserts(core)) return spurious;
    const id = own.pending.findIndex((sources) => sources !== 0);
    const source = 31 - Math.clz32(own.pending[id]! & -own.pending[id]!);
    own.pending[id] = own.pending[id]! & ~(1 << source);
    own.active = id | (source << 10);
    core.interruptsTaken++;
    core.interrupted = false;
    return own.active;
  }

  /** GICD_SGIR: to the cores of a list, to all others, or to itself. */
  #generate(from: RunCore, value: number): void {
    const filter = (value >>> 24) & 3;
    if (filter === 3)
      throw new Interruption({ kind: "unpredictable", reason: "GICD_SGIR with a reserved target filter" });
    const listed = [(value >>> 16) & 0xff, ~(1 << from.index), 1 << from.index][filter]!;
    const id = value & 15;
    for (const to of this.#cores) {
      if (((listed >> to.index) & 1) === 0) continue;
      from.interruptsSent++;
      this.#send(() => {
        const { pending } = this.#interfaces[to.index]!;
        pending[id] = pending[id]! | (1 << from.index);
        this.signal();
      });
    }
  }

  #register(address: number, size: number, kind: "read" | "write"): string {
    if ((address & (size - 1)) !== 0) throw new MemoryFault(kind, address, "alignment");
    if (size !== 4) throw unimplemented(address, "part of");
    const at = address >>> 0;
    const { distributor, cpuInterface } = this.#at;
    return at >= distributor && at < distributor + page
      ? `d${(at - distributor).toString(16)}`
      : `c${(at - cpuInterface).toString(16)}`;
  }
}

function unimplemented(address: number, what: string): Interruption {
  const at = `0x${(address >>> 0).toString(16)}`;
  return new Interruption({ kind: "unimplemented", reason: `${what} the interrupt controller's register at ${at}` });
}
