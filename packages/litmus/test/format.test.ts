import { formatHerd, parseLitmus, printLitmus, runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { ownTests, read } from "./own-tests.js";

const sb = `ARM SB
"PodWR Fre PodWR Fre"
{ %x0=x; %y0=y; %y1=y; %x1=x; }
 P0           | P1           ;
 MOV R0,#1    | MOV R0,#1    ;
 STR R0,[%x0] | STR R0,[%y1] ;
 LDR R1,[%y0] | LDR R1,[%x1] ;
exists (0:R1=0 /\\ 1:R1=0)
`;

test("a result prints as herd prints it", () => {
  const { seconds, ...result } = runLitmus(read(sb));
  expect(formatHerd({ ...result, seconds: 0 })).toBe(`Test SB Allowed
States 4
0:R1=0; 1:R1=0;
0:R1=0; 1:R1=1;
0:R1=1; 1:R1=0;
0:R1=1; 1:R1=1;
Ok
Witnesses
Positive: 1 Negative: 3
Condition exists (0:R1=0 /\\ 1:R1=0)
Observation SB Sometimes 1 3
Time SB 0.00
`);
});

test("Ok and No follow the quantifier", () => {
  const ask = (question: string): string =>
    /^(Ok|No)$/m.exec(formatHerd(runLitmus(read(sb.replace(/exists.*/, question)))))![0];
  expect(ask("~exists (0:R1=0 /\\ 1:R1=0)")).toBe("No");
  expect(ask("~exists (0:R1=2)")).toBe("Ok");
  expect(ask("forall (0:R1=0 \\/ 0:R1=1)")).toBe("Ok");
  expect(ask("forall (0:R1=0)")).toBe("No");
  expect(runLitmus(read(sb.replace(/exists.*/, "forall (0:R1=0 \\/ 0:R1=1)"))).verdict).toBe("Required");
});

test.each(ownTests.map(({ name, text }) => [name, text]))("%s prints to text that reads back the same", (_, text) => {
  const once = read(text);
  const again = parseLitmus(printLitmus(once));
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (key, inner) => (["line", "column", "at"].includes(key) ? undefined : inner)));
  expect(again.ok && plain(again.test)).toEqual(plain(once));
});

test.each([
  ["", "1:1: expected an architecture and a test name, found the end"],
  ["ARM", '1:1: expected an architecture and a test name, found "ARM"'],
  ["ARM x\n{ 0:R0=1;\nP0;", '3:1: expected "="|expected'],
  ["ARM x\n{ 0:R0=; }\nP0;\nexists true", "2:8: expected a value"],
  ["ARM x\n{}\nP0 | Q1;\nexists true", "3:6: expected a processor name"],
  ["ARM x\n{}\nP0;\nNOP | NOP;\nexists true", "4:7: expected 1 columns, found 2"],
  ["ARM x\n{}\nP0;\nNOP", '4:1: expected ";" at the end of this row'],
  ["ARM x\n{}\nP0 | P0.J;\nNOP;\n", "3:8: expected a processor name (P0, P0.F, P0.I), found"],
  ["ARM x\n{ d=ipi(1); }\nP0;\nNOP;\n", '2:9: expected a processor (P1), found "1); }"'],
  ["ARM x\n{ d=ipi(P0 P1); }\nP0;\nNOP;\n", '2:12: expected "," or ")", found "P1); }"'],
  ["ARM x\n{ [PTE(y)]=(oa:PA()); }\nP0;\nNOP;\n", "2:19: expected a location (x) or a label of code (P1:L0)"],
  ["ARM x\n{ [PTE(y)]=(oa:PA(7)); }\nP0;\nNOP;\n", "2:19: expected a location (x) or a label of code (P1:L0)"],
  ["ARM x\n{}\nP0;\nNOP;\nexists (0:R0=1", '5:15: expected ")"'],
  ["ARM x\n{}\nP0;\nNOP;\nexists (0:R0 1)", '5:14: expected "="'],
  ["ARM x\n{}\nP0;\nNOP;\nexists 0:R0=1 junk", "5:15: expected the end of the test"],
  ["ARM x\n{}\nP0 | P0;\nNOP;\nexists true", "3:6: expected every processor once, found P0 again"],
  ["ARM x\n{}\nP0;\nNOP;\nexists true (* (* *)", '5:13: expected "*)" at the end of the comment'],
  [`ARM x\n{}\nP0;\nNOP;\nexists ${"(".repeat(5000)}`, "nested deeper"],
  ["ARM X\n{}\nP0 ;\nNOP // first ;\nexists (x=1)", '4:5: expected code, found "//": comments are (* … *) here'],
  ["ARM X\n{}\nP0 | P1 ;\n | @ first ;\nexists (x=1)", '4:4: expected code, found "@": comments are (* … *) here'],
])("malformed input %j names its place and what was expected", (text, message) => {
  const parsed = parseLitmus(text);
  expect(parsed.ok).toBe(false);
  if (parsed.ok) return;
  const { line, column, message: found } = parsed.issues[0]!;
  expect(`${line}:${column}: ${found}`).toMatch(
    new RegExp(
      message
        .split("|")
        .map((one) => one.replace(/[.*+?^${}()[\]\\]/g, "\\$&"))
        .join("|"),
    ),
  );
});

