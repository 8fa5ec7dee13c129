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

/** A core stored: the monitors of others for what it stored to are closed, whatever addresses they know it by. */
export function closeMonitors(
  cores: readonly RunCore[],
  by: RunCore,
  memory: GuestMemory,
  address: number,
  size: number,
): void {
  for (const other of cores) {
    if (other === by || !isOpen(other)) continue;
    const open = other.cells[cell.exclusiveSize]!;
    const at = memory.placeOf(other.cells[cell.exclusiveAddress]!);
    for (let i = 0; i < size && at >= 0; i++) {
      const place = memory.placeOf(address + i);
      if (place >= at && place < at + open) other.clearExclusive();
    }
  }
}

/** Leaves stores that another core's open monitor may be for to the interpreter, until `memory.release()`. */
export function guardMonitors(cores: readonly RunCore[], by: RunCore, memory: GuestMemory): void {
  for (const other of cores) if (other !== by && isOpen(other)) memory.guard(other.cells[cell.exclusiveAddress]!);
}
