import { runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { read } from "./own-tests.js";

/** The final states of a one-line AArch64 test: instructions separated by "; ". */
function states(initial: string, code: string, shown: string): string[] {
  const rows = code.split("; ").map((text) => ` ${text} ;`);
  const text = `AArch64 t\n{ ${initial} }\n P0 ;\n${rows.join("\n")}\nlocations [${shown}]\nexists (true)`;
  const result = runLitmus(read(text));
  expect(result.error).toBeUndefined();
  return result.outcomes.map(({ state }) => state);
}

test.each([
  ["", "MOV W0,#5; ADD W1,W0,#3; SUB W2,W1,W0", "0:X1; 0:X2;", "0:X1=8; 0:X2=3;"],
  ["0:X0=6; 0:X1=3;", "AND W2,W0,W1; ORR W3,W0,W1; EOR W4,W0,W1", "0:X2; 0:X3; 0:X4;", "0:X2=2; 0:X3=7; 0:X4=5;"],
  ["0:X0=6;", "AND W2,W0,#0xfc; EOR X3,X0,#0xff; ORR W4,W0,#-2", "0:X2; 0:X3; 0:X4;", "0:X2=4; 0:X3=249; 0:X4=-2;"],
  ["0:X0=6; 0:X1=3;", "BIC W2,W0,W1; ORN W3,W0,W1; EON W4,W0,W1", "0:X2; 0:X3; 0:X4;", "0:X2=4; 0:X3=-2; 0:X4=-6;"],
  ["0:X0=6;", "MVN W2,W0; NEG W3,W0; TST W0,#1; CSET W4,EQ", "0:X2; 0:X3; 0:X4;", "0:X2=-7; 0:X3=-6; 0:X4=1;"],
  ["0:X1=x; x[1]=9;", "LDR W0,[X1]; AND W2,W0,#128; ADD W2,W2,#4; LDR W3,[X1,W2,SXTW]", "0:X3;", "0:X3=9;"],
  [
    '0:X0=instr:"AND W2,W2,#1"; 0:X1=P0:m; 0:X2=3;',
    "B m; m: AND W2,W2,#1; LDR W3,[X1]",
    "0:X2; 0:X3;",
    '0:X2=1; 0:X3=instr:"AND W2,W2,#1";',
  ],
  [
    "0:X0=1; 0:X1=2;",
    "CMP W0,W1; CSET W2,LT; CSEL W3,W0,W1,GT; CINC W4,W0,NE",
    "0:X2; 0:X3; 0:X4;",
    "0:X2=1; 0:X3=2; 0:X4=2;",
  ],
  ["0:X0=1;", "CBZ W0,a; MOV W1,#1; a: CBNZ W0,b; MOV W1,#2; b: MOV W2,#3", "0:X1; 0:X2;", "0:X1=1; 0:X2=3;"],
  ["0:X0=4;", "TBZ W0,#2,a; MOV W1,#1; a: TBNZ W0,#2,b; MOV W1,#2; b: NOP", "0:X1;", "0:X1=1;"],
  ["", "BL f; MOV W1,#1; B e; f: MOV W2,#2; RET; e: NOP", "0:X1; 0:X2;", "0:X1=1; 0:X2=2;"],
  ["0:X5=P0:f;", "BLR X5; MOV W1,#1; B e; f: MOV W2,#2; RET; e: NOP", "0:X1; 0:X2;", "0:X1=1; 0:X2=2;"],
  ["", "ADR X5,f; BR X5; MOV W1,#1; f: MOV W2,#2", "0:X1; 0:X2;", "0:X1=0; 0:X2=2;"],
  [
    "0:X1=x;",
    "MOV W0,#7; STR W0,[X1]; LDR W2,[X1]; STRB W0,[X1,#1]; LDRH W3,[X1]",
    "0:X2; 0:X3; [x];",
    "0:X2=7; 0:X3=1799; [x]=1799;",
  ],
  ["0:X1=x; 0:X2=4; x[1]=9;", "LDR W3,[X1,W2,SXTW]; LDR W4,[X1,#4]", "0:X3; 0:X4;", "0:X3=9; 0:X4=9;"],
  ["0:X1=x; int x[2]={8,9};", "LDR W3,[X1]; LDR W4,[X1,#4]", "0:X3; 0:X4;", "0:X3=8; 0:X4=9;"],
  ["0:X1=x;", "LDXR W0,[X1]; ADD W0,W0,#1; STXR W2,W0,[X1]", "0:X2; [x];", "0:X2=0; [x]=1;"],
  ["0:X1=x;", "MOV W0,#1; STLR W0,[X1]; LDAR W2,[X1]; LDAPR W3,[X1]", "0:X2; 0:X3;", "0:X2=1; 0:X3=1;"],
  [
    '0:X0=instr:"B .+8"; 0:X1=P0:m;',
    "LDR W2,[X1]; B m; m: B .+8; NOP",
    "0:X0; 0:X2;",
    '0:X0=instr:"B .+8"; 0:X2=instr:"B .+8";',
  ],
  ["", "MOVZ W0,#1,LSL #16; MOVK W0,#2; MOV W1,#-1", "0:X0; 0:X1;", "0:X0=65538; 0:X1=-1;"],
])("%s %s", (initial, code, shown, expected) => {
  expect(states(initial, code, shown)).toContain(expected);
});

test("a logical immediate is a rotated run of ones, repeated, or none", () => {
  const refused = (operand: string): string | undefined =>
    runLitmus(read(`AArch64 t\n{}\n P0 ;\n AND ${operand} ;\nexists (true)`)).error;
  for (const operand of ["W0,W0,#0x55555555", "W0,W0,#0xf000000f", "X0,X0,#0x7fffffff", "X0,X0,#-2"])
    expect(refused(operand)).toBeUndefined();
  for (const operand of ["W0,W0,#0", "W0,W0,#-1", "W0,W0,#5", "X0,X0,#0x55555555"])
    expect(refused(operand)).toContain("outside the dialect");
});

test("an exception without a handler stops the processor; with one it goes on where the handler says", () => {
  const undefinedAlone =
    "AArch64 t\n{}\n P0 ;\n MOV W0,#1 ;\n l: UDF #0 ;\n MOV W0,#2 ;\nforall (0:X0=1 /\\ fault(P0:l) /\\ fault(P0))";
  expect(runLitmus(read(undefinedAlone)).verdict).toBe("Required");
  const handled =
    "AArch64 t\n{}\n P0 | P0.F ;\n MOV W0,#1 | MRS X5,ELR_EL1 ;\n UDF #0 | ADD X5,X5,#4 ;\n ADD W0,W0,#2 | MSR ELR_EL1,X5 ;\n | ERET ;\nforall (0:X0=3)";
  expect(runLitmus(read(handled)).verdict).toBe("Required");
});

test("interrupts and other addresses of code are there, too", () => {
  const ask = (name: string, initial: string, columns: string, question: string): string =>
    runLitmus(read(`AArch64 ${name}\n{ ${initial} }\n${columns}exists (${question})`)).verdict;
  const interrupt = (last: string): string =>
    ask(
      "IPI",
      "0:X0=NOP; 0:X1=P1:m; 0:X2=1; 0:X3=d; d=ipi(P1);",
      ` P0 | P1 | P1.I ;
 STR W0,[X1] | MOV W7,W8 | MOV W8,#1 ;
 DC CVAU,X1 | m: B l | ERET ;
 DSB ISH | MOV W9,#1 | ;
 IC IVAU,X1 | l: | ;
 ${last} | | ;
 STR W2,[X3] | | ;
`,
      "1:X7=1 /\\ 1:X9=0",
    );
  expect([interrupt("DSB ISH"), interrupt("DMB ISH")]).toEqual(["Forbidden", "Allowed"]);
  const invalidated = (by: string): string =>
    ask(
      "AL",
      "0:X0=NOP; 0:X1=y; 0:X4=P1:m; [PTE(y)]=(oa:PA(P1:m)); 0:X2=1; 0:X3=x; 1:X3=x;",
      ` P0 | P1 ;
 STR W0,[X1] | LDR W2,[X3] ;
 DC CVAU,X1 | CBNZ W2,c ;
 DSB ISH | c: ISB ;
 IC IVAU,${by} | m: B l ;
 DSB ISH | MOV W9,#1 ;
 STR W2,[X3] | l: ;
`,
      "1:X2=1 /\\ 1:X9=0",
    );
  expect([invalidated("X4"), invalidated("X1")]).toEqual(["Forbidden", "Allowed"]);
});
