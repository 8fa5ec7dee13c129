import {
  CodecError,
  cmodxClass,
  decodeA32,
  decodeT32,
  effects,
  encode,
  encodeBranch,
  encoding,
  encodings,
  format,
  formatTokens,
  itBlock,
  nextIt,
  parse,
  systemRegister,
} from "@cmodx/codec";
import { describe, expect, it } from "vitest";
import { randomWords as random } from "../../../test/random.js";

describe("what is subtracted from the PC", () => {
  it("is SUB when it is nothing, in every profile, as both tools print it", () => {
    const insn = decodeT32(0xf2af, 0x0a00, 0x1000);
    for (const profile of ["ual", "llvm", "preUal"] as const)
      expect(format(insn, profile).replace("\t", " ")).toBe("subw r10, pc, #0");
    expect(format(decodeT32(0xf2af, 0x0a04, 0x1000))).toBe("adr.w r10, 0x1000");
  });
});

describe("branches", () => {
  // The words are those of the kernel's generator for pc 0x08000000 (linux arch/arm/kernel/insn.c); null where it refuses.
  it.each([
    ["a32", "b", 0, 0xeafffffe],
    ["a32", "bl", 0, 0xebfffffe],
    ["a32", "b", 8, 0xea000000],
    ["a32", "bl", 8, 0xeb000000],
    ["a32", "b", 33554436, 0xea7fffff],
    ["a32", "b", 33554440, null],
    ["a32", "b", -33554424, 0xea800000],
    ["a32", "b", -33554428, null],
    ["t32", "b", 0, 0xf7ffbffe],
    ["t32", "bl", 0, 0xf7fffffe],
    ["t32", "b", 4, 0xf000b800],
    ["t32", "bl", 4, 0xf000f800],
    ["t32", "b", 0x1000, 0xf000bffe],
    ["t32", "bl", 0x1000, 0xf000fffe],
    ["t32", "b", 0x400000, 0xf3ffbffe],
    ["t32", "b", 0x800000, 0xf3ffb7fe],
    ["t32", "b", -0x400000, 0xf7ffb7fe],
    ["t32", "b", -0x800000, 0xf7ff9ffe],
    ["t32", "b", 16777218, 0xf3ff97ff],
    ["t32", "b", 16777220, null],
    ["t32", "b", -16777212, 0xf4009000],
    ["t32", "b", -16777214, null],
  ] as const)("%s %s by %i", (isa, kind, distance, word) => {
    const made = encodeBranch(
      { isa, kind, ...(kind === "b" && isa === "t32" ? { width: 4 } : {}) },
      0x08000000,
      0x08000000 + distance,
    );
    expect(made.ok ? made.insn.word : null).toBe(word);
    if (made.ok) expect(effects(made.insn).branch?.target).toBe(0x08000000 + distance);
  });

  it.each([
    ["B_T1", { isa: "t32", kind: "b", width: 2, cond: "eq" }, -256, 254, 2],
    ["B_T2", { isa: "t32", kind: "b", width: 2 }, -2048, 2046, 2],
    ["B_T3", { isa: "t32", kind: "b", width: 4, cond: "ne" }, -1048576, 1048574, 2],
    ["B_T4", { isa: "t32", kind: "b", width: 4 }, -16777216, 16777214, 2],
    ["BL_imm_T1", { isa: "t32", kind: "bl" }, -16777216, 16777214, 2],
    ["BLX_imm_T2", { isa: "t32", kind: "blx" }, -16777216, 16777212, 4],
    ["B_A1", { isa: "a32", kind: "b" }, -33554432, 33554428, 4],
    ["BLX_imm_A2", { isa: "a32", kind: "blx" }, -33554432, 33554430, 2],
  ] as const)(
    "%s reaches both ends and not a step further, and comes back from both tools of the codec",
    (id, request, min, max, step) => {
      const from = 0x40000000;
      const pc = from + (request.isa === "a32" ? 8 : 4);
      for (const offset of [min, min + step, -step, 0, step, max - step, max]) {
        const made = encodeBranch(request, from, pc + offset);
        expect(made.ok && made.insn.encoding?.id).toBe(id);
        if (!made.ok) continue;
        expect(effects(made.insn).branch).toMatchObject({ target: pc + offset, min, max, align: step });
        expect(parse(format(made.insn), { isa: request.isa, address: from })).toMatchObject({
          ok: true,
          insn: { word: made.insn.word },
        });
      }
      expect(encodeBranch(request, from, pc + min - step)).toMatchObject({ ok: false, reason: "range", min, max });
      expect(encodeBranch(request, from, pc + max + step)).toMatchObject({ ok: false, reason: "range", min, max });
      expect(encodeBranch(request, from, pc + 1)).toMatchObject({ ok: false, reason: "alignment", align: step });
    },
  );

  it("has no conditional BL in Thumb and no two-byte branch in A32", () => {
    expect(encodeBranch({ isa: "t32", kind: "bl", cond: "eq" }, 0, 8)).toMatchObject({ ok: false, reason: "form" });
    expect(encodeBranch({ isa: "a32", kind: "b", width: 2 }, 0, 8)).toMatchObject({ ok: false, reason: "form" });
  });
});

