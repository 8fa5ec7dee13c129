import type { ThreadStep } from "@cmodx/explore";
import type { Message } from "./message.js";

/** One line of an execution, in an order in which it could have become visible. */
export interface WitnessStep {
  readonly core: number;
  /** What kind of line: an operation's first word ("store", "fetch", "execute", "load", "dsb", …) or "early". */
  readonly event: string;
  readonly detail: string;
}

/**
 * Puts the cores' steps into one order: each core's in program order, each read behind the message it reads, messages in the order
 * of M. Where program order and M disagree (a core made a later store visible early) an `early` line says so.
 *
 * @param memory - the memory sequence of the execution
 * @param paths - the steps of each core, in program order
 *
 * @example
 * ```ts
 * const store = { kind: "W", core: 0, address: 0x100, size: 4, value: 1 } as const;
 * const paths = [["store 0x00000001 to 0x100 becomes message @1"], ["load 0x100 as of @1"]];
 * const steps = interleave(
 *   [store],
 *   paths.map((events) => [{ choices: [], events }]),
 * );
 * steps.map(({ core, event }) => [core, event]); // [[0, "store"], [1, "load"]]
 * ```
 */
export function interleave(memory: readonly Message[], paths: readonly (readonly ThreadStep[])[]): WitnessStep[] {
  const lines = paths.map((steps) => steps.flatMap((step) => step.events));
  const at = lines.map(() => 0);
  const visible = new Set<number>([0]);
  const told: WitnessStep[] = [];
  const lowest = (): number => {
    for (let t = 1; t <= memory.length; t++) if (!visible.has(t)) return t;
    return memory.length + 1;
  };
  const emit = (core: number): void => {
    const line = lines[core]![at[core]!++]!;
    for (const t of written(line)) visible.add(t);
    told.push({ core, event: line.slice(0, line.search(/[ :]|$/)), detail: line });
  };
  const enabled = (line: string): boolean => {
    const writes = written(line);
    if (writes.length > 0) return writes.every((t) => visible.has(t) || t === lowest());
    return positions(line).every((t) => visible.has(t));
  };
  while (at.some((i, core) => i < lines[core]!.length)) {
    const ready = lines.findIndex((own, core) => at[core]! < own.length && enabled(own[at[core]!]!));
    if (ready >= 0) {
      emit(ready);
      continue;
    }
    const t = lowest();
    const message = memory[t - 1];
    if (message === undefined) {
      // Nothing is left to become visible: tell what remains in program order.
      emit(lines.findIndex((own, core) => at[core]! < own.length));
      continue;
    }
    visible.add(t);
    const own = lines[message.core]!.slice(at[message.core]!).find((line) => written(line).includes(t));
    told.push({ core: message.core, event: "early", detail: `ahead of program order: ${own ?? `message @${t}`}` });
  }
  return told;
}

/** Positions that a line's operation created ("message @3"), and those it read ("as of @3"). */
function written(line: string): number[] {
  return [...line.matchAll(/message @(\d+)/g)].map((match) => Number(match[1]));
}

function positions(line: string): number[] {
  return [...line.matchAll(/@(\d+)/g)].map((match) => Number(match[1]));
}
