import type { RunCore } from "./core.js";
import type { GuestMemory } from "./guest-memory.js";
import { cell } from "./layout.js";

const isOpen = ({ cells }: RunCore): boolean => cells[cell.exclusiveSize] !== 0;

/** Open exclusive monitors. */
export function openMonitors(cores: readonly RunCore[]): number {
  let open = 0;
  for (let i = 0; i < cores.length; i++) if (isOpen(cores[i]!)) open++;
  return open;
}

/** A core stored: the monitors of others for what it stored to are closed. */
export function closeMonitors(cores: readonly RunCore[], by: RunCore, address: number, size: number): void {
  for (const other of cores) {
    if (other === by || !isOpen(other)) continue;
    const [at, open] = [other.cells[cell.exclusiveAddress]! >>> 0, other.cells[cell.exclusiveSize]!];
    if (at < (address >>> 0) + size && address >>> 0 < at + open) other.clearExclusive();
  }
}

/** Leaves stores that another core's open monitor may be for to the interpreter, until `memory.release()`. */
export function guardMonitors(cores: readonly RunCore[], by: RunCore, memory: GuestMemory): void {
  for (const other of cores) if (other !== by && isOpen(other)) memory.guard(other.cells[cell.exclusiveAddress]!);
}
