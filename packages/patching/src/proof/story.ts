import type { WitnessStep } from "@cmodx/machine";

/**
 * What an execution shows of `core` going wrong: its steps up to the last time that it executes the site, and of the others'
 * only those that it can have noticed; closed by saying why it is wrong.
 */
export function concluded(witness: readonly WitnessStep[], core: number, why: string): WitnessStep[] {
  const last = witness.findLastIndex((step) => step.core === core && step.event === "execute");
  const told = last < 0 ? witness : witness.slice(0, last + 1);
  const noticed = Math.max(0, ...told.filter((step) => step.core === core).flatMap(positions));
  /** By core, how far its steps lead up to a message that was noticed: what it does after that shows nothing. */
  const upTo = new Map<number, number>();
  told.forEach((step, i) => {
    if (written(step).some((t) => t <= noticed)) upTo.set(step.core, i);
  });
  const kept = told.filter((step, i) => step.core === core || i <= (upTo.get(step.core) ?? -1));
  return [...kept, { core, event: "violation", detail: why }];
}

/** Positions in the list of messages that a step speaks of. */
function positions({ detail }: WitnessStep): number[] {
  return [...detail.matchAll(/@(\d+)/g)].map((match) => Number(match[1]));
}

/** Positions of the messages that a step made. */
function written({ detail }: WitnessStep): number[] {
  return [...detail.matchAll(/message @(\d+)/g)].map((match) => Number(match[1]));
}
