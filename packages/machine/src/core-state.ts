import type { Row } from "@cmodx/explore";

/** A value with its view: the latest message that had to be there for the value to be known. */
export interface Value {
  readonly value: number;
  readonly view: number;
  /**
   * The latest message a choice of this value depended on (a conditional instruction's condition): it holds back stores, cache
   * maintenance and context synchronisation that use the value, but not loads, as a branch would. 0 when left out.
   */
  readonly pick?: number;
}

/** Where a core is in its program. */
export interface Place {
  /** 0 in the core's own steps, 1 in its interrupt handler. */
  frame: number;
  /** Index of the next step of the frame. */
  step: number;
  /** Is the step's code being executed (then `pc` counts)? */
  running: boolean;
  pc: number;
  /** Index of the instruction set in use. */
  isa: number;
  /** Times the step's code is still to be entered after this one. */
  calls: number;
}

/** What an interrupt handler saves and restores. */
export interface Registers {
  readonly registers: number[];
  readonly registerViews: number[];
  readonly registerPicks: number[];
  readonly flags: number;
  readonly flagsView: number;
  readonly flagsPick: number;
  readonly it: number;
}

/**
 * One core: registers with views, and the views that bound what it may read, fetch and write next. The names are those of
 * docs/model.md: `vrO` is the latest view of old reads, `vrN` the bound for new ones, and so on. All are positions in M.
 *
 * @example
 * ```ts
 * const core = new CoreState([1, 2], [0, 0]);
 * const copy = core.copy();
 * copy.registers[0] = 7;
 * core.registers[0]; // 1
 * ```
 */
export class CoreState implements Place {
  frame = 0;
  step = 0;
  running = false;
  pc = 0;
  isa = 0;
  calls = 0;
  /** Where the interrupted program was, while in the handler. */
  interrupted: (Place & Registers) | undefined;
  /** Position of the last interrupt taken, and of the last one raised. */
  interruptAt = 0;
  raisedAt = 0;

  registers: number[];
  registerViews: number[];
  registerPicks: number[] = [];
  /** N, Z, C, V in bits 3 to 0. */
  flags = 0;
  flagsView = 0;
  flagsPick = 0;
  /** Thumb's ITSTATE. */
  it = 0;
  /** Return address of the exception being handled in code; 0 while there is none. */
  exceptionReturn: Value = { value: 0, view: 0 };

  /** Latest view of a read, of a write (old ones: already done). */
  vrO = 0;
  vwO = 0;
  /** Bounds for reads and writes still to come. */
  vrN = 0;
  vwN = 0;
  /** Control and address-then-program-order; control only. */
  vCAP = 0;
  vC = 0;
  /** Latest own clean, latest own invalidate; bounds for the next ones. */
  vD = 0;
  vI = 0;
  vDN = 0;
  vIN = 0;
  /** What the last DSB waited for: an ISB makes fetches see it. */
  vDSB = 0;
  /** The fetch view: no instruction is fetched from an older state of M than this. */
  vF = 0;
  /**
   * The latest own invalidate that a DSB has waited for, and that a context synchronisation after it has made vF stand for. No rule asks for
   * them: they say which invalidates are behind vF whatever the order of messages is.
   */
  finishedI = 0;
  fetchedI = 0;
  /** Latest store-release. */
  vRel = 0;

  /** By cell: coherence (what this core must not go behind), own last store and its view (to forward from). */
  coh: number[] = [];
  forwardAt: number[] = [];
  forwardView: number[] = [];
  /** By cell: 1 where the last own store is a store-exclusive, which no load-acquire reads early. */
  forwardExclusive: number[] = [];
  /** By line: latest access of this core to it, which a clean of the line must follow. */
  scl: number[] = [];

  /** The exclusive monitor: position the last LDREX read from, -1 when open. */
  exclusiveAt = -1;
  exclusiveAddress = 0;
  exclusiveSize = 0;

  /** Number of the observation log (see Observations). */
  log = 0;
  /** Number of the reason this core stopped for good, 0 while it runs. */
  stopped = 0;

