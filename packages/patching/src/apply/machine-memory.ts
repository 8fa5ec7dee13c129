import type { Machine } from "@cmodx/machine/run";
import type { CodeMemory } from "./code-memory.js";

/**
 * A running machine's memory as the host sees it between two of its instructions: whatever the guest's permissions are. Nobody executes
 * while the host writes, so a write stands for the store, the maintenance and the synchronisation of every core.
 *
 * @param machine - one that stands between two of its instructions
 *
 * @example
 * ```ts
 * import { Machine } from "@cmodx/machine/run";
 *
 * const machine = new Machine();
 * machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
 * const memory = machineMemory(machine);
 * memory.write(0x8000, Uint8Array.of(0x00, 0xbf));
 * [...memory.read(0x8000, 2)!]; // [0x0, 0xbf]
 * ```
 */
export function machineMemory(machine: Machine): CodeMemory {
  const { memory } = machine;
  return {
    read: (address, size) => {
      try {
        return memory.read(address, size);
      } catch {
        return undefined;
      }
    },
    write: (address, bytes) => {
      memory.write(address, bytes);
      machine.codeChanged(address, bytes.length);
    },
  };
}
