import { drain, type Execution, type Progress } from "@cmodx/explore";
import {
  type AskedMachine,
  type ExploreOptions,
  interleave,
  type MachineModel,
  MachinePart,
  type Message,
  type Observation,
  type Searched,
  searchMachine,
  searchMachineInParts,
  type Visitor,
  valueAt,
  type WitnessStep,
  type World,
} from "@cmodx/machine";
import { OutsideDialect } from "./dialect.js";
import type { Condition, LitmusTest, Observable } from "./litmus-test.js";
import { atoms, faults, kindOfFault, type Lowered, lower } from "./lower.js";
import { showCondition, showObservable } from "./print.js";

/** What the test asks, answered. `Required`: `forall` holds; `unknown`: see `error` or `limit`. */
export type LitmusVerdict = "Allowed" | "Forbidden" | "Required" | "unknown";

/** A final state, as its observed values, with how many executions end in it that differ in what a core saw or in the order that memory keeps. */
export interface LitmusOutcome {
  readonly state: string;
  readonly count: number;
  /** Does it satisfy the condition? */
  readonly satisfies: boolean;
}

/** What came of a test: the verdict, every outcome, and what it took to find them. `truncated` where not every outcome is listed, `error` where the test asks for what is not modelled. */
export interface LitmusResult {
  readonly name: string;
  readonly arch: string;
  readonly verdict: LitmusVerdict;
  /** As herd prints it, quantifier first. */
  readonly condition: string;
  readonly quantifier: LitmusTest["quantifier"];
  readonly outcomes: readonly LitmusOutcome[];
  /** How many different final states are listed. */
  readonly states: number;
  /** There are more than `limits.outcomes`: the others are not listed. The verdict is about all. */
  readonly truncated?: true;
  readonly seconds: number;
  /** All executions were seen. */
  readonly complete: boolean;
  /** Why there is no verdict: the construct outside the dialect, or the limit that was met. */
  readonly error?: string;
  /** An execution that satisfies the condition, when there is one and `options.witness` asks for it. */
  readonly witness?: readonly WitnessStep[];
}

/** How a test is run: the limits of the exploration, and whether an execution is to be shown. */
export interface LitmusOptions extends ExploreOptions {
  readonly witness?: boolean;
}

/**
 * Decides a litmus test under the memory and fetch model.
 *
 * @param test - as {@link parseLitmus} reads it
 * @param options - knobs of the model, limits, whether witnesses are wanted
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM SB\n{ %x0=x; %y0=y; %y1=y; %x1=x; }\n P0 | P1 ;\n MOV R0,#1 | MOV R0,#1 ;\n" +
 *   " STR R0,[%x0] | STR R0,[%y1] ;\n LDR R1,[%y0] | LDR R1,[%x1] ;\nexists (0:R1=0 /\\ 1:R1=0)");
 * parsed.ok && runLitmus(parsed.test).verdict; // "Allowed"
 * ```
 */
export function runLitmus(test: LitmusTest, options: LitmusOptions = {}): LitmusResult {
  return drain(searchLitmus(test, options));
}

/**
 * {@link runLitmus} in bounded pieces, for callers that show progress or cancel.
 *
 * @param test - as {@link parseLitmus} reads it
 * @param options - as for {@link runLitmus}
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM one\n{ %x0=x; }\n P0 ;\n MOV R0,#1 ;\n STR R0,[%x0] ;\nexists (x=2)");
 * if (!parsed.ok) throw new Error(parsed.issues[0]!.message);
 * const search = searchLitmus(parsed.test);
 * let piece = search.next();
 * while (!piece.done) piece = search.next();
 * piece.value.verdict; // "Forbidden"
 * ```
 */
export function* searchLitmus(test: LitmusTest, options: LitmusOptions = {}): Generator<Progress, LitmusResult> {
  const lowered = loweredOr(test);
  if ("verdict" in lowered) return lowered;
  const start = visitors(test, lowered, options);
  return concluded(test, options, yield* searchMachine(lowered.scenario, bounded(options), start));
}

