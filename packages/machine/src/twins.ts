import type { Twins } from "@cmodx/explore";
import type { CoreProgram } from "./machine-model.js";
import type { Operation } from "./operation.js";

/**
 * Cores that run the same program from the same registers. Only an interrupt is for a core by name: cores that interrupt one of themselves
 * are no twins, and those that others interrupt are not interchangeable, for one of them is interrupted first. `byCode` are the cores that
 * code may interrupt.
 */
export function twinsOf(programs: readonly CoreProgram[], byCode: readonly number[] = []): readonly Twins[] {
  const groups = new Map<string, number[]>();
  programs.forEach((program, core) => {
    const text = JSON.stringify(program);
    groups.set(text, [...(groups.get(text) ?? []), core]);
  });
  const interrupted = programs.map((program) => interrupts(program, byCode));
  return [...groups.values()]
    .filter((threads) => threads.length > 1 && !threads.some((core) => interrupted[threads[0]!]!.has(core)))
    .map((threads) => ({
      threads,
      interchangeable: !threads.some((core) => interrupted.some((targets) => targets.has(core))),
    }));
}

/** The cores that a program interrupts. */
function interrupts({ steps, onIpi = [] }: CoreProgram, byCode: readonly number[]): ReadonlySet<number> {
  const targets = (step: Operation): readonly number[] =>
    step.op === "send-ipi" ? step.to : step.op === "execute" ? byCode : [];
  return new Set([...steps, ...onIpi].flatMap(targets));
}
