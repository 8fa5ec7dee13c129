import { encodeBranch, type Insn, type Isa } from "@cmodx/codec";
import { type CodeMemory, type Edit, insnIn } from "@cmodx/patching";
import { matches, type Pattern } from "@cmodx/trace";
import { ftraceBugText, type PatchFailure, type UpdateKind } from "./ftrace-bug.js";
import type { CallContext, FtraceOps } from "./ops.js";
import { type DynRecord, RECORD } from "./record.js";
import { countWishes } from "./record-flags.js";
import { linuxForm, type SiteChange, type SiteForm } from "./site-form.js";
import type { TracerCode, TracerCodes } from "./tracer-code.js";

/** Whoever makes edits; each call is one round. */
export interface FtracePatcher {
  readonly memory: CodeMemory;
  patch(edits: readonly Edit[]): void;
  /** Makes the rounds of one command: Linux has the whole machine stop around them. */
  command?(rounds: () => void): void;
  /** Makes edits of code that nobody executes yet. */
  prepare?(edits: readonly Edit[]): void;
}

/** What the kernel's functions return: that it is done, or the errno. */
export type FtraceAnswer = "ok" | "-EINVAL" | "-EBUSY" | "-ENODEV" | "-ENOENT" | "-ERANGE";

/** The graph tracer's switch, which is not an ops of its own on ARM. */
export type GraphState = "off" | "on";

/** What the tracer works on: the records, the code that their calls go to, who makes the edits, and how a site looks. */
export interface FtraceOptions {
  readonly records: readonly DynRecord[];
  readonly code: TracerCodes;
  readonly patcher: FtracePatcher;
  /** What the calls in the tracer's code go to for a single ops; the list function where it has no address. */
  readonly addressOf?: (ops: FtraceOps, isa: Isa) => number | undefined;
  /** Code that calls one ops and nobody else, for functions that only it traces; none on ARM in Linux. */
  readonly trampolineOf?: (ops: FtraceOps, isa: Isa) => number | undefined;
  /** An entry of the function itself that calls its only tracer. */
  readonly entryOf?: (record: DynRecord, ops: FtraceOps) => number | undefined;
  /** An ops is gone, and no site calls its trampoline any more. */
  readonly gone?: (ops: FtraceOps) => void;
  /** An entry of the record's module's PLT for a target that its site cannot reach. */
  readonly pltOf?: (record: DynRecord, target: number) => number | undefined;
  /** How sites look; Linux' own way by default. */
  readonly form?: SiteForm;
  /** Whether boot is over: sites in init text call the common entry from then on, if they are there at all. */
  readonly booted?: boolean;
}

/** Who keeps filters of modules that come and go. */
export interface ModuleListener {
  come(module: string): void;
  gone(ips: ReadonlySet<number>): void;
}

/**
 * The kernel's function tracer: counts who wants which function, and keeps the call sites as they are wanted.
 *
 * A change that fails stops everything: ftrace is off from then on, and {@link Ftrace.bug} says what the kernel would have printed.
 *
 * @example
 * ```ts
 * import { applyEdits, bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x8000, new Uint8Array(0x2000));
 * const { bytes, code } = assembleTrampolines("a32", 0x9000);
 * memory.write(0x9000, bytes);
 * memory.write(0x8000, Uint8Array.of(0x04, 0xd0, 0x8d, 0xe2));
 * const records = [new DynRecord({ isa: "a32", ip: 0x8000, name: "vfs_read" })];
 * const patcher = { memory, patch: (edits: Parameters<typeof applyEdits>[0]) => applyEdits(edits, memory) };
 * const ftrace = new Ftrace({ records, code: { a32: code }, patcher });
 * const seen: string[] = [];
 * const ops = new FtraceOps("mine", ({ record }) => seen.push(record.name));
 * ops.filter.add(0x8000);
 * ftrace.register(ops); // "ok"
 * records[0]!.count; // 1
 * ftrace.call({ ip: 0x8000, record: records[0]!, parent: 0, core: 0, site: 0, registers: undefined });
 * seen; // ["vfs_read"]
 * ```
 *
 * @see linux kernel/trace/ftrace.c, arch/arm/kernel/ftrace.c
 */