describe("effects", () => {
  const of = (text: string, isa: "a32" | "t32") => {
    const made = parse(text, { isa });
    if (!made.ok) throw new Error(`${text}: ${made.issues[0]?.message}`);
    return effects(made.insn);
  };
  const set = (...registers: number[]): number => registers.reduce((bits, n) => bits | (1 << n), 0);

  it.each([
    ["a32", "adcs r0, r1, r2, lsl r3", set(1, 2, 3), set(0), "C", "NZCV"],
    ["a32", "ldr r0, [r1, r2]!", set(1, 2), set(0, 1), "", ""],
    ["a32", "str r0, [r1], #4", set(0, 1), set(1), "", ""],
    ["a32", "popne {r4, pc}", set(13), set(4, 13, 15), "Z", ""],
    ["a32", "push {r4, lr}", set(4, 13, 14), set(13), "", ""],
    ["a32", "umlal r0, r1, r2, r3", set(0, 1, 2, 3), set(0, 1), "", ""],
    ["a32", "movt r0, #1", set(0), set(0), "", ""],
    ["a32", "strex r0, r1, [r2]", set(1, 2), set(0), "", ""],
    ["a32", "ldrd r2, r3, [r4]", set(4), set(2, 3), "", ""],
    ["a32", "strd r2, r3, [r4, #8]!", set(2, 3, 4), set(4), "", ""],
    ["a32", "bl 0x1000", set(15), set(14, 15), "", ""],
    ["a32", "mrc p15, 0, apsr_nzcv, c1, c0, 0", 0, 0, "", "NZCV"],
    ["a32", "mrc p15, 0, r3, c1, c0, 0", 0, set(3), "", ""],
    ["a32", "cmp r0, r1", set(0, 1), 0, "", "NZCV"],
    ["t32", "adds r0, r1, r2", set(1, 2), set(0), "", "NZCV"],
    ["t32", "add r8, r1", set(1, 8), set(8), "", ""],
    ["t32", "muls r0, r1, r0", set(0, 1), set(0), "", "NZ"],
    ["t32", "ldm r0!, {r1, r2}", set(0), set(0, 1, 2), "", ""],
    ["t32", "add r0, sp, #4", set(13), set(0), "", ""],
    ["t32", "ldr r0, [pc, #4]", set(15), set(0), "", ""],
    ["t32", "vmov r0, r1, d2", 0, set(0, 1), "", ""],
  ] as const)("%s %s", (isa, text, reads, writes, readsFlags, writesFlags) => {
    const found = of(text, isa);
    expect(found.reads.core).toBe(reads);
    expect(found.writes.core).toBe(writes);
    expect(found.readsFlags).toBe(readsFlags);
    expect(found.writesFlags).toBe(writesFlags);
  });

  it("knows SIMD registers by D register", () => {
    expect(of("vadd.f32 s0, s1, s2", "a32")).toMatchObject({ reads: { simd: 0b11 }, writes: { simd: 0b1 } });
    expect(of("vmla.f64 d3, d1, d2", "a32")).toMatchObject({ reads: { simd: 0b1110 }, writes: { simd: 0b1000 } });
    expect(of("vadd.i32 q1, q2, q3", "t32")).toMatchObject({ reads: { simd: 0b11110000 }, writes: { simd: 0b1100 } });
    expect(of("vld1.8 {d4, d5}, [r0]!", "a32")).toMatchObject({
      writes: { simd: 0b110000, core: 1 },
      memory: { load: true, size: 16 },
    });
    expect(of("vcvt.f32.s32 s4, s4, #3", "a32")).toMatchObject({ reads: { simd: 0b100 }, writes: { simd: 0b100 } });
    expect(of("vswp d1, d2", "a32")).toMatchObject({ reads: { simd: 0b110 }, writes: { simd: 0b110 } });
    expect(of("vcmp.f64 d1, d2", "a32")).toMatchObject({ reads: { simd: 0b110 }, writes: { simd: 0 } });
    expect(of("vstr d1, [r0]", "a32")).toMatchObject({
      reads: { simd: 0b10 },
      writes: { simd: 0 },
      memory: { store: true, size: 8 },
    });
  });

  // DDI 0406C: B1.3 of modes and privilege, B1.9 of exception returns, B3.17 and B8.2 of accesses from PL0.
  it.each([
    ["a32", "movs pc, lr", "NZCVQGE", 0x4000, true],
    ["a32", "subs pc, lr, #4", "NZCVQGE", 0x4000, true],
    ["t32", "subs pc, lr, #4", "NZCVQGE", 0x4000, true],
    ["a32", "ldm sp!, {r0, pc}^", "NZCVQGE", 0x2000, true],
    ["a32", "rfeia r3!", "NZCVQGE", 0x8, true],
    ["a32", "eret", "NZCVQGE", 0x4000, true],
    ["a32", "srsdb sp!, #19", "", 0x6000, true],
    ["t32", "srsia sp!, #19", "", 0x6000, true],
    ["a32", "msr spsr_fsxc, r3", "", 0x8, true],
    ["t32", "msr spsr_c, r3", "", 0x8, true],
    ["a32", "msr cpsr_f, r3", "NZCVQ", 0x8, false],
    ["a32", "mcr p15, 0, r3, c1, c0, 0", "", 0x8, true],
    ["t32", "mcr p15, 0, r3, c7, c5, 1", "", 0x8, true],
    ["a32", "mcr p15, 0, r3, c7, c5, 4", "", 0x8, false],
    ["a32", "mcr p15, 0, r3, c7, c10, 5", "", 0x8, false],
    ["a32", "mcr p15, 0, r3, c13, c0, 2", "", 0x8, false],
    ["a32", "mcr p15, 0, r3, c13, c0, 3", "", 0x8, true],
    ["a32", "mrc p15, 0, r3, c13, c0, 3", "", 0, false],
    ["a32", "mrc p15, 0, r3, c13, c0, 4", "", 0, true],
    ["a32", "mrc p15, 0, r3, c9, c13, 0", "", 0, false],
    ["a32", "mcr p15, 0, r3, c9, c14, 0", "", 0x8, true],
    ["a32", "mrrc p15, 1, r3, r4, c14", "", 0, false],
    ["a32", "mcrr p15, 0, r3, r4, c2", "", 0x18, true],
    ["a32", "mcr p14, 0, r3, c0, c1, 0", "", 0x8, false],
  ] as const)("knows in %s what %s does to the status and who may", (isa, text, flags, reads, privileged) => {
    const made = parse(text, { isa });
    if (!made.ok) throw new Error(made.issues[0]?.message);
    const found = effects(made.insn);
    expect([found.writesFlags, found.reads.core, found.privileged]).toEqual([flags, reads, privileged]);
  });

  it("knows where a block ends", () => {
    const ends = (text: string, isa: "a32" | "t32" = "a32"): boolean => of(text, isa).endsBlock;
    expect(
      ["b 0", "bx lr", "pop {pc}", "mov pc, lr", "ldr pc, [r0]", "subs pc, lr, #4"].every((text) => ends(text)),
    ).toBe(true);
    expect(["bl 0", "blx r0", "svc #0", "ldr r0, [r0]", "nop"].some((text) => ends(text))).toBe(false);
    expect(ends("cbz r0, 0x10", "t32") && ends("tbb [r0, r1]", "t32")).toBe(true);
  });

  it("carries IT state from one instruction to the next", () => {
    const itte = decodeT32(0xbf06, 0);
    let state = itBlock(itte);
    const conds: string[] = [];
    for (let i = 0; i < 4; i++) {
      const insn = decodeT32(0x1840, 0, 0, state);
      conds.push(`${insn.cond} ${effects(insn).writesFlags}`);
      state = nextIt(state, insn);
    }
    expect(conds).toEqual(["eq ", "eq ", "ne ", "al NZCV"]);
  });
});

