import { written } from "./written.js";

/** A random A32 litmus test in diy's manner: accesses of two locations and of one piece of code, with barriers and dependencies between. */
export function randomTest(pick: (below: number) => number): string {
  const threads = 2 + (pick(4) === 0 ? 1 : 0);
  const code = pick(3) > 0;
  let values = 1;
  const columns: string[][] = [];
  const observed: string[] = [];
  for (let thread = 0; thread < threads; thread++) {
    const lines: string[] = [];
    let [reads, labels] = [0, 0];
    const length = 2 + pick(3);
    for (let access = 0; access < length; access++) {
      const last = reads > 0 ? `R${reads - 1}` : undefined;
      if (access > 0) lines.push(...between(pick, last, `L${thread}${labels++}`));
      const location = ["x", "y"][pick(2)]!;
      const depends = last !== undefined && pick(4) === 0;
      if (depends) lines.push(`EOR R8,${last},${last}`);
      const address = depends ? `[R8,%${location}]` : `[%${location}]`;
      const kind = pick(code ? 7 : 2);
      if (kind === 0) {
        lines.push(`LDR R${reads},${address}`);
        observed.push(`${thread}:R${reads++}`);
      } else if (kind === 1) lines.push(`MOV R9,#${values++}`, `STR R9,${address}`);
      else if (kind === 2 && thread === 0) lines.push("STR %nop,[%site]");
      else if (kind === 3 && thread !== 0 && !lines.includes("BLX %site")) {
        lines.push(`MOV R7,#0`, `BLX %site`);
        observed.push(`${thread}:R7`);
      } else if (kind === 4) lines.push("DCCMVAU %site");
      else if (kind === 5) lines.push("ICIMVAU %site");
      else lines.push("STR %nop,[%site]");
    }
    columns.push([...lines, `B end${thread}`]);
  }
  columns[0]!.push("site: B skip", "MOV R7,#1", "skip: BX LR");
  for (const [thread, lines] of columns.entries()) lines.push(`end${thread}:`);
  return written({
    head: ["ARM random"],
    initial: "%x=x; %y=y; %site=P0:site; %nop=NOP;",
    columns,
    locations: [...observed, "[x]", "[y]"],
  });
}

/** What stands between two accesses: nothing, a barrier or two, or a branch on the last value read. */
function between(pick: (below: number) => number, last: string | undefined, label: string): string[] {
  const branch = last === undefined ? [] : [`CMP ${last},${last}`, `BNE ${label}`, `${label}:`];
  const ways = [[], ["DMB"], ["DMB ST"], ["DSB"], ["DSB"], ["ISB"], ["DSB", "ISB"], branch, [...branch, "ISB"]];
  return ways[pick(ways.length)]!;
}
