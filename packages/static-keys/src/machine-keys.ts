import { bytesOf } from "@cmodx/codec";
import type { Machine, RunCore } from "@cmodx/machine/run";
import {
  applyEdits,
  machineMemory,
  type ProtocolName,
  plansFor,
  type SimulateOptions,
  type Simulation,
  simulate,
} from "@cmodx/patching";
import type { ImageLabels } from "./image-labels.js";
import type { JumpEntry } from "./jump-entry.js";
import { branchAt, nopAt } from "./site-edit.js";
import type { StaticKey } from "./static-key.js";
import { keyEdits } from "./switch-image.js";

/**
 * The static keys of a program that runs on a machine: switched between any two runs of it, and listened to. A site whose branch is not
 * taken costs the program one instruction, whether or not somebody listens.
 *
 * @example
 * ```ts
 * import { Machine } from "@cmodx/machine/run";
 *
 * const made = assembleStaticBranches(
 *   "f: static_branch_unlikely k, slow\nback: b f\nslow: adds r1, #1\n b back\n .balign 4\nk: .word 0",
 *   { isa: "a32", address: 0x8000 },
 * );
 * const machine = new Machine();
 * machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
 * if (made.ok) machine.memory.write(0x8000, made.code);
 * const key = staticKey("k", { address: made.ok ? made.labels.get("k")! : 0 });
 * const keys = new MachineKeys(machine, made.ok ? made.entries : []);
 * machine.cores[0]!.cells[15] = 0x8000;
 * let hits = 0;
 * keys.listen(key, () => hits++);
 * machine.run({ instructions: 100 });
 * keys.switch(key, true);
 * machine.run({ instructions: 100 });
 * hits; // 25
 * ```
 */
export class MachineKeys {
  readonly #machine: Machine;
  readonly #labels: Pick<ImageLabels, "entries" | "memory">;

  /**
   * @param machine - whose memory has the program
   * @param entries - the program's jump table: of {@link assembleStaticBranches}, or of {@link labelsOf} its file
   */
  constructor(machine: Machine, entries: readonly JumpEntry[]) {
    this.#machine = machine;
    this.#labels = { entries, memory: machineMemory(machine) };
    // So that no switch makes the machine compile anything again.
    for (const entry of entries) {
      const branch = branchAt(entry);
      const forms = [nopAt(entry, "strict"), nopAt(entry, "linux"), ...(branch === undefined ? [] : [branch])];
      machine.declareSite({ address: entry.code, forms: forms.map(bytesOf) });
    }
  }

  /** Makes all sites of a key what they are when it is on, or off. */
  switch(key: StaticKey, on: boolean): void {
    applyEdits(keyEdits(this.#labels, key, on), this.#labels.memory);
  }

  /**
   * Makes them so by a protocol, one step after another, while the other cores go on with the program. What came of each of its plans is
   * given back; the first that was not made is the last that was tried.
   *
   * @throws {PatchingError} `E_NOT_APPLICABLE` for a protocol that is no way to make these edits
   */
  switchLive(key: StaticKey, on: boolean, protocol: ProtocolName, options: SimulateOptions = {}): Simulation[] {
    const done: Simulation[] = [];
    for (const made of plansFor(keyEdits(this.#labels, key, on), protocol)) {
      done.push(simulate(made, this.#machine, options));
      if (done.at(-1)?.outcome !== "made") break;
    }
    return done;
  }

  /**
   * Calls back whenever a branch of the key is taken, with the core's registers and memory to read and to change.
   *
   * @param key - of the program
   * @param taken - is given the core, before it executes at the branch's target, and the site
   */
  listen(key: StaticKey, taken: (core: RunCore, site: JumpEntry) => void): void {
    for (const site of this.#labels.entries) {
      if (site.key === key.address) this.#machine.setBreakpoint(site.target, (core) => taken(core, site));
    }
  }
}