test("what is outside the dialect is named, and the verdict is unknown", () => {
  const about = (text: string): string => {
    const result = runLitmus(read(text));
    expect(result.verdict).toBe("unknown");
    expect(result.complete).toBe(false);
    return result.error!;
  };
  expect(about("PPC x\n{}\nP0;\nsync;\nexists true")).toBe("outside the dialect: architecture PPC");
  expect(about("ARM x\n{}\nP0;\nFROB R1;\nexists true")).toContain("(line 4, column 1)");
  expect(about("AArch64 x\n{}\nP0;\nFROB X1;\nexists true")).toBe(
    'outside the dialect: instruction "FROB X1" (line 4, column 1)',
  );
  expect(about("AArch64 x\n{}\nP0;\nB nowhere;\nexists true")).toContain("label nowhere");
  const elsewhere = "outside the dialect: register R1 of P9, which the test does not have";
  expect(about("ARM x\n{}\nP0;\nNOP;\nexists (9:R1=1)")).toBe(elsewhere);
  expect(about("ARM x\n{}\nP0;\nNOP;\nlocations [9:R1;]\nexists (0:R1=1)")).toBe(elsewhere);
  // Said before anything is run, and not when the first execution is compared with it.
  expect(about("ARM x\n{}\nP0;\nNOP;\nexists (0:R0=0:L1)")).toBe("outside the dialect: label L1, which is not defined");
  const initial = (state: string, question = "0:R0=1"): string =>
    about(`ARM x\n{ ${state} }\nP0 | P0.I;\nNOP | ERET;\nexists (${question})`);
  expect(initial("d=ipi(P1);")).toBe("outside the dialect: an interrupt for P1, which has no column P1.I");
  expect(initial("0:R1=ipi(P0);")).toBe("outside the dialect: value ipi(P0)");
  expect(initial("d=ipi(P0);", "d=1")).toBe("outside the dialect: d in a condition, which raises interrupts");
  expect(initial("d=ipi(P0);", "0:R1=[d]")).toBe("outside the dialect: d in a condition, which raises interrupts");
  const elsewhereMapped = "[PTE(y)]=(oa:PA(x));";
  expect(initial(elsewhereMapped, "y=1")).toBe(
    "outside the dialect: y in a condition, which is mapped to other memory",
  );
  expect(initial(`${elsewhereMapped} y=1;`)).toBe("outside the dialect: a value of y, which is mapped to other memory");
  expect(initial(`${elsewhereMapped} [PTE(z)]=(oa:PA(y));`)).toBe(
    "outside the dialect: PA(y), where y is mapped to other memory itself",
  );
  expect(initial("[PTE(y)]=(oa:PA(P0:L0));")).toBe("outside the dialect: label L0, which is not defined");
  expect(initial("[PTE(y)]=(oa:PA(x),valid:0);")).toBe("outside the dialect: PTE(y)");
  expect(initial("y=(oa:PA(x));")).toBe("outside the dialect: value (oa:PA(x))");
  expect(about("ARM x\nL1Ip=AIVIVT\n{}\nP0;\nNOP;\nexists (0:R0=1)")).toBe(
    "outside the dialect: L1Ip=AIVIVT (it is VIPT or PIPT)",
  );
  const raised = (code: string): string =>
    about(`ARM x\n{ 0:R1=d; d=ipi(P0); }\nP0 | P0.I | P0.F;\n${code};\nexists (0:R0=1)`);
  expect(raised("LDR R0,[R1] | ERET |")).toBe("not modelled: load at 0x1000, a register that raises interrupts");
  expect(raised("STRH R0,[R1] | ERET |")).toBe(
    "not modelled: store of 2 bytes at 0x1000, a register that raises interrupts",
  );
  expect(raised("STR R0,[R1] | SVC #0 | ERET")).toBe("not modelled: svc exception in an interrupt handler");
  const faults = (question: string): string => about(`AArch64 x\n{}\nP0;\nL0: UDF #0;\nexists (${question})`);
  expect(faults("fault(P9:L0)")).toBe("outside the dialect: fault of P9, which the test does not have");
  expect(faults("~fault(P9)")).toBe("outside the dialect: fault of P9, which the test does not have");
  expect(faults("fault(P0:L9)")).toBe("outside the dialect: fault at label L9 of P0, which is not defined");
  expect(faults("fault(P0:L0,x)")).toBe("outside the dialect: fault of x");
  expect(about("AArch64 x\n{ [PTE(x)]=(valid:0); }\nP0;\nNOP;\nexists (true)")).toBe("outside the dialect: PTE(x)");
  // Registers and locations are words here: what is none is not cut to one.
  const wide = (state: string, code: string, question: string): string =>
    about(`AArch64 x\n{ ${state} }\nP0;\n${code};\nexists (${question})`);
  expect(wide("x=0x100000000;", "NOP", "x=0")).toBe("outside the dialect: value 4294967296 of more than 32 bits");
  expect(wide("", "NOP", "0:X0=-2147483649")).toBe("outside the dialect: value -2147483649 of more than 32 bits");
  expect(wide("", "MOVZ X0,#1,LSL #32", "0:X0=0")).toBe("not modelled: a value of more than 32 bits");
  expect(wide("uint64_t t[2]={1,2}; 0:X1=t;", "LDR X0,[X1,#8]", "0:X0=2")).toBe(
    "outside the dialect: value uint64_t in an array",
  );
  expect(wide("int *t[1]={x};", "NOP", "0:X0=2")).toBe("outside the dialect: value int* in an array");
  expect(
    runLitmus(
      read(
        "ARM x\n{ int *t[1]={x}; uint32_t u[2]={-1,0xffffffff}; long v[1]={3}; }\nP0;\nNOP;\nexists (u[0]=0xffffffff /\\ u[1]=-1 /\\ v[0]=3)",
      ),
    ).error,
  ).toBe(undefined);
  expect(about("AArch64 x\n{ 0:X1=x:green; }\nP0;\nNOP;\nexists (true)")).toBe("outside the dialect: value x:green");
  expect(about("ARM x\n{}\nP0;\nVMOV.F32 S0,S1;\nexists (0:R0=1)")).toMatch(/not modelled|outside the dialect/);
});