/**
 * {@link runLitmus}, its work divided among parts that may run at the same time, as in workers: the result is the same but for the time.
 *
 * @param test - as {@link parseLitmus} reads it
 * @param options - as for {@link runLitmus}; `alone`: how many memory sequences are looked at before the parts are made
 * @param parts - makes the parts, once, when they are needed: small tests need none
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM one\n{ %x0=x; }\n P0 ;\n MOV R0,#1 ;\n STR R0,[%x0] ;\nexists (x=2)");
 * if (!parsed.ok) throw new Error(parsed.issues[0]!.message);
 * const { test } = parsed;
 * // In a worker: what comes is an ask, what goes back is its answer.
 * const part = litmusPart(test);
 * const parts = [{ ask: async (asked: MachineAsk) => part.answer(asked) }];
 * (await runLitmusInParts(test, { alone: 0 }, () => parts)).verdict; // "Forbidden"
 * ```
 */
export async function runLitmusInParts(
  test: LitmusTest,
  options: LitmusOptions & { readonly alone?: number; readonly milliseconds?: number; readonly sequences?: number },
  parts: () => readonly AskedMachine[],
): Promise<LitmusResult> {
  const lowered = loweredOr(test);
  if ("verdict" in lowered) return lowered;
  const start = visitors(test, lowered, options);
  return concluded(test, options, await searchMachineInParts(lowered.scenario, bounded(options), start, parts));
}

/**
 * A part of a search by {@link runLitmusInParts}.
 *
 * @param test - the same, one that it can run
 * @param options - the same limits and reductions
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM one\n{ %x0=x; }\n P0 ;\n MOV R0,#1 ;\n STR R0,[%x0] ;\nexists (x=2)");
 * parsed.ok && typeof litmusPart(parsed.test).answer; // "function"
 * ```
 */
export function litmusPart(test: LitmusTest, options: Pick<LitmusOptions, "limits" | "reductions"> = {}): MachinePart {
  return new MachinePart(lower(test).scenario, bounded(options));
}

/**
 * A loop whose turns all differ, as one that counts, ends by the limit of states alone. No test that ends comes near this one; at that of
 * other searches such a loop takes half a minute and 1.5 GB.
 */
const states = 500_000;

function bounded<Options extends Pick<LitmusOptions, "limits">>(options: Options): Options {
  return { ...options, limits: { states, ...options.limits } };
}

function about({ name, arch, quantifier, condition }: LitmusTest) {
  return { name, arch, condition: `${quantifier} ${showCondition(condition)}`, quantifier };
}

/** The test as it runs, or why it cannot. */
function loweredOr(test: LitmusTest): Lowered | LitmusResult {
  try {
    return lower(test);
  } catch (error) {
    if (!(error instanceof OutsideDialect)) throw error;
    const where = error.line === undefined ? "" : ` (line ${error.line.line}, column ${error.line.column})`;
    const message = `outside the dialect: ${error.construct}${where}`;
    const nothing = { outcomes: [], states: 0, seconds: 0, complete: false };
    return { ...about(test), verdict: "unknown", ...nothing, error: message };
  }
}

function visitors(test: LitmusTest, lowered: Lowered, { limits }: LitmusOptions): () => States {
  return () => new States(test, lowered, limits?.outcomes ?? 200_000);
}

function concluded(
  test: LitmusTest,
  options: LitmusOptions,
  { found, visitor, model }: Searched<States>,
): LitmusResult {
  const { states, unmodelled, outcomesHit } = visitor;
  const complete = found.complete && unmodelled === undefined;
  const error =
    unmodelled !== undefined
      ? `not modelled: ${unmodelled}`
      : found.limit !== undefined
        ? `limit met: ${found.limit.limit} ${found.limit.value}; ${found.limit.remedy}`
        : test.quantifier === "forall" && !visitor.some && !visitor.others
          ? `no execution ends${test.filter === undefined ? "" : " in a state that the filter lets through"}, so "forall" says nothing`
          : undefined;
  const witness = options.witness ? visitor.witness(model) : undefined;
  return {
    ...about(test),
    verdict: verdict(test.quantifier, visitor, complete),
    outcomes: [...states].map(([state, { count, satisfies }]) => ({ state, count, satisfies })).sort(byState),
    states: states.size,
    seconds: found.seconds,
    complete,
    ...(outcomesHit ? { truncated: true as const } : {}),
    ...(error === undefined ? {} : { error }),
    ...(witness === undefined ? {} : { witness }),
  };
}

