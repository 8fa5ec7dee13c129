import type { DynRecord } from "./record.js";

/** What a traced function was entered with. */
export interface CallContext {
  /** Address of the function's call, and the record there. */
  readonly ip: number;
  readonly record: DynRecord;
  /** Where the function returns to. */
  readonly parent: number;
  readonly core: number;
  /** Address of the word that the call site pushed; 0 where there is no stack. */
  readonly site: number;
  /** The core's registers as they were before the call, to read and, with IPMODIFY, to change; only for ops that save them. */
  readonly registers: Int32Array | undefined;
}

/** No record has this address. */
const GONE = -1;

/** Is told of a call of a traced function. */
export type OpsHandler = (context: CallContext) => void;

/** What ops may ask for. */
export interface OpsOptions {
  /** The handler wants registers: `FTRACE_OPS_FL_SAVE_REGS`. */
  readonly saveRegs?: boolean;
  /** The handler may change where the function goes on; only one of these may trace a function. */
  readonly ipModify?: boolean;
  /** The handler may be called for a function that it calls itself: it needs no `FTRACE_OPS_FL_RECURSION`. */
  readonly recursionSafe?: boolean;
  /** Only the sites are wanted and nobody is called, as for the graph: `FTRACE_OPS_FL_STUB`. */
  readonly stub?: boolean;
  /** A trampoline of its own, for functions that nobody else traces: neither the list nor a filter is asked. */
  readonly trampoline?: boolean;
  /** Functions that nobody else traces name it in a word of theirs, so that no list is asked; without registers. */
  readonly callOps?: boolean;
  /** Address of code that sites call directly, without the tracer in between, where nobody else traces the function. */
  readonly direct?: number;
  /** Cores to trace on; all by default. */
  readonly cores?: ReadonlySet<number>;
}

/**
 * Somebody who wants to be told of functions: a handler, and which functions.
 *
 * @example
 * ```ts
 * const ops = new FtraceOps("mine", () => undefined, { saveRegs: true });
 * ops.traces({ ip: 0x8000 }); // true
 * ops.notrace.add(0x8000);
 * ops.traces({ ip: 0x8000 }); // false
 * ```
 */
export class FtraceOps {
  readonly name: string;
  readonly handler: OpsHandler;
  readonly options: OpsOptions;
  /** Addresses of records; empty means all. */
  readonly filter: Set<number>;
  /** Addresses that are left out whatever `filter` says. */
  readonly notrace: Set<number>;
  enabled = false;

  /**
   * @param name - for texts
   * @param handler - is called for each function that it traces
   * @param options - what it wants of a call: registers, recursion, a trampoline of its own
   * @param sharing - whose filters it has too: what changes for one changes for both
   */
  constructor(name: string, handler: OpsHandler, options: OpsOptions = {}, sharing?: FtraceOps) {
    this.name = name;
    this.handler = handler;
    this.options = options;
    this.filter = sharing?.filter ?? new Set();
    this.notrace = sharing?.notrace ?? new Set();
  }

  /**
   * The hash rule: in the filter where there is one, and not in `notrace`.
   *
   * @param record - of the function
   */
  traces({ ip }: Pick<DynRecord, "ip">): boolean {
    return (this.filter.size === 0 || this.filter.has(ip)) && !this.notrace.has(ip);
  }

  /** Functions are gone. A filter that named them is not empty for that, which would mean all. */
  forget(ips: ReadonlySet<number>): void {
    for (const set of [this.filter, this.notrace]) {
      for (const ip of ips) if (set.delete(ip)) set.add(GONE);
    }
  }
}