test.each([
  ["a byte order mark", `\uFEFF${sb}`],
  ["carriage returns", sb.replaceAll("\n", "\r\n")],
  ["tabs", sb.replaceAll(" ", "\t").replace("ARM\t", "ARM ")],
  ["nested comments, with a quote", `(* it's " (* odd *) *)\n${sb.replace("|", "(* c *) |")}(* end *)`],
  ["a comment's beginning in a string", sb.replace("PodWR Fre PodWR", "a (* b")],
  [
    "several strings and lines of information",
    sb.replace("{ %", '"again"\nCom=Fr Fr\nGenerator=x {y} (z)\nA-b.c+d=\n{ %'),
  ],
  ["declarations", sb.replace("{ ", "{ int x; uint32_t y=0x0; int 0:R7; int *p=x; [q]=-1; int z[2]={1,2}; ")],
  ["no semicolon at the end of the initial state", sb.replace("; }", " }")],
  [
    "empty cells, labels alone and before an instruction",
    sb.replace(" MOV R0,#1    |", " L0: | ;\n | ;\n L1: L2: MOV R0,#1 |"),
  ],
  ["lower case", sb.replaceAll("MOV R", "mov r").replaceAll("STR R", "str r").replaceAll("LDR R", "ldr r")],
  [
    "processors in another order",
    sb.replace(/^ P0.*[\s\S]*?exists/m, (table) => table.replace(/^ (.*\S) +\| (.*\S) +;$/gm, " $2 | $1 ;")),
  ],
  ["locations of every form", sb.replace("exists", "locations [x; [y]; 0:R0; int q; z[1]; x*]\nlocations []\nexists")],
  ["a condition without parentheses", sb.replace(/\(0:R1=0 .*\)/, "P0:R1 = 0x0 /\\ not (1:R1 <> 0) /\\ ~false")],
  ["a filter", sb.replace("exists", "filter (0:R0=1)\nexists")],
  ["how states are shown", sb.replace(/\)\n$/, ") with states\n")],
  ["what models say", sb.replace(/\)\n$/, ") with sc: ~exists; tso: exists\n")],
  ["a semicolon behind the condition, and what is no part of the test", sb.replace(/\)\n$/, ");\n<<EOF\njunk")],
  ["semicolons behind the name and before the processors", sb.replace("ARM SB", "ARM SB;").replace(" P0", "; P0")],
  ["what was observed", sb.replace(/exists.*/s, "Observed 0:R1=1; 1:R1=0; and 0:R1=0; 1:R1=0;")],
  ["types behind locations", sb.replace("exists", "locations [x int*; 0:R0 int; y*;]\nexists")],
  ["arrays in a condition", sb.replace("{ ", "{ int z[2]={1,2}; ").replace(/\)\n$/, " /\\ z={1,2} /\\ z!={1,1})")],
  ["the other name of EOR", sb.replace(" STR R0,[%x0]", " XOR R3,R0,R0 | ;\n STR R0,[%x0]")],
])("what herd reads is read: %s", (_, text) => {
  const result = runLitmus(read(text));
  expect([result.verdict, result.error]).toEqual(["Allowed", undefined]);
});

