import { written } from "./written.js";

/**
 * A random test of interrupts and of code with two addresses, in A32 or Thumb: one core changes a branch through either address and
 * interrupts another, which executes it in its program or in its handler, through either; maintenance by either address, on either core.
 */
export function interruptsTest(pick: (below: number) => number): string {
  const thumb = pick(2) === 0;
  const store = thumb ? "STRH" : "STR";
  const some = (from: readonly (readonly string[])[]): readonly string[] => from[pick(from.length)]!;
  const times = (most: number, from: readonly (readonly string[])[]): readonly string[] =>
    Array.from({ length: pick(most + 1) }, () => some(from)).flat();
  const either = (mnemonic: string): readonly string[] => [`${mnemonic} R${1 + pick(2)}`];
  const barriers = [["DMB"], ["DSB"], ["DSB"], ["DSB"], ["DMB ST"], ["ISB"]];
  const maintenance = [
    either("DCCMVAU"),
    either("DCCMVAU"),
    either("ICIMVAU"),
    either("ICIMVAU"),
    ["ICIALLU"],
    ["ICIALLUIS"],
    [...either("DCCMVAU"), "DSB", ...either("ICIMVAU"), "DSB"],
  ];
  const flags = [["STR R5,[R3]"], ["LDR R6,[R4]"]];
  const change = [`${store} R0,[R${1 + pick(2)}]`];
  const raise = pick(3) === 0 ? ["LDR R6,[R4]", "CMP R6,#1", "BNE r", "r: STR R5,[R12]"] : ["STR R5,[R12]"];
  const between = [...times(3, [...maintenance, ...barriers, ...flags])];
  const patcher =
    pick(5) === 0
      ? [...raise, ...change, ...between]
      : [...change, ...between, ...raise, ...times(1, [...maintenance, ...flags])];

  const labels = { next: 0 };
  const branch = (...then: readonly string[]): readonly string[] => {
    const label = `c${labels.next++}`;
    return ["CMP R6,#1", `BNE ${label}`, `${label}:`, ...then];
  };
  // R10 says whether the handler had been there before.
  const site = [...(pick(3) === 0 ? ["BX R11"] : []), "m: B l", "MOV R9,#1", "l:"];
  const own = [["ICIALLU"], either("ICIMVAU"), either("DCCMVAU"), ["DSB"], ["DSB"], ["DMB"], ["ISB"]];
  const inHandler = pick(4) === 0;
  const program = [
    ...times(1, [["LDR R6,[R3]"], ["LDR R6,[R3]", ...branch()], ["LDR R6,[R3]", ...branch("ISB")], ["STR R5,[R4]"]]),
    ...times(1, [["DSB"], ["ISB"], ["SVC #0"], ["ICIALLU", "DSB"]]),
    "MOV R10,R8",
    ...(inHandler ? [] : site),
  ];
  const handler = [
    ...times(2, [...own, ["STR R5,[R4]"], ["LDR R7,[R3]"]]),
    "MOV R8,#1",
    ...(inHandler ? site : []),
    "ERET",
  ];
  const columns = [patcher, program, handler, ["ERET"]];
  const registers = (core: number): string =>
    `${core}:R0=NOP; ${core}:R1=P1:m; ${core}:R2=y; ${core}:R3=x; ${core}:R4=a; ${core}:R5=1; ${core}:R11=y${thumb ? "+1" : ""}; ${core}:R12=d;`;
  return written({
    head: [`${thumb ? "Thumb" : "ARM"} interrupts`, ...(pick(4) === 0 ? ["L1Ip=PIPT"] : [])],
    initial: `${registers(0)} ${registers(1)} d=ipi(P1); [PTE(y)]=(oa:PA(P1:m));`,
    columns,
    cores: ["P0", "P1", "P1.I", "P1.F"],
    locations: ["0:R6", "1:R6", "1:R7", "1:R8", "1:R9", "1:R10", "x", "a"],
  });
}
