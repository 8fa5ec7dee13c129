import { assemble } from "@cmodx/codec";
import {
  Kprobes,
  type KprobesOptions,
  type ListedText,
  listedText,
  Probe,
  type ProbeSpec,
  type Registers,
} from "@cmodx/kprobes";
import { bytesMemory } from "@cmodx/patching";

/** Where the functions of these tests begin, and their detours. */
export const start = 0x80100000;
const detours = { base: 0x7f002000, callback: 0x80200000 };

/** A small kernel: one function of the given text for each name, eight instructions apart. */
export function kernel(
  isa: "a32" | "t32",
  functions: Readonly<Record<string, string>>,
  options: KprobesOptions & { lists?: Partial<ListedText>; optimise?: boolean } = {},
) {
  const room = 32;
  const names = Object.keys(functions);
  const bytes = new Uint8Array(room * names.length);
  names.forEach((name, i) => {
    const made = assemble(functions[name]!, { isa, address: start + room * i });
    if (!made.ok) throw new Error(made.issues[0]?.message);
    bytes.set(made.code, room * i);
  });
  const memory = bytesMemory(start, bytes);
  const text = listedText({
    isa,
    memory,
    functions: names.map((name, i) => ({ name, start: start + room * i, size: room })),
    ...options.lists,
  });
  const kprobes = new Kprobes(text, { ...(options.optimise === true && { detours }), ...options });
  const original = bytes.slice();
  return {
    kprobes,
    text,
    memory,
    original,
    bytes,
    at: (address: number, size = 4) => Buffer.from(memory.read(address, size) ?? []).toString("hex"),
    of: (name: string) => start + room * names.indexOf(name),
  };
}

export const registers = (pc: number, cpsr = 0x40000013): Registers => {
  const r = new Uint32Array(16);
  r[15] = pc;
  return { r, cpsr };
};

/** A probe that writes its name down when it is called. */
export function named(log: string[], name: string, spec: ProbeSpec): Probe {
  return new Probe({
    pre: () => {
      log.push(name);
      return undefined;
    },
    ...spec,
  });
}