export class Ftrace {
  /** Registered ops, the latest first. */
  readonly ops: FtraceOps[] = [];
  /** The kernel's report of the failure that switched ftrace off. */
  bug: string | undefined;
  graph: GraphState = "off";
  #records: readonly DynRecord[];
  #byIp: ReadonlyMap<number, DynRecord>;
  #options: FtraceOptions;
  #form: SiteForm;
  readonly #moduleListeners: ModuleListener[] = [];
  /** Cores on which the list function is running. */
  readonly #listing = new Set<number>();
  #booted: boolean;

  /**
   * Makes the tracer's records from a table of call sites; nobody traces at first.
   *
   * @param options - the sites, the code's memory, by whom it is patched and in which form
   */
  constructor(options: FtraceOptions) {
    this.#options = options;
    this.#form = options.form ?? linuxForm;
    this.#booted = options.booted ?? true;
    this.#records = [];
    this.#byIp = new Map();
    this.#setRecords(options.records);
  }

  /** In the order of their addresses. */
  get records(): readonly DynRecord[] {
    return this.#records;
  }

  /** Ftrace met a site that it could not change, and does nothing any more. */
  get disabled(): boolean {
    return this.bug !== undefined;
  }

  /**
   * The record of a call site.
   *
   * @param ip - address of the site
   */
  recordAt(ip: number): DynRecord | undefined {
    return this.#byIp.get(ip);
  }

  /**
   * The functions that a pattern means; an index counts from 1, as in `available_filter_functions`.
   *
   * @param pattern - from `parsePattern`
   */
  select(pattern: Pattern): DynRecord[] {
    const live = this.#records.filter((record) => !record.has(RECORD.DISABLED));
    if (pattern.kind === "index") return live.slice(Number(pattern.search) - 1, Number(pattern.search));
    return live.filter(({ name }) => matches(pattern, name));
  }

  freeInit(): void {
    this.#booted = true;
  }

  /** Switches every site off, as the kernel does at boot. */
  initialise(): FtraceAnswer {
    return this.#initialise(this.#records);
  }

  /**
   * Goes over to another way of patching, with sites of another form: they must be as they were built, and nobody execute them.
   *
   * @param way - where the code is, by whom it is patched, and in which form
   * @returns `-EBUSY` while somebody traces
   */
  reshape(way: Pick<FtraceOptions, "code" | "patcher" | "form">): FtraceAnswer {
    if (this.ops.length > 0 || this.graph === "on") return "-EBUSY";
    this.#options = { ...this.#options, ...way };
    this.#form = way.form ?? linuxForm;
    this.#last = "stub";
    for (const record of this.#records) record.target = undefined;
    return this.initialise();
  }

  /**
   * A module is being loaded: its sites are switched off, and stay so until it is live.
   *
   * @param records - each with the module's name
   */
  loadModule(records: readonly DynRecord[]): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    for (const record of records) record.set(RECORD.DISABLED, true);
    this.#setRecords([...this.#records, ...records]);
    return this.#initialise(records);
  }

