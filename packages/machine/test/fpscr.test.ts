import { cell, Machine, type MachineOptions } from "@cmodx/machine/run";
import { expect, test } from "vitest";
import { assembled } from "./assembled.js";

const [start, rounds] = [0x8000, 200];
const [IOC, DZC, OFC, UFC, IXC, IDC, FZ, DN, QC] = [1, 2, 4, 8, 16, 128, 1 << 24, 1 << 25, 1 << 27];
const [up, down, towardsZero] = [1 << 22, 2 << 22, 3 << 22];

const ways: Readonly<Record<string, MachineOptions>> = {
  compiled: {},
  "compiled, with caches": {
    caches: {
      lineBytes: 64,
      data: { sets: 16, ways: 2 },
      instruction: { sets: 16, ways: 2 },
      storeBuffer: 4,
      prefetchBytes: 0,
    },
  },
  interpreted: { execution: "interpreted" },
  reference: { execution: "reference" },
};

/** Code for each case. */
const room = 0x40;

/** What an instruction that has been executed so often that it is compiled leaves, from these words. */
function after(
  machine: Machine,
  at: number,
  isa: "a32" | "t32",
  line: string,
  fpscr: number,
  words: Readonly<Record<number, number>>,
): { readonly fpscr: number; readonly words: number[] } {
  machine.memory.write(at, assembled(isa, [line, "subs r0, r0, #1", `bne 0x${at.toString(16)}`, "udf #0"], at));
  const core = machine.cores[0]!;
  const { cells } = core;
  // Long enough that none of it is near the end of the budget, where all is interpreted.
  const run = (times: number): void => {
    core.stopped = undefined;
    cells[15] = at;
    cells[cell.thumb] = isa === "t32" ? 1 : 0;
    cells[0] = times;
    const { end, instructions } = machine.run({ instructions: 10_000 });
    expect([end, instructions]).toEqual(["exception", 3 * times]);
  };
  cells.fill(0, cell.words, cell.words + 64);
  run(rounds);
  // Only now: what was met before would be noted already.
  cells[cell.fpscr] = fpscr;
  cells.fill(0, cell.words, cell.words + 64);
  for (const [n, value] of Object.entries(words)) cells[cell.words + Number(n)] = value;
  run(1);
  return { fpscr: cells[cell.fpscr]!, words: [...cells.subarray(cell.words, cell.words + 64)] };
}

const [zero, one, three, half, large, small, tiny, infinity] = [
  0, 0x3f800000, 0x40400000, 0x3f000000, 0x7f7fffff, 0x00800000, 0x00000001, 0x7f800000,
];
const [quiet, signalling, defaultNan] = [0x7fc12345, 0x7f812345, 0x7fc00000];
/** A double of 1, 3 and the smallest normal one: its upper word; the lower is 0. */
const [one64, three64, small64, large64] = [0x3ff00000, 0x40080000, 0x00100000, 0x7fe00000];

interface Case {
  readonly line: string;
  readonly before?: number;
  readonly words: Readonly<Record<number, number>>;
  /** The FPSCR, and words, afterwards. */
  readonly fpscr: number;
  readonly results?: Readonly<Record<number, number>>;
}

