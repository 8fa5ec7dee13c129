import { encodeBranch, type Insn, type Isa } from "@cmodx/codec";
import { type CodeMemory, type Edit, insnIn, runtimeNop } from "@cmodx/patching";
import { callNop, stateOf } from "./call-site.js";
import { ftraceBugText, type PatchFailure, type UpdateKind } from "./ftrace-bug.js";
import type { FtraceOps } from "./ops.js";
import { type DynRecord, RECORD } from "./record.js";
import type { TracerCode, TracerCodes } from "./tracer-code.js";

/** Whoever makes edits; each call is one round: a machine stop in Linux. */
export interface FtracePatcher {
  readonly memory: CodeMemory;
  patch(edits: readonly Edit[]): void;
}

export type FtraceAnswer = "ok" | "-EINVAL" | "-EBUSY" | "-ENODEV" | "-ENOENT";

/** The graph tracer's switch, which is not an ops of its own on ARM. */
export type GraphState = "off" | "on";

export interface FtraceOptions {
  readonly records: readonly DynRecord[];
  readonly code: TracerCodes;
  readonly patcher: FtracePatcher;
  /** What the calls in the tracer's code go to for a single ops without a filter; the list function where it has no address. */
  readonly addressOf?: (ops: FtraceOps, isa: Isa) => number | undefined;
  /** Whether boot is over: sites in init text call the common entry from then on, if they are there at all. */
  readonly booted?: boolean;
}

/**
 * The kernel's function tracer: counts who wants which function, and keeps the call sites as they are wanted.
 *
 * A change that fails stops everything: ftrace is off from then on, and {@link Ftrace.bug} says what the kernel would have printed.
 *
 * @see linux kernel/trace/ftrace.c, arch/arm/kernel/ftrace.c
 */
export class Ftrace {
  readonly records: readonly DynRecord[];
  /** Registered ops, the latest first. */
  readonly ops: FtraceOps[] = [];
  /** The kernel's report of the failure that switched ftrace off. */
  bug: string | undefined;
  graph: GraphState = "off";
  readonly #code: TracerCodes;
  readonly #patcher: FtracePatcher;
  readonly #addressOf: NonNullable<FtraceOptions["addressOf"]>;
  readonly #byIp: ReadonlyMap<number, DynRecord>;
  #booted: boolean;

  constructor({ records, code, patcher, addressOf = () => undefined, booted = true }: FtraceOptions) {
    this.records = records.toSorted((a, b) => a.ip - b.ip);
    this.#code = code;
    this.#patcher = patcher;
    this.#addressOf = addressOf;
    this.#booted = booted;
    this.#byIp = new Map(this.records.map((record) => [record.ip, record]));
  }

  /** Ftrace met a site that it could not change, and does nothing any more. */
  get disabled(): boolean {
    return this.bug !== undefined;
  }

  recordAt(ip: number): DynRecord | undefined {
    return this.#byIp.get(ip);
  }

  freeInit(): void {
    this.#booted = true;
  }

