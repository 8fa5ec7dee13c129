import type { Twins } from "@cmodx/explore";
import type { CoreProgram } from "./machine-model.js";
import type { Operation } from "./operation.js";

/**
 * Cores that run the same program from the same registers. Only an interrupt is for a core by name: cores that interrupt one of themselves
 * are no twins, and those that others interrupt are not interchangeable, for one of them is interrupted first.
 */
export function twinsOf(programs: readonly CoreProgram[]): readonly Twins[] {
  const groups = new Map<string, number[]>();
  programs.forEach((program, core) => {
    const text = JSON.stringify(program);
    groups.set(text, [...(groups.get(text) ?? []), core]);
  });
  const interrupted = programs.map(interrupts);
  return [...groups.values()]
    .filter((threads) => threads.length > 1 && !threads.some((core) => interrupted[threads[0]!]!.has(core)))
    .map((threads) => ({
      threads,
      interchangeable: !threads.some((core) => interrupted.some((targets) => targets.has(core))),
    }));
}

/** The cores that a program interrupts. */
function interrupts({ steps, onIpi = [] }: CoreProgram): ReadonlySet<number> {
  return new Set([...steps, ...onIpi].flatMap((step: Operation) => (step.op === "send-ipi" ? step.to : [])));
}
