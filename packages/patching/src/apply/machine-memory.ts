import type { Machine } from "@cmodx/machine/run";
import type { CodeMemory } from "./code-memory.js";

/**
 * A running machine's memory as the host sees it between two of its instructions: whatever the guest's permissions are. Nobody executes
 * while the host writes, so a write stands for the store, the maintenance and the synchronisation of every core.
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
