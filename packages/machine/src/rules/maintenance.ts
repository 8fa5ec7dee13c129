import type { CoreState, Value } from "../core-state.js";
import { everyLine } from "../message.js";
import type { Step } from "../world.js";
import { through } from "./load.js";

/**
 * DCCMVAU line: t > v_addr ⊔ vDN ⊔ vC ⊔ scl[line]; vD ⊔= t; scl[line] ⊔= t. It follows this core's accesses to the line. Data caches go by
 * physical address, so any address of the memory will do.
 */
export function cleanDcache(core: CoreState, step: Step, address: Value): void {
  const at = step.world.physical(address.value >>> 0);
  const line = step.world.line(at);
  const index = step.world.lineIndex(line);
  const bound = Math.max(address.view, address.pick ?? 0, cleanFloor(core, index));
  // What scl stands for on a line that this core never reads: its own stores to the line and cleans of it.
  const wide = step.world.readsLine(step.core, line)
    ? bound
    : Math.max(address.view, address.pick ?? 0, core.vDN, core.vC);
  const t = step.run.write({ kind: "D", core: step.core, line }, bound, wide, (message) =>
    message.kind === "W"
      ? message.core === step.core && step.world.line(message.address) === line
      : message.kind === "D" && message.core === step.core && message.line === line,
  );
  core.vD = Math.max(core.vD, t);
  core.scl[index] = Math.max(core.scl[index] ?? 0, t);
  step.run.tell(
    () =>
      `clean data cache line 0x${lineAddress(step, line)} to the point of unification becomes message @${t}${through(address.value >>> 0, at)}`,
  );
}

/**
 * ICIMVAU (a line), ICIALLU and ICIALLUIS (everything): t > v_addr ⊔ vIN ⊔ vC; vI ⊔= t.
 *
 * By address, it is the address that counts: a virtually indexed cache may keep what was fetched through another one of the same memory.
 *
 * No access and no DMB orders it: only a DSB does, which is why the sequence has one between clean and invalidate.
 */
export function invalidateIcache(
  core: CoreState,
  step: Step,
  address: Value | "all",
  scope: "broadcast" | "local",
): void {
  const line = address === "all" ? everyLine : step.world.fetchLine(address.value >>> 0);
  const views = address === "all" ? 0 : Math.max(address.view, address.pick ?? 0);
  const bound = Math.max(views, invalidateFloor(core));
  const t = step.run.write({ kind: "I", core: step.core, line, local: scope === "local" }, bound);
  core.vI = Math.max(core.vI, t);
  step.run.tell(() => {
    const what =
      line === everyLine ? "all instruction cache lines" : `instruction cache line 0x${lineAddress(step, line)}`;
    return `invalidate ${what}${scope === "local" ? " of this core only" : ""} becomes message @${t}`;
  });
}

/** What every later clean of the line by this core must follow. */
export function cleanFloor(core: CoreState, lineIndex: number): number {
  return Math.max(core.vDN, core.vC, core.scl[lineIndex] ?? 0);
}

/** What every later invalidate by this core must follow. */
export function invalidateFloor(core: CoreState): number {
  return Math.max(core.vIN, core.vC);
}

function lineAddress(step: Step, line: number): string {
  return (line * step.world.knobs.lineBytes).toString(16);
}
