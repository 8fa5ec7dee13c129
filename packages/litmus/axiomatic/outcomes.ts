import type { Condition, LitmusTest, Observable } from "../src/index.js";
import { allowedByArmv7 } from "./armv7.js";
import { allowedByArmv8, type FetchRules } from "./armv8.js";
import { layoutOf, mostExceptions } from "./bytes.js";
import { type Trace, tracesOf } from "./events.js";
import { type Execution, executions } from "./executions.js";
import { lineOf, programOf, registerName, Unread, type Value } from "./program.js";

/** A test's final states by name, and how the condition comes out: what the engine's answer is compared with. */
export interface AxiomaticResult {
  readonly states: ReadonlySet<string>;
  /** The states' values as the engine shows them, where the test was read by bytes. */
  readonly shown: ReadonlySet<string> | undefined;
  /** Some, and every, state satisfies the condition. */
  readonly some: boolean;
  readonly every: boolean;
}

/** A test as this checker reads it, by names or by bytes. */
interface Reading {
  readonly traces: readonly (readonly Trace[])[];
  readonly rules: FetchRules;
  /** What a state shows. */
  readonly asked: readonly Observable[];
  /** What may be accessed at once with a place. */
  whole(place: string): string;
  initial(place: string): Value;
  final(traces: readonly Trace[], execution: Execution): Final;
}

/** What a condition asks of a final state. */
interface Final {
  value(observable: Observable): Value;
  /** All values that a state shows. */
  shown?(): string;
  equals(condition: Extract<Condition, { kind: "equals" }>): boolean;
  fault(condition: Extract<Condition, { kind: "fault" }>): boolean;
}

/** @throws Unread for a test with what this checker does not know, or with more than `most` candidate executions */
export function axiomaticOutcomes(
  test: LitmusTest,
  model: "armv8" | "armv7" = "armv8",
  most = 10_000,
  how?: "names" | "bytes",
): AxiomaticResult {
  return outcomesOf(
    test,
    how === "names" ? byNames(test) : how === "bytes" ? byBytes(test) : reading(test),
    model,
    most,
  );
}

/** By names where they are enough, by bytes elsewhere. @throws Unread with the reasons of both */
function reading(test: LitmusTest): Reading {
  try {
    return byNames(test);
  } catch (named) {
    if (!(named instanceof Unread)) throw named;
    try {
      return byBytes(test);
    } catch (bytes) {
      throw bytes instanceof Unread ? new Unread(`${named.message}; ${bytes.message}`) : bytes;
    }
  }
}

function outcomesOf(test: LitmusTest, read: Reading, model: "armv8" | "armv7", most: number): AxiomaticResult {
  const states = new Set<string>();
  const shown = new Set<string>();
  let [some, every, candidates] = [false, true, 0];
  let combinations = 0;
  for (const chosen of product(read.traces)) {
    if (++combinations > most) throw new Unread("too many candidates");
    for (const execution of executions(chosen, read.initial, read.rules.line, read.whole)) {
      if (++candidates > most) throw new Unread("too many candidates");
      if (model === "armv7") {
        if (execution.events.some(({ kind }) => /^([FDI]|raise|take)$/.test(kind)))
          throw new Unread("fetch or interrupts");
        if (execution.events.some(({ parts, pair }) => parts.length > 1 || pair !== undefined))
          throw new Unread("accesses of several sizes, or exclusive ones");
      }
      if (!(model === "armv8" ? allowedByArmv8(execution, read.rules) : allowedByArmv7(execution))) continue;
      if (chosen.some(takesAgain)) throw new Unread("an exception that is taken again and again");
      const final = read.final(chosen, execution);
      if (test.filter !== undefined && !holds(test.filter, final)) continue;
      if (final.shown !== undefined) shown.add(final.shown());
      states.add(read.asked.map((one) => String(final.value(one))).join(" "));
      if (holds(test.condition, final)) some = true;
      else every = false;
    }
  }
  return { states, shown: shown.size > 0 ? shown : undefined, some, every: every && states.size > 0 };
}

/** Was an exception taken as often as traces go on for? */
function takesAgain({ exceptions = [] }: Trace): boolean {
  return exceptions.some((one) => exceptions.filter((other) => other === one).length >= mostExceptions);
}

