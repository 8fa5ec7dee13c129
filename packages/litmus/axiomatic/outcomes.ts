import type { Condition, LitmusTest, Observable } from "../src/index.js";
import { allowedByArmv7 } from "./armv7.js";
import { allowedByArmv8 } from "./armv8.js";
import { type Trace, tracesOf } from "./events.js";
import { type Execution, executions } from "./executions.js";
import { type Program, programOf, registerName, Unread, type Value } from "./program.js";

/** A test's final states by name, and how the condition comes out: what the engine's answer is compared with. */
export interface AxiomaticResult {
  readonly states: ReadonlySet<string>;
  /** Some, and every, state satisfies the condition. */
  readonly some: boolean;
  readonly every: boolean;
}

/** @throws Unread for a test with what this checker does not know, or with more than `most` candidate executions */
export function axiomaticOutcomes(
  test: LitmusTest,
  model: "armv8" | "armv7" = "armv8",
  most = 10_000,
): AxiomaticResult {
  const program = programOf(test);
  const traces = tracesOf(program);
  const line = (place: string): string => {
    const code = /^P(\d+):(\d+)$/.exec(place);
    return code === null ? place : `P${code[1]} ${Math.floor(Number(code[2]) / program.lineWords)}`;
  };
  const initial = (place: string): Value => program.memory.get(place) ?? 0;
  const rules = { idc: program.idc, dic: program.dic, line };
  const states = new Set<string>();
  let [some, every, candidates] = [false, true, 0];
  let combinations = 0;
  for (const chosen of product(traces)) {
    if (++combinations > most) throw new Unread("too many candidates");
    for (const execution of executions(chosen, initial, line)) {
      if (++candidates > most) throw new Unread("too many candidates");
      if (model === "armv7" && execution.events.some(({ kind }) => "FDI".includes(kind))) throw new Unread("fetch");
      if (!(model === "armv8" ? allowedByArmv8(execution, rules) : allowedByArmv7(execution))) continue;
      const value = finalState(program, chosen, execution, initial);
      states.add(
        test.locations
          .concat(observables(test.condition))
          .map((one) => String(value(one)))
          .join(" "),
      );
      if (holds(test.condition, program, value)) some = true;
      else every = false;
    }
  }
  return { states, some, every: every && states.size > 0 };
}

function finalState(
  program: Program,
  traces: readonly Trace[],
  { events, co }: Execution,
  initial: (place: string) => Value,
) {
  return (observable: Observable): Value => {
    const label =
      observable.kind === "register" ? program.labels.get(`${observable.processor}:${observable.name}`) : undefined;
    if (observable.kind === "register" && label === undefined) {
      return traces[observable.processor]?.registers.get(registerName(observable.name)) ?? 0;
    }
    const place = label ?? locationName(observable as Extract<Observable, { kind: "location" }>);
    const last = events.find((event, at) => event.kind === "W" && event.place === place && co.rows[at] === 0);
    return last?.value ?? initial(place);
  };
}

function locationName({ name, offset }: { readonly name: string; readonly offset: number }): string {
  return offset === 0 ? name : `${name}+${offset}`;
}

function holds(condition: Condition, program: Program, value: (observable: Observable) => Value): boolean {
  const go = (one: Condition): boolean => {
    switch (one.kind) {
      case "constant":
        return one.value;
      case "equals":
        return (value(one.left) === program.value(one.right)) !== one.negated;
      case "not":
        return !go(one.of);
      case "and":
        return go(one.left) && go(one.right);
      case "or":
        return go(one.left) || go(one.right);
      case "implies":
        return !go(one.left) || go(one.right);
      case "fault":
        throw new Unread("faults");
    }
  };
  return go(condition);
}

function observables(condition: Condition): Observable[] {
  switch (condition.kind) {
    case "equals":
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