/** One execution that shows a state is proof; that none does is proof only when all were seen. */
function verdict(
  quantifier: LitmusTest["quantifier"],
  { some, others }: { readonly some: boolean; readonly others: boolean },
  complete: boolean,
): LitmusVerdict {
  if (quantifier === "forall") {
    if (others) return "Allowed";
    return complete && some ? "Required" : "unknown";
  }
  if (some) return "Allowed";
  return complete ? "Forbidden" : "unknown";
}

class States implements Visitor {
  readonly states = new Map<string, { count: number; satisfies: boolean }>();
  unmodelled: string | undefined;
  outcomesHit = false;
  /** Is there a final state that satisfies the condition, and one that does not? */
  some = false;
  others = false;
  readonly #test: LitmusTest;
  readonly #lowered: Lowered;
  readonly #limit: number;
  readonly #faults: boolean;
  readonly #atoms: ReturnType<typeof atoms>;
  #shown: { readonly execution: Execution<Message>; readonly names: readonly string[] } | undefined;

  constructor(test: LitmusTest, lowered: Lowered, limit: number) {
    this.#test = test;
    this.#lowered = lowered;
    this.#limit = limit;
    this.#atoms = [test.condition, ...(test.filter === undefined ? [] : [test.filter])].flatMap(atoms);
    this.#faults = [test.condition, ...(test.filter === undefined ? [] : [test.filter])].some(
      (one) => faults(one).length > 0,
    );
  }

  visit(execution: Execution<Message>, model: MachineModel, world: World): void {
    const cores = execution.outcomes.map((names) => this.#distinct(names, model));
    this.#answer(execution, model, world, cores);
    this.#combine(execution, model, world, cores, []);
  }

  /** Answers the question for all combinations of the cores' outcomes by those that differ in what it says of each core. */
  #answer(
    execution: Execution<Message>,
    model: MachineModel,
    world: World,
    cores: readonly (readonly string[])[],
  ): void {
    const told = cores.map((names, core) => {
      if (this.#faults) return names;
      const kept = new Map<string, string>();
      for (const name of names) kept.set(this.#says(core, name), name);
      return [...kept.values()];
    });
    const go = (chosen: readonly string[]): void => {
      if (this.some && this.others) return;
      const own = told[chosen.length];
      if (own !== undefined) {
        for (const name of own) go([...chosen, name]);
        return;
      }
      const final = new FinalState(this.#lowered, execution.memory, chosen, model, world);
      if (this.#test.filter !== undefined && !final.satisfies(this.#test.filter)) return;
      if (final.satisfies(this.#test.condition)) {
        this.some = true;
        this.#shown ??= { execution, names: chosen };
      } else this.others = true;
    };
    go([]);
  }

  /** How the comparisons of the question with registers of one core come out. */
  #says(core: number, name: string): string {
    const { observe = [] } = this.#lowered.scenario.cores[core]!;
    const values = name.split(" ").slice(1).map(Number);
    const own = (place: Observable): number | undefined =>
      place.kind !== "register" || place.processor !== core || this.#lowered.addressOf(place) !== undefined
        ? undefined
        : values[observe.indexOf(this.#lowered.register(core, place.name))];
    return this.#atoms
      .map(({ left, right, negated }) => {
        const other = this.#lowered.compared(right);
        if (typeof other !== "number") return `${own(left) ?? ""}=${own(other) ?? ""}`;
        const value = own(left);
        if (value === undefined) return "";
        return (value === other) !== negated ? "1" : "0";
      })
      .join();
  }

  witness(_model: MachineModel): readonly WitnessStep[] | undefined {
    if (this.#shown === undefined) return undefined;
    const { execution, names } = this.#shown;
    return interleave(
      execution.memory,
      names.map((name, core) => execution.tell(core, name) ?? []),
    );
  }

  /** A core's outcomes that differ in what the test can tell apart. */
  #distinct(names: readonly string[], model: MachineModel): readonly string[] {
    const kept = new Map<string, string>();
    for (const name of names) {
      const space = name.indexOf(" ");
      const log = Number(space < 0 ? name : name.slice(0, space));
      const stopped = log === 0 ? undefined : model.observations.list(log).find(({ event }) => event === "unmodelled");
      if (stopped?.event === "unmodelled") {
        this.unmodelled ??= stopped.what;
        continue;
      }
      kept.set(this.#faults ? name : name.slice(space), name);
    }
    return [...kept.values()];
  }

  #combine(
    execution: Execution<Message>,
    model: MachineModel,
    world: World,
    cores: readonly (readonly string[])[],
    chosen: readonly string[],
  ): void {
    if (this.outcomesHit) return;
    const own = cores[chosen.length];
    if (own === undefined) {
      this.#record(execution, model, world, chosen);
      return;
    }
    for (const name of own) this.#combine(execution, model, world, cores, [...chosen, name]);
  }

  #record(execution: Execution<Message>, model: MachineModel, world: World, names: readonly string[]): void {
    const { observables } = this.#lowered;
    const final = new FinalState(this.#lowered, execution.memory, names, model, world);
    if (this.#test.filter !== undefined && !final.satisfies(this.#test.filter)) return;
    const state = observables
      .map((observable) => `${showObservable(observable)}=${this.#lowered.show(final.value(observable))};`)
      .join(" ");
    const known = this.states.get(state);
    if (known !== undefined) {
      known.count++;
      return;
    }
    if (this.states.size >= this.#limit) {
      this.outcomesHit = true;
      return;
    }
    const satisfies = final.satisfies(this.#test.condition);
    this.states.set(state, { count: 1, satisfies });
  }
}

/** One combination of core outcomes over one memory. */
class FinalState {
  readonly #lowered: Lowered;
  readonly #memory: readonly Message[];
  readonly #registers: readonly (readonly number[])[];
  readonly #logs: () => readonly (readonly Observation[])[];
  readonly #world: World;

  constructor(
    lowered: Lowered,
    memory: readonly Message[],
    names: readonly string[],
    model: MachineModel,
    world: World,
  ) {
    this.#lowered = lowered;
    this.#memory = memory;
    this.#world = world;
    this.#registers = names.map((name) => name.split(" ").slice(1).map(Number));
    this.#logs = () => names.map((name) => model.observations.list(Number.parseInt(name, 10)));
  }

  value(observable: Observable): number {
    const address = this.#lowered.addressOf(observable);
    if (address !== undefined) {
      return valueAt(this.#world, this.#memory, address, 4, this.#memory.length);
    }
    const { processor, name } = observable as Extract<Observable, { kind: "register" }>;
    const { observe = [] } = this.#lowered.scenario.cores[processor]!;
    const register = this.#lowered.register(processor, name);
    return this.#registers[processor]![observe.indexOf(register)]!;
  }

  #equal({ left, right }: Extract<Condition, { kind: "equals" }>): boolean {
    const other = this.#lowered.compared(right);
    return this.value(left) === (typeof other === "number" ? other : this.value(other));
  }

  satisfies(condition: Condition): boolean {
    switch (condition.kind) {
      case "constant":
        return condition.value;
      case "equals":
        return this.#equal(condition) !== condition.negated;
      case "not":
        return !this.satisfies(condition.of);
      case "and":
        return this.satisfies(condition.left) && this.satisfies(condition.right);
      case "or":
        return this.satisfies(condition.left) || this.satisfies(condition.right);
      case "implies":
        return !this.satisfies(condition.left) || this.satisfies(condition.right);
      case "fault": {
        const { processor, label, about } = condition;
        const at = label === undefined ? undefined : this.#lowered.label(processor, label);
        return (this.#logs()[processor] ?? []).some(
          (event) =>
            event.event === "exception" &&
            (label === undefined || event.address === at) &&
            (about === undefined || event.kind === kindOfFault(about)),
        );
      }
    }
  }
}

function byState(a: LitmusOutcome, b: LitmusOutcome): number {
  return a.state < b.state ? -1 : a.state > b.state ? 1 : 0;
}
