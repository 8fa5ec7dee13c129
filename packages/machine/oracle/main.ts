// `pnpm oracle machine [--seed N] [--blocks N]`: random straight-line A32 and Thumb data processing, run here and under qemu-arm
// (Debian qemu-user); registers and flags compared. Exits 1 at the first block that differs, with its code. `--write FILE` keeps the
// blocks with qemu's results, as test/qemu-arm.json has them.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Isa, itBlock, nextIt, parse } from "@cmodx/codec";
import { a32, exploreSync, t32 } from "../src/index.js";

const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const seed = option("seed", 1);
const blocks = option("blocks", 400);

let a = seed | 0;
const pick = (below: number): number => {
  a = (a + 0x6d2b79f5) | 0;
  let t = Math.imul(a ^ (a >>> 15), 1 | a);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
};
const one = <T>(of: readonly T[]): T => of[pick(of.length)]!;

const conditions = ["eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"];
const register = (): string => `r${pick(10)}`;
const shiftOf = (): string => (pick(2) ? "" : `, ${one(["lsl", "lsr", "asr", "ror"])} #${1 + pick(31)}`);
const immediate = (isa: Isa): string => {
  const byte = 1 + pick(255);
  return isa === "a32"
    ? `#${((byte >>> (2 * pick(4))) | (byte << (2 * pick(12)))) & (pick(2) ? 0xff : 0xff0)}`
    : `#${one([byte, byte * 0x10001, byte * 0x1000100, byte * 0x1010101, byte << pick(24)]) >>> 0}`;
};
const three = ["and", "eor", "orr", "bic", "add", "sub", "rsb", "adc", "sbc"];

/** One instruction as text; what the assembler refuses is drawn again. */
function instruction(isa: Isa): string {
  const s = pick(2) ? "s" : "";
  const c = isa === "a32" && pick(4) === 0 ? one(conditions) : "";
  switch (pick(isa === "a32" ? 10 : 11)) {
    case 0:
    case 1:
      return `${one(three)}${s}${c} ${register()}, ${register()}, ${immediate(isa)}`;
    case 2:
    case 3:
      return `${one(isa === "t32" ? [...three, "orn"] : [...three, "rsc"])}${s}${c} ${register()}, ${register()}, ${register()}${shiftOf()}`;
    case 4:
      return `${one(["cmp", "cmn", "tst", "teq"])}${c} ${register()}, ${pick(2) ? immediate(isa) : register() + shiftOf()}`;
    case 5:
      return `${one(["mov", "mvn"])}${s}${c} ${register()}, ${pick(2) ? immediate(isa) : register()}`;
    case 6:
      return `${one(["lsl", "lsr", "asr", "ror"])}${s}${c} ${register()}, ${register()}, ${pick(2) ? `#${1 + pick(31)}` : register()}`;
    case 7:
      return `${one(["movw", "movt"])}${c} ${register()}, #${pick(65536)}`;
    case 8:
      return `${one(["uxtb", "uxth", "sxtb", "sxth"])}${c} ${register()}, ${register()}${pick(2) ? `, ror #${8 * (1 + pick(3))}` : ""}`;
    case 9:
      return isa === "a32"
        ? `rrx${s}${c} ${register()}, ${register()}`
        : `${one(["addw", "subw"])} ${register()}, ${register()}, #${pick(4096)}`;
    default: {
      const low = (): string => `r${pick(8)}`;
      return one([
        `adds ${low()}, ${low()}, #${pick(8)}`,
        `subs ${low()}, #${pick(256)}`,
        `rsbs ${low()}, ${low()}, #0`,
        `ands ${low()}, ${low()}`,
        `lsls ${low()}, ${low()}`,
        `movs ${low()}, #${pick(256)}`,
        `mov ${register()}, ${register()}`,
        `sbcs ${low()}, ${low()}`,
        `cmp ${low()}, ${low()}`,
      ]);
    }
  }
}

