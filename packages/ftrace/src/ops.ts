import type { DynRecord } from "./record.js";

/** What a traced function was entered with. */
export interface CallContext {
  /** Address of the function's call, and the record there. */
  readonly ip: number;
  readonly record: DynRecord;
  /** Where the function returns to. */
  readonly parent: number;
  readonly core: number;
  /** The core's registers as they were before the call, to read and, with IPMODIFY, to change; only for ops that save them. */
  readonly registers: Int32Array | undefined;
}

export type OpsHandler = (context: CallContext) => void;

/** What ops may ask for. */
export interface OpsOptions {
  /** The handler wants registers: `FTRACE_OPS_FL_SAVE_REGS`. */
  readonly saveRegs?: boolean;
  /** The handler may change where the function goes on; only one of these may trace a function. */
  readonly ipModify?: boolean;
  /** The handler protects itself from being called for a function that it calls: `FTRACE_OPS_FL_RECURSION`. */
  readonly recursionSafe?: boolean;
  /** Cores to trace on; all by default. */
  readonly cores?: ReadonlySet<number>;
}

/** Somebody who wants to be told of functions: a handler, and which functions. */
export class FtraceOps {
  readonly name: string;
  readonly handler: OpsHandler;
  readonly options: OpsOptions;
  /** Addresses of records; empty means all. */
  readonly filter: Set<number> = new Set();
  /** Addresses that are left out whatever `filter` says. */
  readonly notrace: Set<number> = new Set();
  enabled = false;

  constructor(name: string, handler: OpsHandler, options: OpsOptions = {}) {
    this.name = name;
    this.handler = handler;
    this.options = options;
  }

  /** The hash rule: in the filter where there is one, and not in `notrace`. */
  traces({ ip }: Pick<DynRecord, "ip">): boolean {
    return (this.filter.size === 0 || this.filter.has(ip)) && !this.notrace.has(ip);
  }
}