  /** Switches every site off, as the kernel does at boot and a module's at load. */
  initialise(): FtraceAnswer {
    return this.#round(() => {
      const edits: Edit[] = [];
      for (const record of this.records) {
        const found = this.#expect(record, "init", (insn) => stateOf(insn) === "call" || stateOf(insn) === "nop");
        if (found === undefined) return undefined;
        const to = callNop(record.isa, record.ip);
        if (found.word !== to.word) edits.push(this.#edit(record.isa, record.ip, found, to));
      }
      return edits;
    });
  }

  /** `register_ftrace_function`. */
  register(ops: FtraceOps): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    if (this.ops.includes(ops)) return "-EBUSY";
    const modified = this.#claimIpModify(ops);
    if (modified !== "ok") return modified;
    ops.enabled = true;
    this.ops.unshift(ops);
    this.#countAll();
    return this.#update();
  }

  /** `unregister_ftrace_function`. */
  unregister(ops: FtraceOps): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    const at = this.ops.indexOf(ops);
    if (at < 0) return "-ENOENT";
    this.ops.splice(at, 1);
    ops.enabled = false;
    this.#countAll();
    return this.#update();
  }

  /** Changes an ops' filter and brings the sites up to date; where the new filter is refused the old one stays. */
  refilter(ops: FtraceOps, change: (ops: FtraceOps) => void): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    const [filter, notrace] = [[...ops.filter], [...ops.notrace]];
    change(ops);
    const answer = ops.enabled ? this.#claimIpModify(ops) : "ok";
    if (answer !== "ok") {
      restore(ops.filter, filter);
      restore(ops.notrace, notrace);
      return answer;
    }
    if (!ops.enabled) return "ok";
    this.#countAll();
    return this.#update();
  }

  /** Starts or stops the graph: the branch inside the tracer's own code. */
  setGraph(state: GraphState): FtraceAnswer {
    if (this.disabled) return "-ENODEV";
    if (this.graph === state) return "ok";
    this.graph = state;
    return this.#round(() =>
      this.#codes().flatMap(([isa, { graphCalls }]) =>
        graphCalls.flatMap(({ at, to }) => this.#towards(isa, at, state === "on" ? to : undefined)),
      ),
    );
  }

  /** Who is to be told of a function's call: in the order in which the list function asks them. */
  *listeners(record: DynRecord, core: number): Generator<FtraceOps> {
    for (const ops of this.ops) {
      if (ops.traces(record) && (ops.options.cores?.has(core) ?? true)) yield ops;
    }
  }

  /** `ftrace_modify_all_code`: first the list function, which asks every ops' filter, then the sites, then the function of the moment. */
  #update(): FtraceAnswer {
    const list = this.#round(() => this.#functions(() => "list"));
    if (list !== "ok") return list;
    const sites = this.#round(() => this.#siteEdits());
    if (sites !== "ok") return sites;
    return this.#round(() => this.#functions(() => this.#final()));
  }

  /** What the tracer's calls call: nothing, the only ops there is, or the list function. */
  #final(): "stub" | "list" | FtraceOps {
    const [only, second] = this.ops;
    if (only === undefined) return "stub";
    return second === undefined && only.options.recursionSafe === true && only.options.cores === undefined
      ? only
      : "list";
  }

  #functions(which: () => "stub" | "list" | FtraceOps): Edit[] {
    const chosen = which();
    // Before anybody registered there is nothing that a half-updated site could call wrongly.
    return this.#codes().flatMap(([isa, code]) => {
      const target =
        chosen === "stub"
          ? code.stub
          : chosen === "list"
            ? code.listFunction
            : (this.#addressOf(chosen, isa) ?? code.listFunction);
      return code.ftraceCalls.flatMap((at) => this.#towards(isa, at, target, "bl"));
    });
  }

  #siteEdits(): Edit[] | undefined {
    const edits: Edit[] = [];
    for (const record of this.records) {
      const wanted = record.count > 0 && !record.has(RECORD.DISABLED);
      const regs = wanted && record.has(RECORD.REGS);
      const enabled = record.has(RECORD.ENABLED);
      if (wanted === enabled && regs === record.has(RECORD.REGS_EN)) continue;
      const kind: UpdateKind = !wanted ? "nop" : enabled ? "modify" : "call";
      const before = enabled ? this.#callee(record, record.has(RECORD.REGS_EN)) : undefined;
      const found = this.#expect(record, kind, (insn) =>
        before === undefined ? stateOf(insn) === "nop" : insn.word === this.#call(record, before)?.word,
      );
      if (found === undefined) return undefined;
      const to = wanted ? this.#call(record, this.#callee(record, regs)) : callNop(record.isa, record.ip);
      if (to === undefined) {
        this.#fail("-EINVAL", kind, record);
        return undefined;
      }
      edits.push(this.#edit(record.isa, record.ip, found, to));
      record.set(RECORD.ENABLED, wanted);
      record.set(RECORD.REGS_EN, regs);
      record.set(RECORD.TOUCHED, true);
    }
    return edits;
  }

  /** What a record's site calls: init text may be too far from the common entry, and has one of its own until boot is over. */
  #callee({ isa, init }: DynRecord, regs: boolean): number {
    const code = this.#code[isa];
    if (code === undefined) return 0;
    const early = init && !this.#booted;
    return regs
      ? ((early ? code.regsCallerFromInit : undefined) ?? code.regsCaller)
      : ((early ? code.callerFromInit : undefined) ?? code.caller);
  }

  #call({ isa, ip }: DynRecord, target: number): Insn | undefined {
    const made = encodeBranch({ isa, kind: "bl" }, ip, target);
    return made.ok ? made.insn : undefined;
  }

  /** The edit that makes the instruction at a place of the tracer's code go to `target`, or nowhere. */
  #towards(isa: Isa, at: number, target: number | undefined, kind: "b" | "bl" = "b"): Edit[] {
    const from = insnIn(this.#patcher.memory, isa, at);
    const made = target === undefined ? undefined : encodeBranch(branchRequest(isa, kind), at, target);
    const to = made?.ok ? made.insn : runtimeNop(isa, at);
    return from.word === to.word && from.size === to.size ? [] : [this.#edit(isa, at, from, to)];
  }

  #edit(isa: Isa, address: number, from: Insn, to: Insn): Edit {
    return { isa, address, from, to };
  }

  #codes(): [Isa, TracerCode][] {
    return (["a32", "t32"] as const).flatMap((isa) => {
      const code = this.#code[isa];
      return code === undefined ? [] : [[isa, code] as [Isa, TracerCode]];
    });
  }

  /** The instruction at a site, where it is what is expected there; else ftrace is off. */
  #expect(record: DynRecord, kind: UpdateKind, expected: (insn: Insn) => boolean): Insn | undefined {
    const bytes = this.#patcher.memory.read(record.ip, 4);
    if (bytes === undefined) {
      this.#fail("-EFAULT", kind, record);
      return undefined;
    }
    const insn = insnIn(this.#patcher.memory, record.isa, record.ip);
    if (expected(insn)) return insn;
    this.#fail("-EINVAL", kind, record, bytes);
    return undefined;
  }

  #fail(failure: PatchFailure, kind: UpdateKind, record: DynRecord, actual?: Uint8Array): void {
    this.bug = ftraceBugText(failure, kind, record, actual, this.#callee(record, record.has(RECORD.REGS)));
  }

  /** One round of edits; nothing of it is made where one of them cannot be. */
  #round(edits: () => readonly Edit[] | undefined): FtraceAnswer {
    const made = edits();
    if (made === undefined) return "-ENODEV";
    if (made.length > 0) this.#patcher.patch(made);
    return "ok";
  }

  /** Counts who wants each record, and how. */
  #countAll(): void {
    for (const record of this.records) {
      const wanting = this.ops.filter((ops) => ops.traces(record));
      record.flags = (record.flags & ~0x7ffff) | wanting.length;
      record.set(
        RECORD.REGS,
        wanting.some(({ options }) => options.saveRegs === true || options.ipModify === true),
      );
      record.set(
        RECORD.IPMODIFY,
        wanting.some(({ options }) => options.ipModify === true),
      );
    }
  }

  /** Only one ops may change where a function goes on, and it must say which functions it means. */
  #claimIpModify(ops: FtraceOps): FtraceAnswer {
    if (ops.options.ipModify !== true) return "ok";
    if (ops.filter.size === 0) return "-EINVAL";
    const others = this.ops.filter((other) => other !== ops && other.options.ipModify === true);
    const taken = this.records.some((record) => ops.traces(record) && others.some((other) => other.traces(record)));
    return taken ? "-EBUSY" : "ok";
  }
}

function branchRequest(isa: Isa, kind: "b" | "bl"): Parameters<typeof encodeBranch>[0] {
  return isa === "t32" && kind === "b" ? { isa, kind, width: 4 } : { isa, kind };
}

function restore(set: Set<number>, values: readonly number[]): void {
  set.clear();
  for (const value of values) set.add(value);
}
