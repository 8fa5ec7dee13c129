import type { RunCore } from "@cmodx/machine/run";

/** r0 to r12 begin above the word for direct code, and the address behind the call is above them. */
const FIRST = 4;
const COUNT = 13;
const SP = 13;
const LR = 14;
const PC = 15;

/** Registers of a traced function as they were before the call, from a trampoline's frame: r0 to r12, SP, LR, PC. */
export function readRegisters(core: RunCore, site: number): Int32Array {
  const registers = new Int32Array(PC + 1);
  const frame = core.cells[SP]! >>> 0;
  for (let n = 0; n < COUNT; n++) registers[n] = core.load(frame + FIRST + 4 * n, 4, false);
  registers[SP] = site + 4;
  registers[LR] = core.load(site, 4, false);
  registers[PC] = core.load(frame + FIRST + 4 * COUNT, 4, false);
  return registers;
}

/** Puts them back: what a handler changed is what the function goes on with. PC only where it may be changed. */
export function writeRegisters(core: RunCore, site: number, registers: Int32Array, isModified: boolean): void {
  const frame = core.cells[SP]! >>> 0;
  for (let n = 0; n < COUNT; n++) core.store(frame + FIRST + 4 * n, registers[n]!, 4, false);
  core.store(site, registers[LR]!, 4, false);
  if (isModified) core.store(frame + FIRST + 4 * COUNT, registers[PC]!, 4, false);
}