  /**
   * Makes a core's state before its first step.
   *
   * @param registers - R0 to R15
   * @param registerViews - the view of each
   */
  constructor(registers: number[], registerViews: number[]) {
    this.registers = registers;
    this.registerViews = registerViews;
  }

  copy(): CoreState {
    const copy = new CoreState(this.registers.slice(), this.registerViews.slice());
    copy.frame = this.frame;
    copy.step = this.step;
    copy.running = this.running;
    copy.pc = this.pc;
    copy.isa = this.isa;
    copy.calls = this.calls;
    copy.interrupted = this.interrupted;
    copy.interruptAt = this.interruptAt;
    copy.raisedAt = this.raisedAt;
    copy.flags = this.flags;
    copy.flagsView = this.flagsView;
    copy.flagsPick = this.flagsPick;
    copy.registerPicks = this.registerPicks.slice();
    copy.it = this.it;
    copy.exceptionReturn = this.exceptionReturn;
    copy.vrO = this.vrO;
    copy.vwO = this.vwO;
    copy.vrN = this.vrN;
    copy.vwN = this.vwN;
    copy.vCAP = this.vCAP;
    copy.vC = this.vC;
    copy.vD = this.vD;
    copy.vI = this.vI;
    copy.vDN = this.vDN;
    copy.vIN = this.vIN;
    copy.vDSB = this.vDSB;
    copy.vF = this.vF;
    copy.finishedI = this.finishedI;
    copy.fetchedI = this.fetchedI;
    copy.vRel = this.vRel;
    copy.coh = this.coh.slice();
    copy.forwardAt = this.forwardAt.slice();
    copy.forwardView = this.forwardView.slice();
    copy.forwardExclusive = this.forwardExclusive.slice();
    copy.scl = this.scl.slice();
    copy.exclusiveAt = this.exclusiveAt;
    copy.exclusiveAddress = this.exclusiveAddress;
    copy.exclusiveSize = this.exclusiveSize;
    copy.log = this.log;
    copy.stopped = this.stopped;
    return copy;
  }

  /**
   * Writes the state down as words: equal states give equal words.
   *
   * @param row - is appended to
   */
  encode(row: Row): void {
    encodePlace(this, row);
    row.push(this.interruptAt);
    row.push(this.raisedAt);
    row.pushTrimmed(this.registers);
    row.pushTrimmed(this.registerViews);
    row.push(this.flags | (this.it << 4));
    row.push(this.flagsView);
    row.push(this.flagsPick);
    row.pushTrimmed(this.registerPicks);
    row.push(this.exceptionReturn.value);
    row.push(this.exceptionReturn.view);
    row.push(this.vrO);
    row.push(this.vwO);
    row.push(this.vrN);
    row.push(this.vwN);
    row.push(this.vCAP);
    row.push(this.vC);
    row.push(this.vD);
    row.push(this.vI);
    row.push(this.vDN);
    row.push(this.vIN);
    row.push(this.vDSB);
    row.push(this.vF);
    row.push(this.finishedI);
    row.push(this.fetchedI);
    row.push(this.vRel);
    row.pushTrimmed(this.coh);
    row.pushTrimmed(this.forwardAt);
    row.pushTrimmed(this.forwardView);
    row.pushTrimmed(this.forwardExclusive);
    row.pushTrimmed(this.scl);
    row.push(this.exclusiveAt);
    row.push(this.exclusiveAddress);
    row.push(this.exclusiveSize);
    row.push(this.log);
    row.push(this.stopped);
    const { interrupted } = this;
    if (interrupted === undefined) return;
    encodePlace(interrupted, row);
    row.pushTrimmed(interrupted.registers);
    row.pushTrimmed(interrupted.registerViews);
    row.pushTrimmed(interrupted.registerPicks);
    row.push(interrupted.flags | (interrupted.it << 4));
    row.push(interrupted.flagsView);
    row.push(interrupted.flagsPick);
  }
}

function encodePlace(place: Place, row: Row): void {
  row.push(place.frame | (place.step << 1));
  row.push((place.running ? 1 : 0) | (place.isa << 1));
  row.push(place.pc);
  row.push(place.calls);
}