test("of =>, /\\ and \\/, the one named first binds tightest, and => groups to the right", () => {
  const verdict = (question: string): string => {
    const parsed = read(`ARM x\n{ x=1; y=0; }\nP0;\nNOP;\nexists (${question})`);
    const again = read(printLitmus(parsed));
    const [result, same] = [runLitmus(parsed).verdict, runLitmus(again).verdict];
    expect(same).toBe(result);
    return result;
  };
  expect(verdict("x=0 => x=0 /\\ y=1")).toBe("Forbidden");
  expect(verdict("x=0 => (x=0 /\\ y=1)")).toBe("Allowed");
  expect(verdict("x=1 \\/ x=1 /\\ y=1")).toBe("Allowed");
  expect(verdict("(x=1 \\/ x=1) /\\ y=1")).toBe("Forbidden");
  expect(verdict("x=0 => x=1 => y=1")).toBe("Allowed");
  expect(verdict("(x=0 => x=1) => y=1")).toBe("Forbidden");
  expect(verdict("~x=0 => y=1 \\/ x=1")).toBe("Allowed");
});

test("where no execution is left, what holds of all is not known", () => {
  const filtered = runLitmus(read(sb.replace("exists", "filter (0:R1=7)\nforall")));
  expect(filtered).toMatchObject({ verdict: "unknown", states: 0 });
  expect(filtered.error).toContain("the filter");
  const endless = runLitmus(read("ARM x\n{}\nP0;\nw: B w;\nforall (true)"));
  expect(endless).toMatchObject({ verdict: "unknown", error: 'no execution ends, so "forall" says nothing' });
});