function byNames(test: LitmusTest): Reading {
  const program = programOf(test);
  const initial = (place: string): Value => program.memory.get(place) ?? 0;
  return {
    asked: test.locations.concat(observables(test.condition)),
    traces: tracesOf(program),
    rules: { idc: program.idc, dic: program.dic, line: (place) => lineOf(program, place) },
    whole: (place) => place,
    initial,
    final(traces, execution) {
      const value = (observable: Observable): Value => {
        const label =
          observable.kind === "register" ? program.labels.get(`${observable.processor}:${observable.name}`) : undefined;
        if (observable.kind === "register" && label === undefined) {
          return traces[observable.processor]?.registers.get(registerName(observable.name)) ?? 0;
        }
        const place = label ?? locationName(observable as Extract<Observable, { kind: "location" }>);
        return lastStored(execution, place) ?? initial(place);
      };
      return {
        value,
        equals: ({ left, right, negated }) => {
          if (right.kind === "place") throw new Unread("a comparison of places");
          return (value(left) === program.value(right)) !== negated;
        },
        fault() {
          throw new Unread("faults");
        },
      };
    },
  };
}

function byBytes(test: LitmusTest): Reading {
  const layout = layoutOf(test);
  const { lowered, lineBytes, idc, dic } = layout;
  return {
    asked: lowered.observables,
    traces: layout.traces(),
    rules: { idc, dic, line: (place) => `line ${Math.floor(Number(place) / lineBytes)}` },
    whole: (place) => `word ${Math.floor(Number(place) / 4)}`,
    initial: layout.initial,
    final(traces, execution) {
      const value = (observable: Observable): Value => {
        const address = lowered.addressOf(observable);
        if (address === undefined) {
          const { processor, name } = observable as Extract<Observable, { kind: "register" }>;
          return traces[processor]!.registers.get(`R${lowered.register(processor, name)}`)!;
        }
        const parts = layout.placesOf(address, 4).map((place) => lastStored(execution, place) ?? layout.initial(place));
        return parts.reduceRight<number>((sum, part) => sum * 2 ** (32 / parts.length) + Number(part), 0) | 0;
      };
      return {
        value,
        shown: () => lowered.observables.map((one) => lowered.show(Number(value(one)))).join(" "),
        equals: ({ left, right, negated }) => {
          const other = lowered.compared(right);
          return (value(left) === (typeof other === "number" ? other | 0 : value(other))) !== negated;
        },
        fault: ({ processor, label }) => {
          const taken = traces[processor]!.exceptions ?? [];
          return label === undefined ? taken.length > 0 : taken.includes(lowered.label(processor, label)!);
        },
      };
    },
  };
}

/** What the last store to a place left there. */
function lastStored({ events, co }: Execution, place: string): Value | undefined {
  const writes = (event: Execution["events"][number]): boolean =>
    event.kind === "W" && event.parts.some((part) => part.place === place);
  const last = events.find(
    (event, at) => writes(event) && !events.some((other, to) => to !== at && writes(other) && co.has(at, to)),
  );
  return last?.parts.find((part) => part.place === place)?.value;
}

function locationName({ name, offset }: { readonly name: string; readonly offset: number }): string {
  return offset === 0 ? name : `${name}+${offset}`;
}

function holds(condition: Condition, final: Final): boolean {
  switch (condition.kind) {
    case "constant":
      return condition.value;
    case "equals":
      return final.equals(condition);
    case "not":
      return !holds(condition.of, final);
    case "and":
      return holds(condition.left, final) && holds(condition.right, final);
    case "or":
      return holds(condition.left, final) || holds(condition.right, final);
    case "implies":
      return !holds(condition.left, final) || holds(condition.right, final);
    case "fault":
      return final.fault(condition);
  }
}

function observables(condition: Condition): Observable[] {
  switch (condition.kind) {
    case "equals":
      if (condition.right.kind === "place") throw new Unread("a comparison of places");
      return [condition.left];
    case "not":
      return observables(condition.of);
    case "and":
    case "or":
    case "implies":
      return [...observables(condition.left), ...observables(condition.right)];
    default:
      return [];
  }
}

function* product<T>(factors: readonly (readonly T[])[], chosen: readonly T[] = []): Generator<readonly T[]> {
  const factor = factors[chosen.length];
  if (factor === undefined) yield chosen;
  else for (const one of factor) yield* product(factors, [...chosen, one]);
}
