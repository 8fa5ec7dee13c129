import { assemble, format, parse } from "@cmodx/codec";
import { describe, expect, it } from "vitest";

const hex = (text: string, isa: "a32" | "t32", address = 0): string => {
  const made = assemble(text, { isa, address });
  if (!made.ok) return made.issues.map(({ line, column, message }) => `${line}:${column} ${message}`).join("; ");
  return [...made.code].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

// The bytes are those of GNU as 2.40 and LLVM for the same lines.
describe("the assembler", () => {
  it.each([
    ["a32", "mov r0, #-1", "0000e0e3"],
    ["a32", "mov r0, #0x1234", "340201e3"],
    ["a32", "add r0, r1, #-4", "040041e2"],
    ["a32", "stmfd sp!, {r0-r3, lr}", "0f402de9"],
    ["a32", "ldmfd sp!, {r0-r3, pc}", "0f80bde8"],
    ["a32", "ldr r0, [r1], -r2, lsl #2", "020111e6"],
    ["a32", "msr cpsr_c, #0xd3", "d3f021e3"],
    ["a32", "mcr p15, 0, r0, c7, c5, 6", "d50f07ee"],
    ["a32", "vld1.32 {d0[]}, [r0 :32]", "9f0ca0f4"],
    ["a32", "add r7, r8, #(0xff << 16)", "ff7888e2"],
    ["a32", "movt r4, #:upper16:0xD1510D6E", "51414de3"],
    ["a32", "mul r0, r1", "910000e0"],
    ["a32", "vclt.s16 d12, d13, d3", "0dc313f2"],
    ["a32", "vorr.i8 d4, d7, d3", "134127f2"],
    ["a32", "vld2.32 {q7, q8}, [r0:256]!", "bde320f4"],
    ["a32", "srsfd sp!, #19", "13056df9"],
    ["a32", "ldmfd sp!, {r1, pc}^", "0280fde8"],
    ["a32", "ite eq\nmoveq r0, #1\nmovne r0, #2", "0100a0030200a013"],
    ["a32", "ldmiaeq r0, {r1, r2}^", "0600d008"],
    ["a32", "stmed r0, {r1, r2}^", "060040e8"],
    ["a32", "stmfa r0, {r1, r2} ^", "0600c0e9"],
    ["a32", "mrs r0, cpsr_all", "00000fe1"],
    ["a32", "msr cpsr_flg, r1", "01f028e1"],
    ["a32", "msr cpsr_ctl, r1", "01f021e1"],
    ["a32", "cdp p15, 0, c1, c2, c3", "031f02ee"],
    ["a32", "udiv r0, r1", "10f130e7"],
    ["a32", "adr r1, #-0x0", "00104fe2"],
    ["a32", "adr r1, #0", "00108fe2"],
    ["a32", "ldrex r8, [r4, #0]", "9f8f94e1"],
    ["a32", "ldrt r2, [r6, #0]", "0020b6e4"],
    ["t32", "beq.n #.+0x20", "0ed0"],
    ["t32", "beq.n #0x20", "10d0"],
    ["t32", "udiv r0, r1", "b0fbf1f0"],
    ["t32", "it eq\naddeqs r0, r1, r2", "08bf11eb0200"],
    ["t32", "it eq\nldreqt r0, [r1]", "08bf51f8000e"],
    ["t32", "it eq\nldreqsh r0, [r1, #2]", "08bfb1f90200"],
    ["t32", "it eq\nldreqd r0, [r2, #8]", "08bfd2e90201"],
    ["t32", "it eq\nstmeqdb r0!, {r1-r3, lr}", "08bf20e90e40"],
    ["t32", "movs pc, lr", "def3008f"],
    ["t32", "sxtb r5, r6, ror #0", "75b2"],
    ["t32", "movs r0, r1, lsr #3", "c808"],
    ["t32", "add r0, r1, #4095", "01f6ff70"],
    ["t32", "push {r8}", "4df8048d"],
    ["t32", "pop {r4-r8, pc}", "bde8f081"],
    ["t32", "tbh [pc, r0, lsl #1]", "dfe810f0"],
    ["t32", "vmov.i64 q0, #0xff00ff00ff00ff", "85ef750e"],
  ] as const)("%s: %s", (isa, line, bytes) => {
    expect(hex(line, isa)).toBe(bytes);
  });

  it("follows IT blocks: the narrow forms set no flags inside", () => {
    expect(hex("itte ne\nmovne r0, #1\naddne r0, r0, r1\nmoveq r1, #2", "t32")).toBe("1abf012040180221");
    // Two operands are the form for all registers, three the one for low registers, as in the manual and in LLVM.
    expect(hex("it mi\naddmi r4, r5\nit mi\naddmi r4, r4, r5", "t32")).toBe("48bf" + "2c44" + "48bf" + "6419");
    expect(hex("it mi\nsubmi r4, r5\nadds r4, r5", "t32")).toBe("48bf" + "641b" + "6419");
    expect(hex("it eq\nmov r0, #1", "t32")).toMatch(/^2:\d+ the condition is not the one of the IT block$/);
    expect(hex("moveq r0, #1", "t32")).toMatch(/a condition needs an IT instruction/);
    // In A32 most of Advanced SIMD has none.
    expect(hex("vaddlne.u16 q0, d1, d2", "a32")).toMatch(/this instruction is always executed/);
  });

  it("places labels, literals, data and both instruction sets", () => {
    const text = `
      .syntax unified
      .thumb
start:  ldr r0, =0x12345678   @ from the pool
        b   done
        .word 1, start        // data
done:   bx  lr
        .ltorg`;
    expect(hex(text, "t32", 0x8000)).toBe("0348" + "03e0" + "01000000" + "00800000" + "7047" + "0000" + "78563412");
    expect(hex(".arm\nnop\n.thumb\nnop", "t32")).toBe("00f020e3" + "00bf");
  });

  // The bytes are those of both GNU as 2.40 and llvm-mc 19, but where a line says otherwise.
  it.each([
    ["a32", "# from a preprocessor\n  # indented\nnop\n1: # label\n nop; # part", "00f020e300f020e3"],
    ["t32", ".byte ';', '#', '@', '\"' @ \"", "3b234022"],
    ["a32", '.ascii "a;b@c", "//", "/*" ; .asciz "\\t\\101\\x41\\\\\\"" @ "', "613b6240632f2f2f2a" + "0941415c2200"],
    ["a32", "mov r0, #2 + 3 | 4", "0900a0e3"],
    [
      "a32",
      "mov r0, #1 << 2 + 1\nmov r1, #-(-3)\nmov r2, #-~3\nmov r3, #11 % 4 ^ 2",
      "0500a0e30310a0e30420a0e30130a0e3",
    ],
    [
      "a32",
      ".word 3 - -2, -8 / 3, ~0, 1 << 31, 0x7fffffff * 2",
      "05000000" + "feffffff" + "ffffffff" + "00000080" + "feffffff",
    ],
    [
      "t32",
      ".equ a, 5\n.set b, a + 1\nc = b * 2\nmov r0, #c\n.set b, 7\nmov r0, #b\n.space a, b",
      "4ff00c004ff007000707070707",
    ],
    ["t32", "mov r0, #later\n.equ later, 5", "4ff00500"],
    ["a32", ".set x, 5\nldr r0, =x + 1\nldr r1, [r2, #x * 4]", "0600a0e3141092e5"],
    ["a32", ".inst 0xe1a00000, 0xe1a00000 | 1", "0000a0e10100a0e1"],
    ["t32", ".inst.n 0xbf00, 0xbf00 + 0x10\n.inst.w 0xf3af8000", "00bf10bfaff30080"],
    ["a32", ".thumb_func\nf: nop\n.size f, . - f", "00bf"],
    ["a32", ".fnstart\n.save {r4, lr}\n.cfi_startproc\nnop\n.eabi_attribute 6, 10\n.fnend", "00f020e3"],
    ["t32", "nop\nldr r0, 1f\npld 1f\n1: .word 7", "00bf0148" + "9ff800f0" + "07000000"],
    ["a32", "ldr r0, (1f + 4)\nvldr d0, 1f\n.4byte 1\n1: .word 2", "08009fe5000b9fed0100000002000000"],
    ["a32", "vldm sp!, {d8}\nvldmeq sp!, {s1-s3}", "028bbdec" + "030afd0c"],
    ["t32", "vldm sp!, {d8, d9}", "bdec048b"],
    ["a32", "vmov.i32 q5, #-256\nvmvn.i32 q5, #0xff00ff00\nvmov.s16 d4, #0.0", "7fa087f37faa87f3104880f2"],
    ["a32", "vmov.i32 d4, #0xff00ff00ff00ff00\nvand.i16 d4, #-2", "1f4a87f3314980f2"],
    ["a32", "vmov s25, s31\nvmovhs s0, s1", "6fcaf0ee600ab02e"],
    ["t32", "str r3, [r1], #4294967295\nldr sp, [r7], 0xfffffffc", "41f8013957f804d9"],
    ["t32", "add r13, sp, #64\nsub sp, r13, #8\nsubs pc, r14, #4", "10b082b0def3048f"],
    ["t32", "vrev64.u32 q11, q8\nvzip.s32 d25, d3", "f8ff6060faff8390"],
    ["a32", "vmov.u16 d6[0], sl\nvmov.u8 d6[1], lr\nvmov.i32 d6[1], ip", "30ab06ee30eb46ee10cb26ee"],
    ["t32", ".space 2f - 1f\n1: nop\n2:", "000000bf"],
  ] as const)("takes in %s what compilers and preprocessors write: %j", (isa, text, bytes) => {
    const made = hex(text, isa);
    expect(made).toBe(bytes);
  });

  it.each([
    [".inst.n 0xbf00", "1:1 A32 has one width"],
    [".inst 1, x", "1:1 expected a number"],
    [".syntax foo", '1:1 unknown syntax "foo"'],
    [".ltorg 5", "1:1 unexpected text"],
    [".arm 5", "1:1 unexpected text"],
    [".set 5, 1", '1:1 "5" is no name'],
    [".set x, y", '1:1 "y" is no number and no label'],
    ["x: .set x, 1", "1:4 label x is defined twice"],
    [".ascii abc", "1:1 expected ASCII in quotes"],
    ['.asciz "\u00e9"', "1:1 expected ASCII in quotes"],
    ["x .req r0\nX .req r1", "2:1 X is r0"],
    [".space c + 1\nc:", "1:1 the labels do not settle"],
    ["nop\nldr r0, =here", '2:1 "here" is no number and no label'],
    ["orn r0, r1, #-8", '1:1 "orn" is no A32 instruction'],
    ["vmov.i8 d0, #-256", "1:14 -256 cannot be encoded here"],
    ["vbic.32 q9, #15", '1:1 "vbic.32" is no A32 instruction'],
    ["vmov.64 d6[0], r10", "1:6 expected s, u"],
    ["mov r0, #1 << 64", "1:10 expected a number"],
    ["mov r0, #1 % 0", "1:10 expected a number"],
  ])("refuses %j", (text, message) => {
    expect(hex(text, "a32")).toBe(message);
  });

  it("takes the name of a register for the register, whatever the symbols say", () => {
    const symbols = { r3: 5, s1: 6, a1: 7, r9x: 8 };
    const made = assemble("mov r2, r3\nadd r0, r1, a1\nldr r0, [r1, r3]\nmov r0, r9x", { isa: "a32", symbols });
    expect(made.ok && made.insns.map((insn) => format(insn))).toEqual([
      "mov r2, r3",
      "add r0, r1, r0",
      "ldr r0, [r1, r3]",
      "mov r0, #8",
    ]);
    // Where no register can stand it is a name.
    expect(hex("b r3\nr3: .word r3", "a32")).toBe("ffffffea04000000");
  });

  it("keeps an instruction narrow that only seemed to be too far while others grew", () => {
    // Each far branch becomes wide in the second pass; then the label behind the alignment is not where it was.
    const far = "beq end\n".repeat(3);
    const text = `${far}ldr r0, near\nldr r1, near\n.align 2\nnear: .word 7\n.space 1000\nend: nop`;
    expect(hex(text, "t32").slice(24, 24 + 16)).toBe("0048" + "0049" + "07000000");
    const behind = "beq end\nbeq end\nstart: nop\n.space 2042\nb start\n.space 2000\nend: nop";
    expect(hex(behind, "t32").slice(2052 * 2, 2052 * 2 + 4)).toBe("00e4");
  });

  it("loads constants without a literal where one instruction can say them, and shares literals", () => {
    // What GNU's assembler makes of it.
    const a32 = "ldr r0, =5\nldr r1, =0xffffff00\nldr r2, =0x1234\nldr r4, =-1\nldreq r5, =0x3fc00";
    expect(hex(a32, "a32")).toBe("0500a0e3" + "ff10e0e3" + "04209fe5" + "0040e0e3" + "ff5ba003" + "34120000");
    const t32 = "ldr r0, =5\nldr r1, =0xffffff00\nldr r2, =0x1234\nldr r8, =0x00ff00ff\nldr sp, =0x5\nldr pc, =5";
    expect(hex(t32, "t32")).toBe(
      "4ff00500" + "6ff0ff01" + "41f23422" + "4ff0ff18" + "dff804d0" + "dff800f0" + "05000000",
    );
  });

  it.each([
    ["a32", "add r0, r1, #257", "nearest is 256"],
    ["t32", "and r0, r1, #0x1ff", "nearest is 510"],
    ["t32", "ldr r7, [r4], #4096", "up to 255; nearest is 255"],
    ["t32", "ldrsb r1, [r7, #5000]!", "up to 255; nearest is 255"],
    ["t32", "ldrex r8, [r2, #-4]", "0 to 1020 in steps of 4"],
    ["a32", "ldreq.w r0, [r1]", "A32 has one width"],
    ["t32", "movs r0, #0x1ff", "nearest is 510"],
    ["t32", "adds r0, #0x1ff", "nearest is 510"],
    ["t32", "subs r1, r2, #261", "nearest is 260"],
    ["t32", "ldr.n r0, [r1, #200]", "up to 124 in steps of 4; nearest is 124"],
    ["t32", "lsls r0, r1, #33", "0 to 31; nearest is 31"],
    ["a32", "ldr r0, [r1, #5000]", "up to 4095; nearest is 4095"],
    ["a32", "ldrh r0, [r1, #-300]", "nearest is -255"],
    ["a32", "vldr s0, [r1, #7]", "up to 1020 in steps of 4; nearest is 8"],
    ["a32", "lsr r0, r1, #33", "1 to 32; nearest is 32"],
    ["a32", "add r0, r1, r2, lsl #40", "0 to 31; nearest is 31"],
    ["a32", "vshr.s8 d0, d1, #9", "1 to 8; nearest is 8"],
    ["a32", "ssat r0, #40, r1", "1 to 32; nearest is 32"],
    ["a32", "movw r0, #65536", "0 to 65535; nearest is 65535"],
    ["t32", "b.n 0x10000", "0xfffff804 to 0x802"],
    ["a32", "vmov.f32 s0, #1.03", "±(16 to 31)/16 times 2^-3 to 2^4"],
  ] as const)('says of %s "%s" what would do: %s', (isa, line, hint) => {
    const made = assemble(line, { isa });
    expect(made.ok ? "" : made.issues[0]?.hint).toContain(hint);
  });

  it("takes labels that are numbers, as often as they are written", () => {
    const text = "1: b 1f\n 1: b 1b\n b 1f\n 2: nop\n1: subs r0, #1\n bne 1b\n b 2b";
    expect(hex(text, "t32")).toBe("ffe7fee700e000bf0138fdd1fbe7");
    expect(hex("b 1f", "t32")).toMatch(/^1:3 expected a branch target/);
    expect(hex("1: b 1f", "a32")).toMatch(/^1:6 expected a branch target/);
    const made = assemble("1: nop\nend: nop", { isa: "t32" });
    expect(made.ok && [...made.labels]).toEqual([["end", 2]]);
  });

  it("takes divided syntax where it says the same", () => {
    expect(hex(".syntax divided\nldreqb r0, [r1]\naddeqs r0, r1, r2", "a32")).toBe("0000d105" + "02009100");
    expect(hex(".syntax divided\nadd r0, r1, r2", "t32")).toMatch(/^1:1 divided syntax is not taken in Thumb/);
  });

  it("knows where it is", () => {
    expect(hex("nop\nb .", "t32", 0x8000)).toBe("00bffee7");
    expect(hex("nop\nb . + 8\n.word .", "a32", 0x8000)).toBe("00f020e3000000ea08800000");
  });

  it("widens a branch when its label is far, and then everything after it moves", () => {
    const far = hex(`b end\n.space 3000\nend: nop`, "t32");
    expect(far.slice(0, 8)).toBe("00f0dcbd");
    expect(hex(`beq end\n.space 200\nend: nop`, "t32").slice(0, 4)).toBe("63d0");
  });

  it.each(["teqp r0, #1", "cmpeqp pc, #0"])("says what %s is now", (line) => {
    const made = parse(line, { isa: "a32" });
    const [name] = line.split("p ");
    expect(made.ok ? undefined : made.issues[0]?.hint).toBe(
      `${name} sets the flags, and so does msr apsr_nzcvq, #0xf0000000`,
    );
    expect(parse("cmpq r0, #1", { isa: "a32" })).not.toHaveProperty("issues.0.hint");
  });

  it("points at the number that does not fit", () => {
    const made = assemble("nop\n  .byte 1,  256, x-\n", { isa: "a32" });
    expect(made.ok ? [] : made.issues.map(({ line, column, length }) => [line, column, length])).toEqual([
      [2, 13, 3],
      [2, 18, 2],
    ]);
  });

  it("says where a line is wrong and what would do", () => {
    const made = assemble("nop\n  add r0, r1, #257", { isa: "a32" });
    expect(made).toEqual({
      ok: false,
      issues: [
        {
          line: 2,
          column: 15,
          length: 4,
          message: "#257 is not 8 bits rotated by an even number",
          hint: "nearest is 256; MOVW and MOVT load any constant",
        },
      ],
    });
    const far = parse("b 0x4000000", { isa: "a32" });
    expect(far.ok ? "" : far.issues[0]?.hint).toBe("0xfe000008 to 0x2000004");
  });

  it.each([
    ["t32", "nop\n.align 2\nbx lr", "00bf00bf7047"],
    ["t32", "bx lr\n.align 3\nbx lr", "704700bfaff300807047"],
    ["t32", ".byte 1\n.align 4\nbx lr", "010000bfaff30080aff30080aff300807047"],
    ["t32", ".byte 1,2,3\n.align 3\nbx lr", "01020300aff300807047"],
    ["t32", "bx lr\n.balign 8, 0xff\n.word 2", "7047ffffffffffff02000000"],
    ["t32", "bx lr\n.align 2, 0\n.word 2", "7047000002000000"],
    ["t32", ".byte 1\n.even\nbx lr", "01007047"],
    ["t32", "nop\n.align 4,,3\nnop", "00bf00bf"],
    ["t32", "ldr r0, =0x12345678\nbx lr\nnop\n.ltorg\nnop", "0148704700bf00007856341200bf"],
    ["a32", "bx lr\n.align 4\nbx lr", "1eff2fe100f020e300f020e300f020e31eff2fe1"],
    ["a32", ".byte 1,2,3,4,5,6\n.align 4\n.word 7", "010203040506000000f020e300f020e307000000"],
  ] as const)("fills %s code up to an alignment as GNU's does: %j", (isa, text, bytes) => {
    expect(hex(text, isa)).toBe(bytes);
  });

  it("reads numbers as GNU's assembler does: octal behind a 0, characters, and a complement with a sign", () => {
    const bytes = (text: string): number[] => {
      const made = assemble(text, { isa: "a32" });
      return made.ok ? [...made.code] : [];
    };
    expect(bytes(".byte 010, 'A', 'n', '\\n', ~0, 0x10, 0b10, '0'+1")).toEqual([8, 65, 110, 10, 255, 16, 2, 49]);
    expect(bytes(".space 1+2, 010\n.skip 01\n.zero 'a'-96")).toEqual([8, 8, 8, 0, 0]);
    for (const text of [".byte 08", ".space 09", ".space 1, 2, 3", ".space 1, x", "mov r0, #''", "mov r0, #'\\q'"])
      expect(assemble(text, { isa: "a32" }), text).toMatchObject({ ok: false, issues: [{ line: 1 }] });
  });

  it("aligns addresses, not offsets", () => {
    expect(hex("ldr r0, =0x12345678\nbx lr", "t32", 0x8002)).toBe("01487047000078563412");
    expect(hex(".align 2\nnop", "t32", 0x8002)).toBe("00bf00bf");
  });

  it("has names for registers, until .unreq", () => {
    expect(hex("base .req r4\nadd base, base, #1\nldr r0, [BASE, #4]", "a32")).toBe("014084e2040094e5");
    expect(hex("x .req d1\ny .req x\nvadd.f64 d0, y, x", "a32")).toBe("010b31ee");
    expect(hex("base .req r4\n.unreq base\nmov r0, base", "a32")).toBe("3:9 expected a core register");
    expect(hex("x .req nowhere", "a32")).toBe("1:1 nowhere is no register");
    expect(hex(".unreq x", "a32")).toBe("1:1 x is no name of a register");
  });

  it("stays within bounds on texts that ask for much", () => {
    for (const text of [
      ":lower16:".repeat(50_000),
      `mov r0, #${"(".repeat(50_000)}`,
      `mov r0, #${"-".repeat(50_000)}1`,
      ".space 99999999",
      ".align 40",
      "a:".repeat(20_000),
    ])
      expect(assemble(text.startsWith(":") ? `movw r0, #${text}1` : text, { isa: "a32" }).ok, text.slice(0, 20)).toBe(
        false,
      );
  });

  it("takes .inst and prints it for what has no syntax", () => {
    expect(hex(".inst 0xe7f000f0", "a32")).toBe("f000f0e7");
    const made = parse(".inst.w 0xe8800000", { isa: "t32" });
    expect(made.ok && format(made.insn)).toBe("stm.w r0, {}");
    expect(parse(".inst.n 0xe800", { isa: "t32" }).ok).toBe(false);
  });
});

it("symbols may be known by a rule and not one by one", () => {
  class Everywhere extends Map<string, number> {
    override get(): number {
      return 0x100;
    }
  }
  const parsed = parse("bne somewhere", { isa: "a32", symbols: new Everywhere() });
  expect(parsed.ok && parsed.insn.word >>> 0).toBe(0x1a00003e);
});

// As GNU's and LLVM's assemblers have it: they count in 64 bits and take what is left of them.
it.each([
  ["a32", "mvn r7, #~0xffffff00", "ff70e0e3"],
  ["t32", "mvn r7, #~0xffffff00", "6ff0ff07"],
  ["a32", "cmp r0, #-0xffffff00", "010c50e3"],
  ["t32", "and r1, r2, #~0xffffff00", "02f0ff01"],
  ["a32", ".word ~0xffffff00", "ff000000"],
] as const)("a constant's lower 32 bits count: %s %s", (isa, line, bytes) => {
  const made = assemble(line, { isa });
  expect(made.ok && Buffer.from(made.code).toString("hex")).toBe(bytes);
});

it.each(["mov r0, #0x1000000ff", "mov r0, #-0x100000000", ".word 0x100000000", ".short ~0xff00"])(
  "%s is more than fits",
  (line) => {
    expect(assemble(line, { isa: "a32" }).ok).toBe(false);
  },
);
