import { MachineError } from "../machine-error.js";
import type { MachineOptions, RunOptions } from "./machine-options.js";

const mostCores = 256;
const memoryUnit = 0x10000;
/** So that cores, tables and memory together are less than WebAssembly's 4 GiB. */
const mostMemory = 0xf0000000;
const page = 0x1000;

function fail(what: string, remedy: string, facts: Readonly<Record<string, unknown>>): never {
  throw new MachineError({ code: "E_SCENARIO", what, remedy, facts });
}

/** @throws MachineError for a machine that cannot be made */
export function checkMachine({ cores = 1, memoryBytes = memoryUnit, memoryBase = 0 }: MachineOptions): void {
  if (!Number.isInteger(cores) || cores < 1 || cores > mostCores)
    fail(`a machine of ${cores} cores`, `give it 1 to ${mostCores} of them`, { cores });
  if (!(memoryBytes >= memoryUnit && memoryBytes <= mostMemory) || memoryBytes % memoryUnit !== 0)
    fail(`a machine with room for ${memoryBytes} bytes`, "give it a multiple of 64 KiB, less than 3.75 GiB", {
      memoryBytes,
    });
  if (!Number.isInteger(memoryBase) || memoryBase % page !== 0)
    fail(`memory from ${memoryBase} on`, "let it start with a page, a multiple of 4 KiB", { memoryBase });
}

/** @throws MachineError for a run whose bounds are no numbers, or whose turns would take for ever */
export function checkRun({ schedule, instructions = 0, seconds = 0 }: RunOptions): void {
  if (!(instructions >= 0) || !(seconds >= 0))
    fail(`a run of ${instructions} instructions and ${seconds} seconds`, "bound it by numbers that are not negative", {
      instructions,
      seconds,
    });
  if (schedule?.kind === "given") {
    const wrong = schedule.turns.find(
      ({ core, instructions }) => !Number.isInteger(core) || core < 0 || !(instructions >= 0),
    );
    if (wrong !== undefined) fail("a turn of no core, or of no number of instructions", "name a core from 0 on", wrong);
  } else if (schedule !== undefined && !(schedule.quantum >= 1))
    fail(`turns of ${schedule.quantum} instructions`, "let them be at least 1 long", { quantum: schedule.quantum });
}
