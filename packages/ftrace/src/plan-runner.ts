import type { Machine, RunCore } from "@cmodx/machine/run";
import type { Plan, Step } from "@cmodx/patching";

/** What patching has cost a machine so far. A round is the time in which each core executes one instruction, or one step of a plan. */
export interface PatchingCost {
  /** Plans carried out, by the name of their protocol. */
  readonly plans: Readonly<Record<string, number>>;
  /** How often every core was stopped. */
  readonly stops: number;
  readonly ipis: number;
  /** Rounds in which a core that had work to do waited for the patcher: summed over cores. */
  readonly stalledSteps: number;
  readonly stores: number;
  readonly maintenance: number;
  readonly barriers: number;
  /** Rounds from the beginning of a command until what it changed is what every core executes: summed over commands. */
  readonly rounds: number;
}

/** The core that patches; the others go on. */
const PATCHER = 0;
/** Bytes between what one `clean-dcache` reaches and the next. */
const LINE = 64;

const MAINTENANCE: ReadonlySet<string> = new Set(["clean-dcache", "invalidate-icache", "invalidate-predictor"]);
const BARRIERS: ReadonlySet<string> = new Set(["dsb", "dmb", "isb"]);

/** An interrupted core, and the steps that it has yet to take. */
interface Interrupted {
  readonly core: RunCore;
  readonly steps: Step[];
  readonly resume: Plan["resume"];
  readonly hadWork: boolean;
}

/**
 * Carries plans out on a machine that runs: the first core takes the patcher's steps, one a round, and meanwhile each other core executes
 * one instruction of its own a round, or what the plan has it do when it is interrupted.
 */
export class PlanRunner {
  readonly #machine: Machine;
  readonly #cost: {
    plans: Record<string, number>;
    stops: number;
    ipis: number;
    stalledSteps: number;
    stores: number;
    maintenance: number;
    barriers: number;
    rounds: number;
  } = {
    plans: {},
    stops: 0,
    ipis: 0,
    stalledSteps: 0,
    stores: 0,
    maintenance: 0,
    barriers: 0,
    rounds: 0,
  };
  #plan: Plan | undefined;
  #interrupted: Interrupted[] = [];
  readonly #arrived = new Map<string, Set<RunCore>>();
  readonly #released = new Set<string>();
  /** Stores that no core can fetch yet: their lines have not been cleaned. */
  #dirty: { readonly address: number; readonly bytes: Uint8Array }[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get cost(): PatchingCost {
    return { ...this.#cost, plans: { ...this.#cost.plans } };
  }

  /** Carries out a plan; when it is done every core has done its part. */
  run(plan: Plan): void {
    this.begin(plan, plan.steps.patcher);
    this.finish();
  }

  /** Begins a plan and takes some of its patcher's steps. */
  begin(plan: Plan, steps: readonly Step[]): void {
    const { plans } = this.#cost;
    plans[plan.protocol] = (plans[plan.protocol] ?? 0) + 1;
    if (plan.steps.others.some(({ operation }) => operation.op === "await-release")) this.#cost.stops++;
    this.#arrived.clear();
    this.#released.clear();
    this.#plan = plan;
    this.take(steps);
  }

  take(steps: readonly Step[]): void {
    for (const step of steps) this.#take(step);
  }

  /** Waits until the others have done their part. */
  finish(): void {
    while (this.#interrupted.length > 0) this.#round();
    // A plan that does not clean still has its stores seen some time.
    this.#flush(() => true);
  }

  #take(step: Step): void {
    const { operation } = step;
    this.#count(operation.op);
    switch (operation.op) {
      case "store": {
        const { address, size, value } = operation;
        this.#dirty.push({ address, bytes: Uint8Array.from({ length: size }, (_, i) => value >>> (8 * i)) });
        break;
      }
      case "clean-dcache":
        this.#flush(({ address }) => Math.floor(address / LINE) === Math.floor(operation.address / LINE));
        break;
      case "invalidate-icache": {
        const at = operation.address;
        this.#machine.caches?.invalidate(PATCHER, at === "all" ? undefined : at, operation.scope);
        this.#machine.codeChanged(at === "all" ? undefined : at - (at % LINE), LINE);
        break;
      }
      case "isb":
        this.#machine.caches?.barrier(PATCHER, "isb");
        break;
      case "interrupt-others":
        this.#interrupt();
        break;
      case "forget-arrivals":
        this.#arrived.delete(operation.point);
        break;
      case "await-others":
        while ((this.#arrived.get(operation.point)?.size ?? 0) < this.#others.length) this.#round();
        return;
      case "release":
        this.#released.add(operation.point);
        break;
      default:
    }
    this.#round();
  }

  get #others(): readonly RunCore[] {
    return this.#machine.cores.filter(({ index }) => index !== PATCHER);
  }

  #interrupt(): void {
    const { steps, resume } = this.#plan!;
    this.#cost.ipis += this.#others.length;
    this.#interrupted = this.#others.map((core) => ({
      core,
      steps: [...steps.others],
      resume,
      hadWork: !core.waiting && core.stopped === undefined,
    }));
  }

  /** One instruction, or one step, of every core but the patching one. */
  #round(): void {
    this.#cost.rounds++;
    for (const core of this.#others) {
      const interrupted = this.#interrupted.find((each) => each.core === core);
      if (interrupted !== undefined) this.#respond(interrupted);
      else if (!core.waiting && core.stopped === undefined) {
        this.#machine.step(core);
        this.#machine.caches?.turn(core.index);
      }
    }
    this.#interrupted = this.#interrupted.filter(({ steps }) => steps.length > 0);
  }

  #respond({ core, steps, resume, hadWork }: Interrupted): void {
    const [{ operation } = {}] = steps;
    if (operation?.op === "await-release" && !this.#released.has(operation.point)) {
      if (hadWork) this.#cost.stalledSteps++;
      return;
    }
    steps.shift();
    if (operation !== undefined) this.#count(operation.op);
    if (operation?.op === "isb") this.#machine.caches?.barrier(core.index, "isb");
    if (operation?.op === "arrive") {
      const arrived = this.#arrived.get(operation.point) ?? new Set();
      this.#arrived.set(operation.point, arrived.add(core));
    }
    if (operation?.op === "invalidate-icache" && operation.scope === "local")
      this.#machine.caches?.invalidate(core.index, undefined, "local");
    if (steps.length === 0 && resume === "exception-return") this.#machine.caches?.barrier(core.index, "isb");
  }

  #count(op: string): void {
    if (op === "store") this.#cost.stores++;
    if (MAINTENANCE.has(op)) this.#cost.maintenance++;
    if (BARRIERS.has(op)) this.#cost.barriers++;
  }

  #flush(is: (store: { readonly address: number }) => boolean): void {
    const { memory } = this.#machine;
    for (const store of this.#dirty) {
      if (!is(store)) continue;
      memory.write(store.address, store.bytes);
      this.#machine.codeChanged(store.address, store.bytes.length);
    }
    this.#dirty = this.#dirty.filter((store) => !is(store));
  }
}
