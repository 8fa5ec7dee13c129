import { type Isa, parse } from "@cmodx/codec";
import { a32, t32 } from "@cmodx/machine";
import { type Assembled, type Dialect, OutsideDialect } from "../dialect.js";

/** Cache maintenance by the manual's names, as the CP15 write each one is. */
const maintenance: Readonly<Record<string, string>> = {
  DCCMVAU: "c7, c11, 1",
  ICIMVAU: "c7, c5, 1",
  BPIMVA: "c7, c5, 7",
  ICIALLU: "c7, c5, 0",
  ICIALLUIS: "c7, c1, 0",
  BPIALL: "c7, c5, 6",
  BPIALLIS: "c7, c1, 6",
};

/** herd's spelling, and ours, to the assembler's. */
function spelled(text: string, symbolic: (name: string) => number): string {
  const named = text.replace(/%\w+/g, (name) => `r${symbolic(name)}`);
  const [mnemonic = "", ...rest] = named.trim().split(/\s+/);
  const operands = rest.join(" ");
  const upper = mnemonic.toUpperCase();
  const operation = maintenance[upper];
  if (operation !== undefined) return `mcr p15, 0, ${operands === "" ? "r0" : operands}, ${operation}`;
  if (operands === "" && /^(DMB|DSB|ISB)$/.test(upper)) return `${mnemonic} sy`;
  // herd's other name of EOR.
  if (/^XORS?$/.test(upper)) return `eor${upper.slice(3)} ${operands}`;
  // Old tests leave the brackets out: `ldr R2,R5`.
  const bare = /^(\w+)\s*,\s*(\w+)$/.exec(operands);
  if (bare !== null && /^(LDR|STR)(EX)?[BH]?(EQ|NE)?$/.test(upper)) return `${mnemonic} ${bare[1]}, [${bare[2]}]`;
  return named.trim();
}

/** Any name is a label somewhere near: enough to know an instruction's size before labels have addresses. */
class NearbyLabels extends Map<string, number> {
  readonly #address: number;
  constructor(address: number) {
    super();
    this.#address = address;
  }
  override get(_name: string): number {
    return this.#address;
  }
  override has(_name: string): boolean {
    return true;
  }
}

const target = /\.\s*([+-])\s*(\d+|0x[0-9a-f]+)\s*$/i;

function assemble(isa: Isa, text: string, address: number, symbols: ReadonlyMap<string, number>) {
  const distance = target.exec(text);
  const all = distance === null ? symbols : new Map([["target", address + Number(distance[1]! + Number(distance[2]))]]);
  const parsed = parse(distance === null ? text : text.replace(target, "target"), { isa, address, symbols: all });
  if (!parsed.ok) throw new OutsideDialect(`"${text}": ${parsed.issues[0]?.message}`);
  return parsed.insn;
}

/** Bytes as memory holds them, first byte lowest: a wide Thumb instruction has its first halfword first. */
function inMemory({ isa, size, word }: { readonly isa: Isa; readonly size: number; readonly word: number }): number {
  return isa === "t32" && size === 4 ? (word & 0xffff) * 0x10000 + (word >>> 16) : word;
}

function dialect(arch: string, isa: Isa): Dialect {
  return {
    arches: [arch],
    isa: isa === "a32" ? a32 : t32,
    knobs: {},
    // LR is last but one, SP last: code that calls needs the one, code that pushes the other.
    free: [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 14, 13],
    register(name) {
      const upper = name.toUpperCase();
      const number = /^R(\d+)$/.exec(upper)?.[1];
      if (number !== undefined) return Number(number) < 16 ? Number(number) : undefined;
      return { SP: 13, LR: 14, IP: 12, FP: 11 }[upper];
    },
    assemble(text, symbolic): Assembled {
      const line = spelled(text, symbolic);
      const { size } = assemble(isa, line, 0x10000, new NearbyLabels(0x10010));
      const words = line.match(/[A-Za-z_]\w*/g) ?? [];
      return {
        size,
        encode(address, label) {
          const symbols = new Map(
            words.flatMap((word) => (label.known(word) ? [[word, label.address(word)] as const] : [])),
          );
          const insn = assemble(isa, line, address, symbols);
          if (insn.size !== size) throw new OutsideDialect(`branch distance in "${text}"`);
          return inMemory(insn);
        },
      };
    },
    constant: (register, value) => [`movw r${register}, #${value & 0xffff}`, `movt r${register}, #${value >>> 16}`],
    instruction: (text) =>
      inMemory(
        assemble(
          isa,
          spelled(text, () => 0),
          0x10000,
          new Map(),
        ),
      ),
  };
}

/** A32, as herd's ARM tests have it, with code labels as values and CP15 maintenance besides. */
export const arm: Dialect = dialect("arm", "a32");

/** Thumb, 16- and 32-bit. Labels are plain addresses: `P1:L0+1` is what BX wants. */
export const thumb: Dialect = dialect("thumb", "t32");
