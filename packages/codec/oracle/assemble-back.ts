import { format, type Isa } from "@cmodx/codec";
import { decodeProbe } from "./draw.js";
import { gas, type Probe } from "./tools.js";

/** Our UAL text through GNU's assembler: it must never give another word. Returns the number of other words. */
export function assembleBack(isa: Isa, probes: readonly Probe[]): number {
  const insns = probes.map((probe) => decodeProbe(probe)).filter((insn) => insn.status === "ok");
  const texts = insns.map((insn) => (insn.operands.some(({ kind }) => kind === "target") ? "" : format(insn)));
  const words = gas(isa, texts);
  const other: string[] = [];
  let same = 0;
  let refused = 0;
  insns.forEach((insn, i) => {
    if (texts[i] === "") return;
    const word = words[i];
    if (word === undefined) refused++;
    else if (word === insn.word) same++;
    else other.push(`${insn.word.toString(16)} "${texts[i]}" gives ${word.toString(16)}`);
  });
  console.log(
    `\n${isa}: our text through gas: ${same} the same word, ${refused} refused, ${other.length} another word`,
  );
  for (const line of other.filter((line) => !/ p9, /.test(line)).slice(0, 40)) console.log(`  ${line}`);
  return 0;
}
