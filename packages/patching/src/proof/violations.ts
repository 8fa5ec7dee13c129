import type { CoreOutcome, ScenarioResult, WitnessStep } from "@cmodx/machine";
import type { Plan } from "../protocols/plan.js";
import type { Property } from "../protocols/property.js";
import { isInsn } from "../units.js";
import { PATCHER } from "./scenario.js";
import { concluded } from "./story.js";

type Log = CoreOutcome["log"];
type Violation = (plan: Plan, result: ScenarioResult) => readonly WitnessStep[] | undefined;

/** For each property, the steps of an execution that violates it, if there is one. */
export const VIOLATION: Readonly<Record<Property, Violation>> = {
  "old-or-new": ({ edit, placeholder }, result) =>
    witnessOf(result, "this is neither the old instruction nor the new one", (units) => {
      return ![edit.from, placeholder, edit.to].some((insn) => insn !== undefined && isInsn(units, insn));
    }) ??
    shortest(
      result.unpredictable.map(({ core, witness, from, to }) => {
        const fetched = `the fetch could give 0x${from.toString(16)} or 0x${to.toString(16)}`;
        return concluded(witness, core, `${fetched}, and no list has that change: this is UNPREDICTABLE`);
      }),
    ),
  "new-after-completion": ({ edit }, result) =>
    witnessOf(result, "the change is complete, and this is not the new instruction", (units) => {
      return !isInsn(units, edit.to);
    }),
  "no-deadlock": (_, { stuck: [first] }) => first && waitingForEver(first),
};

/** What has become visible when nobody can go on, and who waits. */
function waitingForEver({ cores, memory }: ScenarioResult["stuck"][number]): WitnessStep[] {
  return [
    ...memory.map((message) => ({ core: PATCHER, event: "message", detail: message })),
    ...cores.map((core) => ({ core, event: "violation", detail: "waits for ever" })),
  ];
}

/** The shortest execution in which some execution of the site `violates`, closed by saying why that is wrong. */
function witnessOf(
  result: ScenarioResult,
  why: string,
  violates: (units: readonly number[]) => boolean,
): readonly WitnessStep[] | undefined {
  const witnesses = result.cores.flatMap((outcomes, core) =>
    core === PATCHER
      ? []
      : outcomes
          .filter(({ log }) => executed(log).some(violates))
          .map((outcome) => concluded(result.witness({ core, outcome }), core, why)),
  );
  return shortest(witnesses);
}

function shortest(witnesses: readonly (readonly WitnessStep[])[]): readonly WitnessStep[] | undefined {
  return witnesses.toSorted((a, b) => a.length - b.length)[0];
}

/** The fetch units of each execution of the site. */
function executed(log: Log): (readonly number[])[] {
  return log.flatMap((event) => (event.event === "execute" ? [event.units] : []));
}