const cases: readonly Case[] = [
  { line: "vadd.f32 s0, s1, s2", words: { 1: one, 2: three }, fpscr: 0, results: { 0: 0x40800000 } },
  { line: "vadd.f32 s0, s1, s2", words: { 1: one, 2: 0x33000000 }, fpscr: IXC, results: { 0: one } },
  { line: "vadd.f32 s0, s1, s2", before: up, words: { 1: one, 2: tiny }, fpscr: up | IXC, results: { 0: one + 1 } },
  { line: "vsub.f32 s0, s1, s1", before: down, words: { 1: one }, fpscr: down, results: { 0: 0x80000000 | 0 } },
  { line: "vadd.f32 s0, s1, s2", words: { 1: large, 2: large }, fpscr: OFC | IXC, results: { 0: infinity } },
  {
    line: "vadd.f32 s0, s1, s2",
    before: towardsZero,
    words: { 1: large, 2: large },
    fpscr: towardsZero | OFC | IXC,
    results: { 0: large },
  },
  { line: "vadd.f32 s0, s1, s2", words: { 1: quiet, 2: one }, fpscr: 0, results: { 0: quiet } },
  { line: "vadd.f32 s0, s1, s2", before: DN, words: { 1: quiet, 2: one }, fpscr: DN, results: { 0: defaultNan } },
  { line: "vadd.f32 s0, s1, s2", words: { 1: signalling, 2: one }, fpscr: IOC, results: { 0: quiet } },
  { line: "vsub.f32 s0, s1, s2", words: { 1: small, 2: tiny }, fpscr: 0, results: { 0: 0x007fffff } },
  { line: "vsub.f32 s0, s1, s2", before: FZ, words: { 1: small, 2: tiny }, fpscr: FZ | IDC, results: { 0: small } },
  { line: "vsub.f32 s0, s1, s2", before: FZ, words: { 1: small + 1, 2: small }, fpscr: FZ | UFC, results: { 0: zero } },
  { line: "vmul.f32 s0, s1, s2", words: { 1: three, 2: half }, fpscr: 0, results: { 0: 0x3fc00000 } },
  { line: "vmul.f32 s0, s1, s2", words: { 1: 0x3f800001, 2: 0x3f800001 }, fpscr: IXC, results: { 0: 0x3f800002 } },
  {
    line: "vmul.f32 s0, s1, s2",
    before: up | IXC,
    words: { 1: 0x3f800001, 2: 0x3f800001 },
    fpscr: up | IXC,
    results: { 0: 0x3f800003 },
  },
  { line: "vmul.f32 s0, s1, s2", before: FZ, words: { 1: tiny, 2: three }, fpscr: FZ | IDC, results: { 0: 0 } },
  { line: "vmul.f32 s0, s1, s2", words: { 1: zero, 2: three }, fpscr: 0, results: { 0: 0 } },
  { line: "vmul.f32 s0, s1, s2", before: IXC, words: { 1: small, 2: half }, fpscr: IXC, results: { 0: 0x00400000 } },
  { line: "vmul.f32 s0, s1, s2", before: IXC, words: { 1: tiny, 2: tiny }, fpscr: IXC | UFC, results: { 0: 0 } },
  // Rounded up to the smallest normal number, from below it.
  {
    line: "vmul.f32 s0, s1, s2",
    before: IXC,
    words: { 1: 0x00ffffff, 2: half },
    fpscr: IXC | UFC,
    results: { 0: small },
  },
  { line: "vmul.f64 d0, d1, d2", before: IXC, words: { 2: -1, 3: 0x001fffff, 5: 0x3fe00000 }, fpscr: IXC | UFC },
  { line: "vmul.f32 s0, s1, s2", words: { 1: zero, 2: infinity }, fpscr: IOC, results: { 0: defaultNan } },
  { line: "vdiv.f32 s0, s1, s2", words: { 1: one, 2: three }, fpscr: IXC, results: { 0: 0x3eaaaaab } },
  { line: "vdiv.f32 s0, s1, s2", words: { 1: three, 2: half }, fpscr: 0, results: { 0: 0x40c00000 } },
  { line: "vdiv.f32 s0, s1, s2", words: { 1: one, 2: zero }, fpscr: DZC, results: { 0: infinity } },
  { line: "vdiv.f32 s0, s1, s2", words: { 1: zero, 2: zero }, fpscr: IOC, results: { 0: defaultNan } },
  { line: "vsqrt.f32 s0, s1", words: { 1: 0x41100000 }, fpscr: 0, results: { 0: three } },
  { line: "vsqrt.f32 s0, s1", words: { 1: three }, fpscr: IXC, results: { 0: 0x3fddb3d7 } },
  { line: "vsqrt.f32 s0, s1", words: { 1: one | 0x80000000 }, fpscr: IOC, results: { 0: defaultNan } },
  { line: "vadd.f64 d0, d1, d2", words: { 3: one64, 5: three64 }, fpscr: 0, results: { 0: 0, 1: 0x40100000 } },
  { line: "vadd.f64 d0, d1, d2", words: { 3: one64, 5: 0x3c000000 }, fpscr: IXC, results: { 1: one64 } },
  { line: "vmul.f64 d0, d1, d2", words: { 3: one64, 5: three64 }, fpscr: 0, results: { 1: three64 } },
  { line: "vmul.f64 d0, d1, d1", words: { 2: 1, 3: one64 }, fpscr: IXC, results: { 0: 2, 1: one64 } },
  { line: "vmul.f64 d0, d1, d2", words: { 3: small64, 5: 0x3fe00000 }, fpscr: 0, results: { 1: 0x00080000 } },
  { line: "vmul.f64 d0, d1, d2", words: { 2: 1, 3: small64, 5: 0x3fe00000 }, fpscr: UFC | IXC },
  { line: "vmul.f64 d0, d1, d2", words: { 3: large64, 5: three64 }, fpscr: OFC | IXC, results: { 1: 0x7ff00000 } },
  { line: "vdiv.f64 d0, d1, d2", words: { 3: three64, 5: one64 }, fpscr: 0, results: { 1: three64 } },
  {
    line: "vdiv.f64 d0, d1, d2",
    words: { 3: one64, 5: three64 },
    fpscr: IXC,
    results: { 0: 0x55555555, 1: 0x3fd55555 },
  },
  { line: "vsqrt.f64 d0, d1", words: { 3: 0x40100000 }, fpscr: 0, results: { 1: 0x40000000 } },
  { line: "vsqrt.f64 d0, d1", words: { 3: three64 }, fpscr: IXC, results: { 0: 0xe8584caa | 0, 1: 0x3ffbb67a } },
  { line: "vfma.f32 s0, s1, s2", words: { 0: three, 1: half, 2: 0x00000000 }, fpscr: 0, results: { 0: three } },
  { line: "vfma.f32 s0, s1, s1", words: { 0: 0xbf800002 | 0, 1: 0x3f800001 }, fpscr: 0, results: { 0: 0x28800000 } },
  { line: "vcmp.f32 s1, s2", words: { 1: quiet, 2: one }, fpscr: 0 },
  { line: "vcmp.f32 s1, s2", words: { 1: signalling, 2: one }, fpscr: IOC },
  { line: "vcmpe.f32 s1, s2", words: { 1: quiet, 2: one }, fpscr: IOC },
  { line: "vcmpe.f64 d1, #0.0", words: { 3: one64 }, fpscr: 0 },
  { line: "vcmp.f32 s1, #0.0", before: FZ, words: { 1: tiny }, fpscr: FZ | IDC },
  { line: "vcvt.s32.f32 s0, s1", words: { 1: three }, fpscr: 0, results: { 0: 3 } },
  { line: "vcvt.s32.f32 s0, s1", words: { 1: 0x3fc00000 }, fpscr: IXC, results: { 0: 1 } },
  { line: "vcvt.s32.f32 s0, s1", words: { 1: infinity }, fpscr: IOC, results: { 0: 0x7fffffff } },
  { line: "vcvt.s32.f32 s0, s1", before: FZ | IXC, words: { 1: tiny }, fpscr: FZ | IXC | IDC, results: { 0: 0 } },
  { line: "vcvt.u32.f32 s0, s1", words: { 1: 0xbf000000 | 0 }, fpscr: IXC, results: { 0: 0 } },
  { line: "vcvt.u32.f32 s0, s1", words: { 1: 0xbf800000 | 0 }, fpscr: IOC, results: { 0: 0 } },
  { line: "vcvtr.s32.f32 s0, s1", before: up, words: { 1: 0x3fa00000 }, fpscr: up | IXC, results: { 0: 2 } },
  { line: "vcvtr.s32.f32 s0, s1", before: up | IXC, words: { 1: 0x3fa00000 }, fpscr: up | IXC, results: { 0: 2 } },
  { line: "vcvtr.s32.f64 s0, d1", words: { 3: 0x40040000 }, fpscr: IXC, results: { 0: 2 } },
  { line: "vcvt.f32.s32 s0, s1", words: { 1: 0x01000000 }, fpscr: 0, results: { 0: 0x4b800000 } },
  { line: "vcvt.f32.s32 s0, s1", words: { 1: 0x01000001 }, fpscr: IXC, results: { 0: 0x4b800000 } },
  { line: "vcvt.f32.f64 s0, d1", words: { 3: three64 }, fpscr: 0, results: { 0: three } },
  { line: "vcvt.f32.f64 s0, d1", words: { 2: 1, 3: three64 }, fpscr: IXC, results: { 0: three } },
  { line: "vcvt.f64.f32 d0, s2", words: { 2: signalling }, fpscr: IOC },
  { line: "vcvt.f64.f32 d0, s2", before: FZ, words: { 2: tiny }, fpscr: FZ | IDC, results: { 0: 0, 1: 0 } },
  { line: "vcvtb.f16.f32 s0, s1", words: { 1: 0x47800000 }, fpscr: OFC | IXC, results: { 0: 0x7c00 } },
  { line: "vadd.f32 d0, d1, d2", words: { 2: one, 3: tiny, 4: one }, fpscr: IDC, results: { 0: 0x40000000, 1: 0 } },
  { line: "vadd.f32 d0, d1, d2", before: up, words: { 2: one, 4: 0x33000000 }, fpscr: up | IXC, results: { 0: one } },
  { line: "vadd.f32 d0, d1, d2", words: { 2: quiet, 4: one }, fpscr: 0, results: { 0: defaultNan } },
  { line: "vrecpe.f32 d0, d1", words: { 2: one, 3: zero }, fpscr: DZC, results: { 1: infinity } },
  { line: "vcge.f32 d0, d1, d2", words: { 2: quiet, 4: one }, fpscr: IOC, results: { 0: 0, 1: -1 } },
  { line: "vceq.f32 d0, d1, d2", words: { 2: quiet, 4: one }, fpscr: 0, results: { 0: 0, 1: -1 } },
  { line: "vrecpe.f32 d0, d1", words: { 2: 0x7f000000, 3: one }, fpscr: UFC, results: { 0: 0 } },
  { line: "vrecpe.f32 d0, d1", words: { 2: tiny, 3: one }, fpscr: IDC | DZC, results: { 0: infinity } },
  { line: "vrsqrte.f32 d0, d1", words: { 2: 0xbf800000 | 0, 3: one }, fpscr: IOC, results: { 0: defaultNan } },
  { line: "vqadd.s8 d0, d1, d2", words: { 2: 0x7f, 4: 1 }, fpscr: QC, results: { 0: 0x7f } },
  { line: "vqadd.s8 d0, d1, d2", words: { 2: 0x7e, 4: 1 }, fpscr: 0, results: { 0: 0x7f } },
  { line: "vqdmulh.s16 d0, d1, d2", words: { 2: 0x8000, 4: 0x8000 }, fpscr: QC, results: { 0: 0x7fff } },
  { line: "vqmovn.s32 d0, q1", words: { 4: 0x8000 }, fpscr: QC, results: { 0: 0x7fff } },
];

test.each(Object.entries(ways))(
  "what instructions leave in the FPSCR, and how it makes them behave: %s",
  (_, options) => {
    const machine = new Machine({ memoryBytes: 2 ** 20, ...options });
    machine.memory.map(0, 0x10000, { read: true, execute: true });
    const compiles = options.execution === undefined;
    for (const [i, { line, before = 0, words, fpscr, results = {} }] of cases.entries())
      for (const [k, isa] of (["a32", "t32"] as const).entries()) {
        const functions = machine.compiledFunctions;
        const left = after(machine, start + room * (2 * i + k), isa, line, before, words);
        const name = `${isa} ${line} from 0x${before.toString(16)}, ${JSON.stringify(words)}`;
        if (compiles) expect(machine.compiledFunctions, name).toBeGreaterThan(functions);
        expect(left.fpscr, name).toBe(fpscr);
        for (const [n, value] of Object.entries(results)) expect(left.words[Number(n)], `${name}: S${n}`).toBe(value);
      }
  },
);
