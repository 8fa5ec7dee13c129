import { writeFileSync } from "node:fs";
import { decodeA32, decodeT32, effects, encodings, format, type Insn } from "@cmodx/codec";
import { type Decision, decide, enterSlot, leaveSlot, type Registers, slotInsn } from "@cmodx/kprobes";
import type { Kernel } from "./kernel.js";

const vectorFile = new URL("../test/vectors/execution.txt", import.meta.url);
const head = `# What qemu-arm makes of an instruction of each line of the tables: set, word, flags, r0 to r14 before | flags, r0 to r14 behind
# the instruction | the same behind its slot. Written by "pnpm oracle kprobes --vectors"; do not edit.`;

const memoryAddress = 0x60000000;
const conditionFlags = 0xf80f0000;

interface Trial {
  readonly decision: Decision;
  readonly before: Registers;
}

/** Instructions of every row that is emulated, which use no PC, on registers that often point into the memory. */
function draw(perRow: number, next: () => number): Trial[] {
  const trials: Trial[] = [];
  for (const row of encodings) {
    const fixed = row.pattern.mask | row.pattern.shouldMask;
    for (let i = 0; i < perRow; i++) {
      let word = ((next() & ~fixed) | row.pattern.value | row.pattern.shouldValue) >>> 0;
      if (row.hasCond && row.isa === "a32") word = ((word & 0x0fffffff) | 0xe0000000) >>> 0;
      if (row.size === 2) word &= 0xffff;
      const insn =
        row.isa === "a32" ? decodeA32(word) : row.size === 2 ? decodeT32(word, 0) : decodeT32(word >>> 16, word);
      if (insn.encoding !== row || insn.status !== "ok") continue;
      const { reads, writes } = effects(insn);
      if (
        ((reads.core | writes.core) & 0x8000) !== 0 ||
        /^(DSB|DMB|ISB|SSBB|PSSBB|DBG|HINT|SEV|YIELD|CSDB)/.test(row.id)
      )
        continue;
      const decision = decide(insn, "strict");
      if (decision.action === "emulate") trials.push({ decision, before: registers(next) });
    }
  }
  return trials;
}

function registers(next: () => number): Registers {
  const r = new Uint32Array(16);
  for (let i = 0; i < 15; i++) {
    const kind = next() % 10;
    const pointer = memoryAddress + 0x800 + 8 * (next() % 64);
    r[i] = kind < 5 || i === 13 ? pointer : kind < 8 ? 4 * (next() % 16) : next();
  }
  return { r, cpsr: (next() & conditionFlags) >>> 0 };
}

const packed = ({ isa, size, word }: Insn, { r, cpsr }: Registers): number[] => [
  isa === "t32" ? 1 : 0,
  // A halfword by itself is below every 32-bit instruction.
  size === 2 ? word & 0xffff : word,
  cpsr,
  ...r.subarray(0, 15),
];

/**
 * Executes each instruction, and its slot with the registers that stand in, on an emulated core: the same must come out.
 *
 * @returns how many differ
 */
export function compareExecution(linux: Kernel, perRow: number, next: () => number, vectors = false): number {
  const trials = draw(perRow, next);
  const plain = linux.execute(
    Uint32Array.from(trials.flatMap(({ decision, before }) => packed(decision.insn, before))),
  );
  const called = linux.execute(
    Uint32Array.from(
      trials.flatMap(({ decision, before }) => packed(slotInsn(decision)!, enterSlot(decision, before))),
    ),
  );
  const rows = new Set<string>();
  const lines = new Map<unknown, string>();
  const wrong = new Map<string, string>();
  let [same, faulted] = [0, 0];
  for (const [i, { decision, before }] of trials.entries()) {
    const [a, b] = [plain.subarray(18 * i, 18 * i + 18), called.subarray(18 * i, 18 * i + 18)];
    const key = `${decision.insn.isa} ${decision.insn.encoding?.id}`;
    if (a[0] === 0 && b[0] === 0) {
      faulted++;
      continue;
    }
    const after: Registers = { r: before.r.slice(), cpsr: before.cpsr };
    const inside: Registers = { r: Uint32Array.from([...b.subarray(2, 17), 0]), cpsr: b[1]! };
    leaveSlot(decision, after, inside);
    const agrees =
      a[0] === b[0] &&
      a[17] === b[17] &&
      ((a[1]! ^ after.cpsr) & conditionFlags) === 0 &&
      a.subarray(2, 17).every((value, register) => value === after.r[register]);
    if (agrees) {
      same++;
      rows.add(key);
      const line = () =>
        [packed(decision.insn, before).slice(1), a.subarray(1, 17), b.subarray(1, 17)].map(hexes).join(" | ");
      if (!lines.has(decision.rule)) lines.set(decision.rule, `${decision.insn.isa} ${line()}`);
    } else if (!wrong.has(key)) wrong.set(key, `${decision.insn.word.toString(16)} ${format(decision.insn)}`);
  }
  const failures = trials.length - same - faulted;
  console.log(
    `execution: ${same} of ${same + failures} slots do what the instruction does, of ${rows.size} rows (${faulted} faulted both ways)`,
  );
  for (const [key, example] of [...wrong].slice(0, 30)) console.log(`  ${key}: ${example}`);
  if (vectors) writeFileSync(vectorFile, `${head}\n${[...lines.values()].join("\n")}\n`);
  return failures;
}

const hexes = (values: ArrayLike<number>): string => Array.from(values, (value) => value.toString(16)).join(" ");