describe("names and fields", () => {
  it("names the operations of CP15 that change code visibly", () => {
    expect(systemRegister(decodeA32(0xee070f3b))).toEqual({ name: "DCCMVAU", access: "write", kind: "operation" });
    expect(systemRegister(decodeA32(0xee070f35))?.name).toBe("ICIMVAU");
    expect(systemRegister(decodeA32(0xee070fd1))?.name).toBe("BPIALLIS");
    expect(systemRegister(decodeA32(0xee100f30))).toEqual({ name: "CTR", access: "read", kind: "register" });
    expect(systemRegister(decodeT32(0xee07, 0x0f3b))?.name).toBe("DCCMVAU");
    expect(systemRegister(decodeA32(0xee070e3b))).toBeUndefined();
    const named = (line: string): string | undefined => {
      const parsed = parse(line, { isa: "a32" });
      return parsed.ok ? systemRegister(parsed.insn)?.name : undefined;
    };
    expect(named("mrc p15, 0, r0, c9, c12, 6")).toBe("PMCEID0");
    expect(named("mcr p15, 0, r0, c9, c14, 3")).toBe("PMOVSSET");
    expect(named("mcr p15, 4, r0, c10, c2, 0")).toBe("HMAIR0");
    expect(named("mcr p15, 4, r0, c8, c7, 0")).toBe("TLBIALLH");
    expect(named("mrc p15, 4, r7, c14, c1, 0")).toBe("CNTHCTL");
    expect(named("mrrc p15, 6, r0, r1, c14")).toBe("CNTHP_CVAL");
  });

  it("encodes from fields, and refuses what does not fit", () => {
    expect(encode(encoding("a32", "B_A1")!, { cond: 14, imm24: 0xfffffe }).word).toBe(0xeafffffe);
    expect(() => encode(encoding("a32", "B_A1")!, { cond: 14, imm24: 1 << 24 })).toThrow(CodecError);
    expect(() => encode(encoding("a32", "B_A1")!, { cond: 14 })).toThrow(
      "field imm24 of B_A1 is undefined; give a number from 0 to 16777215",
    );
    expect(() => encode(encoding("t32", "B_T1")!, { cond: 15, imm8: 0 })).toThrow("are SVC_T1");
  });

  it("cuts the text into tokens that make it up again", () => {
    const next = random(5);
    for (let i = 0; i < 2000; i++) {
      const insn = decodeA32(next());
      expect(
        formatTokens(insn)
          .map(({ text }) => text)
          .join(""),
      ).toBe(format(insn));
    }
    expect(formatTokens(decodeA32(0xe3a00001)).map(({ kind }) => kind)).toEqual([
      "mnemonic",
      "space",
      "register",
      "punctuation",
      "space",
      "number",
    ]);
  });

  it("gives each CMODX kind only to its own instructions", () => {
    const kinds = new Map<string, string[]>();
    for (const { id, isa, size, spec } of encodings)
      if (spec.cmodx !== undefined) kinds.set(spec.cmodx, [...(kinds.get(spec.cmodx) ?? []), `${isa}/${size}/${id}`]);
    expect(kinds.get("NOP")).toEqual(["a32/4/NOP_A1", "t32/2/NOP_T1"]);
    expect(kinds.get("B")).toEqual(["a32/4/B_A1", "t32/2/B_T1", "t32/2/B_T2"]);
    const secondOnly = { whole: false, halfwords: [false, true] };
    expect(cmodxClass(decodeT32(0xf000, 0x8000))).toEqual({
      whole: "Bcc.W",
      conditional: true,
      halfwords: ["Bcc.W.hw1", "Bcc.W.hw2"],
      listed: { armv7: secondOnly, "armv8-aarch32": secondOnly },
    });
    expect(cmodxClass(decodeA32(0x01200070)).whole).toBeNull();
  });

  it.each([
    ["a32", "nop", { whole: true }, { whole: true }],
    ["a32", "isb sy", { whole: false }, { whole: true }],
    ["a32", "bx lr", { whole: false }, { whole: false }],
    ["a32", "blx 0x8000", { whole: false }, { whole: false }],
    ["a32", "mov r0, r0", { whole: false }, { whole: false }],
    ["t32", "b.n 0x8000", { whole: true, branchWithLink: true }, { whole: true, branchWithLink: true }],
    ["t32", "nop", { whole: true, branchWithLink: false }, { whole: true, branchWithLink: false }],
    ["t32", "bx lr", { whole: false, branchWithLink: false }, { whole: true, branchWithLink: true }],
    ["t32", "bl 0x8000", { whole: false, halfwords: [true, true] }, { whole: false, halfwords: [true, true] }],
    ["t32", "b.w 0x8000", { whole: false, halfwords: [false, true] }, { whole: false, halfwords: [false, true] }],
    ["t32", "nop.w", { whole: false, halfwords: [false, false] }, { whole: false, halfwords: [false, false] }],
  ] as const)("says what each version of the architecture lists of %s %s", (isa, line, armv7, armv8) => {
    const parsed = parse(line, { isa, address: 0x8000 });
    expect(parsed.ok && cmodxClass(parsed.insn).listed).toEqual({ armv7, "armv8-aarch32": armv8 });
  });
});