  /**
   * The module is live: whoever traces everything traces it too, and filters that waited for it are applied.
   *
   * @param module - its name
   */
  enableModule(module: string): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    for (const record of this.#ofModule(module)) record.set(RECORD.DISABLED, false);
    const answer = this.#recount();
    for (const listener of this.#moduleListeners) listener.come(module);
    return answer;
  }

  /**
   * The module is gone. Filters that named its functions still are filters: they name nobody.
   *
   * @param module - its name
   */
  unloadModule(module: string): void {
    const gone = new Set(this.#ofModule(module).map(({ ip }) => ip));
    this.#setRecords(this.#records.filter(({ ip }) => !gone.has(ip)));
    for (const ops of this.ops) ops.forget(gone);
    for (const listener of this.#moduleListeners) listener.gone(gone);
  }

  /**
   * Whether a module of this name is loaded.
   *
   * @param name - of the module
   */
  hasModule(name: string): boolean {
    return this.#records.some(({ module }) => module === name);
  }

  /**
   * Has somebody told of modules that come and go.
   *
   * @param listener - is told
   */
  onModule(listener: ModuleListener): void {
    this.#moduleListeners.push(listener);
  }

  /**
   * `register_ftrace_function`.
   *
   * @param ops - who wants to be called
   */
  register(ops: FtraceOps): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    if (this.ops.includes(ops)) return "-EBUSY";
    const modified = this.#claimIpModify(ops);
    if (modified !== "ok") return modified;
    ops.enabled = true;
    this.ops.unshift(ops);
    return this.#recount();
  }

  /**
   * `unregister_ftrace_function`.
   *
   * @param ops - one that is registered
   */
  unregister(ops: FtraceOps): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    const at = this.ops.indexOf(ops);
    if (at < 0) return "-ENOENT";
    this.ops.splice(at, 1);
    ops.enabled = false;
    const answer = this.#recount();
    if (answer === "ok") this.#options.gone?.(ops);
    return answer;
  }

  /**
   * Changes an ops' filter and brings the sites up to date; where the new filter is refused the old one stays.
   *
   * @param ops - whose filter changes
   * @param change - changes it
   */
  refilter(ops: FtraceOps, change: (ops: FtraceOps) => void): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    const [filter, notrace] = [[...ops.filter], [...ops.notrace]];
    change(ops);
    const sharing = this.ops.filter((other) => other.filter === ops.filter);
    const answer = sharing.map((each) => this.#claimIpModify(each)).find((each) => each !== "ok") ?? "ok";
    if (answer !== "ok") {
      restore(ops.filter, filter);
      restore(ops.notrace, notrace);
      return answer;
    }
    return sharing.length === 0 ? "ok" : this.#recount();
  }

  /**
   * Starts or stops the graph: the branch inside the tracer's own code.
   *
   * @param state - what the branch becomes
   */
  setGraph(state: GraphState): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    if (this.graph === state) return "ok";
    this.graph = state;
    this.#command(() =>
      this.#patch(
        this.#codes().flatMap(([isa, { graphCalls }]) =>
          graphCalls.flatMap(({ at, to }) =>
            this.#towards(isa, at, this.#form.toggle(isa, at, state === "on" ? to : undefined)),
          ),
        ),
      ),
    );
    return "ok";
  }

  /**
   * Who is to be told of a function's call: in the order in which the list function asks them.
   *
   * @param record - of the function
   * @param core - that calls, from 0
   */
  *listeners(record: DynRecord, core: number): Generator<FtraceOps> {
    for (const ops of this.ops) {
      if (ops.options.stub !== true && ops.traces(record) && (ops.options.cores?.has(core) ?? true)) yield ops;
    }
  }

  /**
   * A site called the tracer: whoever listens is told. While the list function tells one, it tells nobody on the same core of what that
   * one calls; only an ops that is alone and protects itself is told again.
   *
   * @param context - the function, its caller, the core and its registers
   */
  call(context: CallContext): void {
    const { record, core } = context;
    const final = this.#final();
    const tell = () => {
      for (const ops of this.listeners(record, core)) ops.handler(context);
    };
    if (final === "list" || final === "stub") this.#protected(core, tell);
    else tell();
  }

  /**
   * An ops' own trampoline was called: only it is told.
   *
   * @param ops - whose trampoline it is
   * @param context - the function, its caller, the core and its registers
   */
  callOnly(ops: FtraceOps, context: CallContext): void {
    if (ops.options.cores?.has(context.core) === false) return;
    if (ops.options.recursionSafe === true) ops.handler(context);
    else this.#protected(context.core, () => ops.handler(context));
  }

  /** Not while the same core is in one already. */
  #protected(core: number, tell: () => void): void {
    if (this.#listing.has(core)) return;
    this.#listing.add(core);
    try {
      tell();
    } finally {
      this.#listing.delete(core);
    }
  }

  /**
   * Code that an ops wants called in the function's stead, where others trace it too.
   *
   * @param record - of the function
   */
  directOf(record: DynRecord): number | undefined {
    if (!record.has(RECORD.DIRECT)) return undefined;
    return this.ops.find((ops) => ops.options.direct !== undefined && ops.traces(record))?.options.direct;
  }

  /** What every record's site is now, a line each: what somebody wants to know when ftrace has stopped. */
  report(): string {
    return this.#records
      .map((record) => `${record.listed}: ${record.target === undefined ? "off" : `calls ${hex(record.target)}`}\n`)
      .join("");
  }

  #recount(): FtraceAnswer {
    countWishes(this.#records, this.ops, (ops, isa) => this.#options.trampolineOf?.(ops, isa) !== undefined);
    return this.#update();
  }

  /** `ftrace_modify_all_code`: first the list function, which asks every ops' filter, then the sites, then the function of the moment. */
  #update(): FtraceAnswer {
    this.#command(() => {
      this.#patch(this.#functions(this.ops.length === 0 ? this.#last : "list"));
      if (!this.#changeSites()) return;
      this.#last = this.#final();
      this.#patch(this.#functions(this.#last));
    });
    return this.disabled ? "-ENODEV" : "ok";
  }

  #last: "stub" | "list" | FtraceOps = "stub";

  /** What the tracer's calls call: nothing, the only ops there is, or the list function. */
  #final(): "stub" | "list" | FtraceOps {
    const [only, second] = this.ops;
    if (only === undefined) return "stub";
    if (second !== undefined) return "list";
    const { recursionSafe, cores, stub } = only.options;
    if (stub === true) return "stub";
    return recursionSafe === true && cores === undefined ? only : "list";
  }

  #functions(chosen: "stub" | "list" | FtraceOps): Edit[] {
    return this.#codes().flatMap(([isa, code]) => {
      const target =
        chosen === "stub"
          ? code.stub
          : chosen === "list"
            ? code.listFunction
            : (this.#options.addressOf?.(chosen, isa) ?? code.listFunction);
      return code.ftraceCalls.flatMap((at) => {
        const made = encodeBranch({ isa, kind: "bl" }, at, target);
        return made.ok ? this.#towards(isa, at, made.insn) : [];
      });
    });
  }

  /** Brings the sites up to date; false where one could not be, and then none was. */
  #changeSites(): boolean {
    const changes: { record: DynRecord; target: number | undefined; regs: boolean; edits: readonly Edit[] }[] = [];
    for (const record of this.#records) {
      if (record.has(RECORD.DISABLED) && !record.has(RECORD.ENABLED)) continue;
      const wanted = record.count > 0 && !record.has(RECORD.DISABLED);
      const regs = wanted && record.has(RECORD.REGS);
      const target = wanted ? this.#reach(record, this.#callee(record)) : undefined;
      if (target === record.target) {
        this.#settle(record, wanted, regs);
        continue;
      }
      const kind: UpdateKind = !wanted ? "nop" : record.target === undefined ? "call" : "modify";
      const change = this.#form.change(this.#memory, record, record.target, target);
      if (!change.ok) {
        this.#fail(change, kind, record);
        return false;
      }
      changes.push({ record, target, regs, edits: change.edits });
    }
    const stages = Math.max(0, ...changes.map(({ edits }) => edits.length));
    for (let stage = 0; stage < stages; stage++) this.#patch(changes.flatMap(({ edits }) => edits[stage] ?? []));
    for (const { record, target, regs } of changes) {
      record.target = target;
      this.#settle(record, target !== undefined, regs);
      if (target !== undefined) record.set(RECORD.TOUCHED, true);
    }
    return true;
  }

  /** The bits that tell what is in memory follow those that tell what is wanted. */
  #settle(record: DynRecord, on: boolean, regs: boolean): void {
    record.set(RECORD.ENABLED, on);
    record.set(RECORD.REGS_EN, regs);
    record.set(RECORD.TRAMP_EN, on && record.has(RECORD.TRAMP));
    record.set(RECORD.CALL_OPS_EN, on && record.has(RECORD.CALL_OPS));
    record.set(RECORD.DIRECT_EN, on && record.has(RECORD.DIRECT) && record.count === 1);
    if (on && (record.has(RECORD.IPMODIFY) || record.has(RECORD.DIRECT))) record.set(RECORD.MODIFIED, true);
  }

  /** What a record's site is to call: the only ops' own target or trampoline, or the common entry. */
  #callee(record: DynRecord): number {
    const { isa, init } = record;
    const code = this.#options.code[isa];
    if (record.count === 1) {
      const only = this.ops.find((ops) => ops.traces(record));
      const own = only === undefined ? undefined : this.#ownTarget(record, only);
      if (own !== undefined) return own;
    }
    if (code === undefined) return 0;
    // Init text may be too far from the common entry, and has one of its own until boot is over.
    const early = init && !this.#booted;
    return record.has(RECORD.REGS)
      ? ((early ? code.regsCallerFromInit : undefined) ?? code.regsCaller)
      : ((early ? code.callerFromInit : undefined) ?? code.caller);
  }

  /** What the site of a function calls that only one ops traces. */
  #ownTarget(record: DynRecord, only: FtraceOps): number | undefined {
    const { trampolineOf, entryOf } = this.#options;
    if (only.options.direct !== undefined) return only.options.direct;
    return trampolineOf?.(only, record.isa) ?? (record.has(RECORD.CALL_OPS) ? entryOf?.(record, only) : undefined);
  }

  /** The target, or what stands for it in the module's PLT where the site cannot reach so far. */
  #reach(record: DynRecord, target: number): number {
    const { pltOf } = this.#options;
    if (pltOf === undefined || encodeBranch({ isa: record.isa, kind: "bl" }, record.ip, target).ok) return target;
    return pltOf(record, target) ?? target;
  }

  #initialise(records: readonly DynRecord[]): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    const edits: Edit[] = [];
    for (const record of records) {
      const change = this.#form.initialise(this.#memory, record);
      if (!change.ok) {
        this.#fail(change, "init", record);
        return "-ENODEV";
      }
      edits.push(...change.edits);
    }
    if (edits.length === 0) return "ok";
    const { patcher } = this.#options;
    if (patcher.prepare === undefined) patcher.patch(edits);
    else patcher.prepare(edits);
    return "ok";
  }

  get #memory(): CodeMemory {
    return this.#options.patcher.memory;
  }

  #command(rounds: () => void): void {
    const { patcher } = this.#options;
    if (patcher.command === undefined) rounds();
    else patcher.command(rounds);
  }

  #patch(edits: readonly Edit[]): void {
    if (edits.length > 0) this.#options.patcher.patch(edits);
  }

  /** The edit that makes a place of the tracer's own code what it is to be. */
  #towards(isa: Isa, address: number, to: Insn): Edit[] {
    const from = insnIn(this.#memory, isa, address);
    return from.word === to.word && from.size === to.size ? [] : [{ isa, address, from, to }];
  }

  #codes(): [Isa, TracerCode][] {
    return (["a32", "t32"] as const).flatMap((isa) => {
      const code = this.#options.code[isa];
      return code === undefined ? [] : [[isa, code] as [Isa, TracerCode]];
    });
  }

  #fail({ failure, actual }: SiteChange & { readonly ok: false }, kind: UpdateKind, record: DynRecord): void {
    const reason: PatchFailure = failure;
    this.bug = ftraceBugText(reason, kind, record, actual, this.#callee(record));
  }

  #setRecords(records: readonly DynRecord[]): void {
    this.#records = records.toSorted((a, b) => a.ip - b.ip);
    this.#byIp = new Map(this.#records.map((record) => [record.ip, record]));
  }

  #ofModule(name: string): DynRecord[] {
    return this.#records.filter(({ module }) => module === name);
  }

  /** Only one ops may change where a function goes on, and it must say which functions it means. */
  #claimIpModify(ops: FtraceOps): FtraceAnswer {
    if (!changesPath(ops)) return "ok";
    if (ops.filter.size === 0) return "-EINVAL";
    const others = this.ops.filter((other) => other !== ops && changesPath(other));
    const taken = this.#records.some((record) => ops.traces(record) && others.some((other) => other.traces(record)));
    return taken ? "-EBUSY" : "ok";
  }
}

/** Whether an ops may send a function elsewhere. */
function changesPath({ options }: FtraceOps): boolean {
  return options.ipModify === true;
}

function restore(set: Set<number>, values: readonly number[]): void {
  set.clear();
  for (const value of values) set.add(value);
}

function hex(address: number): string {
  return `0x${(address >>> 0).toString(16)}`;
}