/** Bytes of instructions, in memory order. */
function assemble(isa: Isa, lines: readonly string[], start: number): number[] | undefined {
  const bytes: number[] = [];
  let it = 0;
  for (const text of lines) {
    const parsed = parse(text, { isa, address: start + bytes.length, it });
    if (!parsed.ok || parsed.insn.status !== "ok") return undefined;
    const { word, size } = parsed.insn;
    it = itBlock(parsed.insn) !== 0 ? itBlock(parsed.insn) : nextIt(it, parsed.insn);
    const halves = isa === "t32" && size === 4 ? [word >>> 16, word & 0xffff] : [word & 0xffff, word >>> 16];
    for (const half of halves.slice(0, size / 2)) bytes.push(half & 0xff, half >>> 8);
  }
  return bytes;
}

/** Flags into r10: N, Z, C, V in bits 3 to 0. */
const flags: Readonly<Record<Isa, readonly string[]>> = {
  a32: ["mov r10, #0", "addmi r10, r10, #8", "addeq r10, r10, #4", "addcs r10, r10, #2", "addvs r10, r10, #1"],
  t32: [
    "mov.w r10, #0",
    ...["mi 8", "eq 4", "cs 2", "vs 1"].flatMap((one) => [
      `it ${one.slice(0, 2)}`,
      `add${one.slice(0, 2)}.w r10, r10, #${one[3]}`,
    ]),
  ],
};

interface Block {
  readonly isa: Isa;
  readonly lines: readonly string[];
  readonly registers: readonly number[];
}

function randomBlock(): Block {
  const isa: Isa = pick(2) ? "a32" : "t32";
  const lines = ["cmp r0, r1"];
  while (lines.length < 9) {
    const text = instruction(isa);
    if (assemble(isa, [text], 0x8000) === undefined) continue;
    if (isa === "t32" && pick(4) === 0) {
      const c = one(conditions);
      const conditional = text.replace(/^(add|sub|and|orr|eor|bic|mov|mvn|adc|sbc)(\.w)? /, `$1${c}.w `);
      if (conditional !== text && assemble(isa, [`it ${c}`, conditional], 0x8000) !== undefined) {
        lines.push(`it ${c}`, conditional);
        continue;
      }
    }
    lines.push(text);
  }
  return {
    isa,
    lines: [...lines, ...flags[isa]],
    registers: Array.from({ length: 10 }, () =>
      one([pick(2 ** 16), pick(2 ** 31) * 2 + pick(2), pick(64), 0xffffffff, 0x80000000]),
    ),
  };
}

function here({ isa, lines, registers }: Block): number[] {
  const bytes = assemble(isa, lines, 0x8000)!;
  const result = exploreSync({
    memory: [{ address: 0x8000, bytes }],
    isas: [a32, t32],
    cores: [
      {
        steps: [{ op: "execute", isa, address: 0x8000, until: [0x8000 + bytes.length] }],
        registers: { ...registers },
        observe: Array.from({ length: 11 }, (_, i) => i),
      },
    ],
  });
  if (!result.complete || result.outcomes.length !== 1)
    throw new Error(JSON.stringify([result.limit, result.cores[0]]));
  return result.cores[0]![0]!.registers.map((value) => value >>> 0);
}

