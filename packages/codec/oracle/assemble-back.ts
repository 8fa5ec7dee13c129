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
  const classes = new Map<string, string[]>();
  for (const line of other) {
    const known = gasDoes.find(({ where }) => where.test(line))?.what ?? "FAIL";
    classes.set(known, [...(classes.get(known) ?? []), line]);
  }
  for (const [known, lines] of classes)
    console.log(`  ${known}: ${lines.length}, e.g. ${lines.slice(0, known === "FAIL" ? 40 : 1).join("\n    ")}`);
  return classes.get("FAIL")?.length ?? 0;
}

/** Where GNU's assembler gives another word for the manual's text. */
const gasDoes: readonly { readonly where: RegExp; readonly what: string }[] = [
  { where: / p9, /, what: "coprocessor 9 is taken for MVE's" },
  { where: /#-0\b/, what: "the sign of an offset of 0 is lost in Thumb" },
  { where: /"(add|sub)\S* \w+, pc, #/, what: "a constant past 2^31 added to the PC is subtracted" },
];
