import {
  KprobeEvents,
  type KprobeEventsOptions,
  Kprobes,
  type ListedText,
  listedText,
  ProbeCore,
  type Registers,
  ReturnProbes,
} from "@cmodx/kprobes";
import { bytesMemory } from "@cmodx/patching";

export const start = 0x80100000;
export const trampoline = 0x80200000;

/** Two functions of pushes, a second with the name of the first, and memory in which events find what they fetch. */
export function world(lists: Partial<ListedText> = {}) {
  const bytes = Uint8Array.from({ length: 128 }, (_, i) => [0x10, 0x40, 0x2d, 0xe9][i % 4]!);
  const memory = bytesMemory(start, bytes);
  const text = listedText({
    isa: "a32",
    memory,
    functions: [
      { name: "work", start, size: 64 },
      { name: "twin", start: start + 64, size: 16 },
      { name: "twin", start: start + 80, size: 16 },
      { name: "tail", start: start + 96, size: 32 },
    ],
    ...lists,
  });
  const kprobes = new Kprobes(text);
  const returns = new ReturnProbes(kprobes, trampoline, 4);
  const lines: string[] = [];
  const told: NonNullable<KprobeEventsOptions["hit"]>[] = [(line) => lines.push(line)];
  const data = new Map<number, number>();
  const events = new KprobeEvents(kprobes, returns, {
    read: (address, size, user) => {
      const all = Array.from({ length: size }, (_, i) => data.get(address + i + (user ? 0x1_0000_0000 : 0)));
      return all.includes(undefined) ? undefined : Uint8Array.from(all as number[]);
    },
    comm: () => "sh",
    hit: (...what) => {
      for (const tell of told) tell(...what);
    },
  });
  const core = new ProbeCore(kprobes, () => undefined);
  const registers = (pc: number, values: Record<number, number> = {}): Registers => {
    const r = new Uint32Array(16);
    r[15] = pc;
    for (const [index, value] of Object.entries(values)) r[Number(index)] = value;
    return { r, cpsr: 0x60000013 };
  };
  return {
    events,
    kprobes,
    lines,
    /** Whoever is told of hits. */
    told,
    hit: (pc: number, values?: Record<number, number>) => {
      const state = registers(pc, values);
      core.trap(state);
      return state;
    },
    leave: (values?: Record<number, number>) => returns.returned(registers(trampoline, values)),
    /** Puts bytes, or a text with its end, into memory. */
    put: (address: number, value: string | readonly number[], user = false) => {
      const all = typeof value === "string" ? [...Buffer.from(`${value}\0`)] : value;
      for (const [i, byte] of all.entries()) data.set(address + i + (user ? 0x1_0000_0000 : 0), byte);
    },
    at: (address: number) => Buffer.from(memory.read(address, 4) ?? []).toString("hex"),
  };
}
