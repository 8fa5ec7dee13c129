import type { CoreOutcome, ScenarioResult, WitnessStep } from "@cmodx/machine";
import type { Property } from "../protocols/property.js";
import { PATCHER } from "./scenario.js";
import type { Played, SiteMap } from "./site-map.js";
import { concluded } from "./story.js";

type Log = CoreOutcome["log"];
type Violation = (map: SiteMap, result: ScenarioResult) => readonly WitnessStep[] | undefined;

/** For each property, the steps of an execution that violates it, if there is one. */
export const VIOLATION: Readonly<Record<Property, Violation>> = {
  "old-or-new": (map, result) =>
    witnessOf(map, result, "this is neither the old instruction nor the new one", (run) =>
      run.some(({ part }) => part === "wrong"),
    ) ??
    shortest(
      result.unpredictable.map(({ core, witness, from, to }) => {
        const fetched = `the fetch could give 0x${from.toString(16)} or 0x${to.toString(16)}`;
        return concluded(witness, core, `${fetched}, and no list has that change: this is UNPREDICTABLE`);
      }),
    ),
  "new-after-completion": (map, result) =>
    witnessOf(map, result, "the change is complete, and this is not the new instruction", (run) =>
      run.some(({ part }) => part !== "new" && part !== "neutral"),
    ),
  "never-new-then-old": (map, result) =>
    witnessOf(map, result, "this core has executed the new instruction already", (run) =>
      run.some(({ part, change }, i) => part === "old" && run.slice(0, i).some(isNew(change))),
    ),
  "no-deadlock": (_, { stuck: [first] }) => first && waitingForEver(first),
  "validated-old-value": (map, result) =>
    witnessOf(map, result, "the site held something else, and it was written over all the same", (run) =>
      run.some(({ part }) => part !== "neutral"),
    ),
};

const isNew =
  (change: number) =>
  (played: Played): boolean =>
    played.change === change && played.part === "new";

/** What has become visible when nobody can go on, and who waits. */
function waitingForEver({ cores, memory }: ScenarioResult["stuck"][number]): WitnessStep[] {
  return [
    ...memory.map((message) => ({ core: PATCHER, event: "message", detail: message })),
    ...cores.map((core) => ({ core, event: "violation", detail: "waits for ever" })),
  ];
}

/** The shortest execution in which what some core executes `violates`, closed by saying why that is wrong. */
function witnessOf(
  map: SiteMap,
  result: ScenarioResult,
  why: string,
  violates: (run: readonly Played[]) => boolean,
): readonly WitnessStep[] | undefined {
  const witnesses = result.cores.flatMap((outcomes, core) =>
    core === PATCHER
      ? []
      : outcomes
          .filter(({ log }) => violates(executed(log).map((event) => map.played(event))))
          .map((outcome) => concluded(result.witness({ core, outcome }), core, why)),
  );
  return shortest(witnesses);
}

function shortest(witnesses: readonly (readonly WitnessStep[])[]): readonly WitnessStep[] | undefined {
  return witnesses.toSorted((a, b) => a.length - b.length)[0];
}

function executed(log: Log): Extract<Log[number], { event: "execute" }>[] {
  return log.filter((event) => event.event === "execute");
}