test("places are compared with places, as herd has it", () => {
  const program = "{ x=1; y=1; z=2; 0:R1=1; 0:R2=2; 1:R3=2; %a=x; }\nP0 | P1 ;\nNOP | LDR R4,[%a] ;\n";
  const verdict = (question: string): string => {
    const test = read(`ARM x\n${program}exists (${question})`);
    expect(runLitmus(read(printLitmus(test))).verdict).toBe(runLitmus(test).verdict);
    return runLitmus(test).verdict;
  };
  expect(verdict("0:R1=0:R2")).toBe("Forbidden");
  expect(verdict("0:R2=1:R3")).toBe("Allowed");
  expect(verdict("1:R3=0:R2 /\\ 0:R1=P1:R4")).toBe("Allowed");
  expect(verdict("0:R2<>1:R3")).toBe("Forbidden");
  expect(verdict("[x]=[y] /\\ [z]=0:R2 /\\ 0:R2=*z")).toBe("Allowed");
  expect(verdict("[x]=[z]")).toBe("Forbidden");
  // A name alone is an address, and a register that nothing else names is shown.
  expect(verdict("x=y")).toBe("Forbidden");
  expect(runLitmus(read(`ARM x\n${program}exists (0:R1=1:R4)`)).outcomes.map(({ state }) => state)).toEqual([
    "0:R1=1; 1:R4=1;",
  ]);
});

test("where nothing is asked, all is well; what is asked in parentheses is whether it exists", () => {
  const silent = read("ARM x\n{}\nP0;\nNOP;\n");
  expect(silent).toMatchObject({ quantifier: "forall", condition: { kind: "constant", value: true } });
  expect(runLitmus(silent).verdict).toBe("Required");
  expect(runLitmus(read("ARM x\n{}\nP0;\nNOP;\nlocations [x;]\n")).outcomes.map(({ state }) => state)).toEqual([
    "[x]=0;",
  ]);
  expect(read("ARM x\n{}\nP0;\nNOP;\nlocations [x;]\n(x=1)").quantifier).toBe("exists");
});

test("a register that holds zero is not shown as the instruction that is zero", () => {
  const result = runLitmus(
    read('AArch64 x\n{ 0:X1=instr:"UDF #0"; 0:X2=NOP; }\nP0;\nMOV W3,#0;\nexists (0:X3=0 /\\ 0:X2=NOP)'),
  );
  expect(result.outcomes.map(({ state }) => state)).toEqual(["0:X3=0; 0:X2=NOP;"]);
});

test("a limit that was met gives unknown, unless an execution already decides", () => {
  const limited = runLitmus(read(sb.replace(/exists.*/, "exists (0:R1=7)")), { limits: { steps: 20 } });
  expect([limited.verdict, limited.complete]).toEqual(["unknown", false]);
  expect(limited.error).toContain("raise limits.steps");
  const cancelled = runLitmus(read(sb), { signal: { aborted: true } });
  expect(cancelled.verdict).toBe("unknown");
});

test("a loop that waits ends by itself, one that counts its turns by a limit", () => {
  const loop = (turn: string): string =>
    `ARM x\n{ %x=x; }\nP0 | P1;\nMOV R0,#1 | L: ${turn};\nSTR R0,[%x] | LDR R0,[%x];\n | CMP R0,#1;\n | BNE L;\nforall (1:R0=1)`;
  expect(runLitmus(read(loop("NOP"))).verdict).toBe("Required");
  expect(runLitmus(read(loop("ADD R1,R1,#1")))).toMatchObject({
    verdict: "unknown",
    error: expect.stringContaining("limit met: states 500000;"),
  });
}, 60_000);

test("a question is answered for all states where not all are listed", () => {
  const ask = (question: string) => runLitmus(read(sb.replace(/exists.*/, question)), { limits: { outcomes: 1 } });
  expect(ask("exists (0:R1=0 /\\ 1:R1=0)")).toMatchObject({ verdict: "Allowed", states: 1, truncated: true });
  expect(ask("exists (0:R1=1 /\\ 1:R1=1)").verdict).toBe("Allowed");
  expect(ask("exists (0:R1=2)")).toMatchObject({ verdict: "Forbidden", complete: true });
  expect(ask("forall (0:R1=0)").verdict).toBe("Allowed");
  expect(ask("forall (0:R1=0 \\/ 0:R1=1)").verdict).toBe("Required");
  expect(formatHerd(ask("exists (0:R1=2)"))).toContain("not listed");
});