/** All blocks in one static program: each loads its registers, runs, and stores them into its slot; then the slots are written out. */
function underQemu(all: readonly Block[]): number[][] {
  const base = 0x10000;
  const code: number[] = [];
  const data = base + 0x100000;
  const put = (isa: Isa, ...lines: string[]): void => {
    const bytes = assemble(isa, lines, base + code.length);
    if (bytes === undefined) throw new Error(lines.join("; "));
    code.push(...bytes);
  };
  all.forEach(({ isa, lines }, i) => {
    const slot = data + 64 * i;
    put(
      "a32",
      `movw r11, #${slot & 0xffff}`,
      `movt r11, #${slot >>> 16}`,
      "ldm r11, {r0, r1, r2, r3, r4, r5, r6, r7, r8, r9}",
    );
    if (isa === "t32") {
      put("a32", "add r12, pc, #1", "bx r12");
      put("t32", ...lines, ...((assemble("t32", lines, 0)!.length + 4) % 4 === 0 ? [] : ["nop"]), "bx pc", "nop");
    } else put("a32", ...lines);
    put("a32", "stm r11, {r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10}");
  });
  const size = 64 * all.length;
  put(
    "a32",
    "mov r7, #4",
    "mov r0, #1",
    `movw r1, #${data & 0xffff}`,
    `movt r1, #${data >>> 16}`,
    `movw r2, #${size & 0xffff}`,
    `movt r2, #${size >>> 16}`,
    "svc #0",
    "mov r7, #1",
    "mov r0, #0",
    "svc #0",
  );
  const image = Buffer.alloc(0x1000 + (data - base) + size);
  image.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1], 0);
  image.writeUInt16LE(2, 16); // ET_EXEC
  image.writeUInt16LE(40, 18); // EM_ARM
  image.writeUInt32LE(1, 20);
  image.writeUInt32LE(base, 24);
  image.writeUInt32LE(52, 28);
  image.writeUInt32LE(0x05000000, 36); // EABI version 5
  image.writeUInt16LE(52, 40);
  image.writeUInt16LE(32, 42);
  image.writeUInt16LE(1, 44);
  [1, 0x1000, base, base, image.length - 0x1000, image.length - 0x1000, 7, 0x1000].forEach((word, i) => {
    image.writeUInt32LE(word, 52 + 4 * i);
  });
  image.set(code, 0x1000);
  all.forEach(({ registers }, i) => {
    registers.forEach((value, r) => {
      image.writeUInt32LE(value >>> 0, 0x1000 + (data - base) + 64 * i + 4 * r);
    });
  });
  const folder = mkdtempSync(join(tmpdir(), "cmodx-"));
  const file = join(folder, "blocks.elf");
  writeFileSync(file, image);
  chmodSync(file, 0o755);
  const { status, stdout, error, signal } = spawnSync("qemu-arm", [file], { maxBuffer: 2 ** 26 });
  rmSync(folder, { recursive: true });
  if (error) throw new Error(`qemu-arm: ${error.message}; install Debian's qemu-user`);
  if (status !== 0) throw new Error(`qemu-arm ended with ${status ?? signal}`);
  return all.map((_, i) => Array.from({ length: 11 }, (_, r) => stdout.readUInt32LE(64 * i + 4 * r)));
}

const all = Array.from({ length: blocks }, randomBlock);
const theirs = underQemu(all);
let instructions = 0;
all.forEach((block, i) => {
  const ours = here(block);
  instructions += block.lines.length;
  if (ours.join() === theirs[i]!.join()) return;
  console.error(`block ${i} of seed ${seed} differs (${block.isa}):\n  ${block.lines.join("\n  ")}`);
  console.error(`  from ${block.registers.map((value) => (value >>> 0).toString(16)).join(" ")}`);
  console.error(
    `  here ${ours.map((value) => value.toString(16)).join(" ")}\n  qemu ${theirs[i]!.map((value) => value.toString(16)).join(" ")}`,
  );
  process.exit(1);
});
const file = process.argv.indexOf("--write");
if (file > 0) {
  const kept = all.map(({ isa, lines, registers }, i) => {
    const bytes = assemble(isa, lines, 0x8000)!;
    const before = registers.map((value) => value >>> 0);
    return { isa, code: Buffer.from(bytes).toString("hex"), registers: before, after: theirs[i] };
  });
  writeFileSync(process.argv[file + 1]!, `[\n${kept.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);
}
console.log(
  `machine: ${blocks} blocks, ${instructions} instructions, seed ${seed}: registers and flags as under qemu-arm`,
);
