import { written } from "./written.js";

/**
 * A random test of what bytes make, in A32 or Thumb: halves of an instruction and of a word, stored and read apart and together; lines with one
 * site or, of four bytes, more; invalidates of a line, of everything and of one's own core; exceptions, exclusives, conditional stores.
 * Whatever the halves of the site, they are an instruction: MOV or MVN, of one of two numbers to one of two registers.
 */
export function partsTest(pick: (below: number) => number): string {
  const thumb = pick(2) === 0;
  const [first, second, whole] = thumb ? ["0xf06f", "0x0902", "0x0902f06f"] : ["0x9002", "0xe3e0", "0xe3e09002"];
  const some = (from: readonly (readonly string[])[]): readonly string[] => from[pick(from.length)]!;
  const labels = { next: 0 };
  const barriers = [["DMB"], ["DSB"], ["DMB ST"], ["DSB"], ["ISB"]];
  const site = [["STRH R0,[R1]"], ["STRH R2,[R1,#2]"], ["STR R4,[R1]"]];
  const maintenance = [
    ["DCCMVAU R1"],
    ["ICIMVAU R1"],
    ["ICIALLU"],
    ["ICIALLUIS"],
    ["DCCMVAU R1", "DSB", "ICIMVAU R1", "DSB"],
  ];
  const stores = [["STR R5,[R3]"], ["STRH R5,[R3]"], ["STRH R5,[R3,#2]"]];
  // A core reads its own half early, and the other half as memory has it.
  const early = (half: string): readonly string[] => [`STRH R5,[R3${half}]`, "LDR R6,[R3]"];
  const exclusive = (): readonly string[] => ["LDREX R6,[R3]", "ADD R6,R6,#2", "STREX R7,R6,[R3]"];
  const patcher = [...some(site)];
  for (let i = 0; i <= pick(3); i++)
    patcher.push(...some([...site, ...maintenance, ...maintenance, ...barriers, ...stores, early(""), exclusive()]));
  const executor: string[] = [];
  const observed = ["0:R6", "0:R7", "x"];
  let called = false;
  for (let i = 0; i <= 1 + pick(2); i++) {
    const label = `c${labels.next++}`;
    const branch = ["CMP R6,#0", `BNE ${label}`, `${label}:`];
    const conditional = thumb ? branch : ["CMP R6,#0", "STREQ R5,[R3]"];
    executor.push(
      ...some([
        ["LDR R6,[R3]"],
        ["LDRH R6,[R3,#2]"],
        [...branch, "ISB"],
        ["SVC #0"],
        ["ISB"],
        ["DSB"],
        ["DSB", "ISB"],
        ["STR R5,[R3]"],
        early(",#2"),
        conditional,
        exclusive(),
      ]),
    );
    if (called || pick(2) === 0) continue;
    called = true;
    executor.push("BL m", "ADD R10,R8,#0", "ADD R11,R9,#0");
  }
  executor.push("BL m");
  observed.push("1:R6", "1:R7", "1:R8", "1:R9", "1:R10", "1:R11");
  const columns = [
    patcher,
    ["B s", ...(thumb ? ["NOP"] : []), "m: MOV R8,#1", "BX LR", "s:", ...executor, "B e", "e:"],
    ["ERET"],
  ];
  return written({
    head: [`${thumb ? "Thumb" : "ARM"} parts`, ...(pick(4) === 0 ? ["LineBytes=4"] : [])],
    initial: `0:R0=${first}; 0:R1=P1:m; 0:R2=${second}; 0:R3=x; 0:R4=${whole}; 0:R5=1; 1:R3=x; 1:R5=1;`,
    columns,
    cores: ["P0", "P1", "P1.F"],
    locations: observed,
  });
}
