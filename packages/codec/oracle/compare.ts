import { format, type Insn } from "@cmodx/codec";
import type { Opinion } from "./tools.js";

/** How one word came out: `agree`, a named class of disagreement, or `FAIL:` and what is wrong. */
export type Outcome = string;

/**
 * Classes of disagreement that are explained, with the words a million that each may have. Outside them nothing may differ.
 */
export const classes: Readonly<
  Record<string, { readonly budget: number; readonly why: string; readonly answer: string }>
> = {
  "stricter: should-be bits": {
    budget: 1500,
    why: "both tools ignore a (0) or (1) of the diagram; the manual says UNPREDICTABLE",
    answer: "unpredictable, with the reason `should-be`",
  },
  "stricter: UNPREDICTABLE": {
    budget: 40_000,
    why: "a clause of the manual that neither tool checks, such as STM (user registers) with writeback",
    answer: "unpredictable, with the clause",
  },
  "stricter: UNDEFINED": {
    budget: 20,
    why: "a clause of the manual that neither tool checks",
    answer: "undefined, with the clause",
  },
  "newer than the oracles": {
    budget: 800,
    why: "ARMv8 encodings (LDA, STL, CRC32, HLT, SETPAN), which tools set to ARMv7 reject",
    answer: "ok, with `arch` v8",
  },
  "GNU: other coprocessors": {
    budget: 42_000,
    why: "objdump cannot be kept from FPA, Maverick, iWMMXt, MVE and CDE, which share the space of generic coprocessors",
    answer: "the manual's LDC, STC, CDP, MCR, MRC, MCRR or MRRC, as LLVM",
  },
  "GNU: loses what the word says": {
    budget: 600,
    why: "objdump drops `!` or post-indexing of a zero offset, prints asr #32 as asr #0",
    answer: "the text that assembles to the word, as LLVM",
  },
  "GNU: LDRT for a literal": {
    budget: 250,
    why: "objdump takes LDR (literal) with U = 0 and hw2[11:8] = 1110 for LDRT; the manual's SEE says literal",
    answer: "the literal form, as LLVM",
  },
  "GNU: another name": {
    budget: 60,
    why: "mov r8, r8 printed as nop; one rotation of UXTAB16 in capitals",
    answer: "the name in the manual, as LLVM",
  },
  "LLVM: lists past d31": {
    budget: 900,
    why: "llvm-mc wraps or prints system registers; UNPREDICTABLE in the manual",
    answer: "unpredictable; the text counts on past d31, as GNU",
  },
  "a later name of a hint": {
    budget: 40,
    why: "hints of v8-M and v8-R (pacbti, esb, dfb): NOP or a plain DSB in ARMv7-A",
    answer: "HINT or DSB with its number",
  },
  "a tool rejects: should-be bits": {
    budget: 25_000,
    why: "one tool takes a (0) or (1) of the diagram that is not as it should be for no instruction",
    answer: "unpredictable, with the reason `should-be` and the diagram of the page that `manualReference` names",
  },
  "a tool rejects: UNPREDICTABLE": {
    budget: 28_000,
    why: "one tool takes what violates a clause for no instruction",
    answer: "unpredictable, with the clause of the page that `manualReference` names",
  },
  "a tool rejects: UNDEFINED": {
    budget: 60_000,
    why: "one tool does not check an UNDEFINED clause",
    answer: "undefined, with the clause of the page that `manualReference` names",
  },
  "a tool rejects: unallocated": {
    budget: 65_000,
    why: "one tool decodes encodings of later architectures or of other coprocessors, where ARM DDI 0406C has none",
    answer: "unallocated",
  },
  "a tool rejects: ok": {
    budget: 20_000,
    why: "a tool keeps a word for later architectures (coprocessor 9, SETPAN), or has a restriction that the manual has not",
    answer: "ok, by the page that `manualReference` names",
  },
  "a tool marks: should-be bits": {
    budget: 26_000,
    why: "the tools differ on whether they check a (0) or (1) of the diagram",
    answer: "unpredictable, with the reason `should-be`",
  },
  "a tool marks: UNPREDICTABLE": {
    budget: 55_000,
    why: "the tools differ on whether they check a clause",
    answer: "unpredictable, with the clause of the page that `manualReference` names",
  },
  "a tool marks: unallocated": {
    budget: 1000,
    why: "a tool decodes, with a mark, what ARM DDI 0406C has no encoding for",
    answer: "unallocated",
  },
  "a tool marks: ok": {
    budget: 18_000,
    why: "a tool marks what the manual allows: SP or PC shifted, one register as both of MCRR, SP written back",
    answer: "ok, by the page that `manualReference` names",
  },
};

const squeeze = (text: string): string => text.replace(/\s+/g, " ").replace(/ <.*>$/, "");

/** The text of an insn where it has one. */
function textOf(insn: Insn, profile: "llvm" | "gnu"): string {
  const text = format(insn, profile);
  return text.startsWith(".inst") ? "" : squeeze(text);
}

const genericCoprocessor = /^(LDC|STC|MCR|MRC|CDP|MRRC)/;

function gnuClass(insn: Insn, ours: string, theirs: string): Outcome | undefined {
  if (ours === theirs) return undefined;
  if (
    genericCoprocessor.test(insn.encoding?.id ?? "") &&
    (!/^(ldc|stc|mcr|mrc|cdp)/.test(theirs) || / 9, /.test(theirs))
  )
    return "GNU: other coprocessors";
  const loose = (text: string): string =>
    text.replace(/, #-?0\]!?$|\], #-?0$|\]!?$/, "]").replace(/asr #(0|32)/, "asr");
  if (loose(ours) === loose(theirs)) return "GNU: loses what the word says";
  if (/_lit_/.test(insn.encoding?.id ?? "") && /^ldrs?[bh]?t/.test(theirs)) return "GNU: LDRT for a literal";
  if (theirs === "nop" || ours === theirs.toLowerCase()) return "GNU: another name";
  return `FAIL: GNU's text of ${insn.encoding?.id}`;
}

/** What we say of a word; should-be bits are a kind of their own where nothing else is wrong. */
function answerOf({ status, reasons }: Insn): string {
  if (status === "undefined") return "UNDEFINED";
  if (status !== "unpredictable") return status;
  return reasons.every(({ kind }) => kind === "should-be") ? "should-be bits" : "UNPREDICTABLE";
}

/** Judges one word: what both tools accept must be ours to the letter, and what both reject must not be ok. */
export function judge(insn: Insn, llvm: Opinion, gnu: Opinion): Outcome {
  const { status, encoding } = insn;
  const udf = encoding?.id.startsWith("UDF") ?? false;
  const accepted = status === "ok" || udf;
  if (llvm.state === "rejected" && gnu.state === "rejected") {
    if (!accepted) return "agree";
    return encoding!.arch.startsWith("v8") ? "newer than the oracles" : `FAIL: both reject ${encoding!.id}`;
  }
  if (llvm.state === "rejected" || gnu.state === "rejected") return `a tool rejects: ${answerOf(insn)}`;
  const ours = textOf(insn, "llvm");
  const differs = ours !== squeeze(llvm.text);
  const hint = /^(HINT|DSB)/.test(encoding?.id ?? "");
  if (hint && accepted && (differs || textOf(insn, "gnu") !== squeeze(gnu.text))) return "a later name of a hint";
  if (llvm.state === "marked" || gnu.state === "marked") {
    return llvm.state === gnu.state && !accepted ? "agree" : `a tool marks: ${answerOf(insn)}`;
  }
  if (differs && status === "unpredictable" && encoding && /^V(LD|ST|TB)/.test(encoding.id))
    return "LLVM: lists past d31";
  if (ours === "" || (differs && status === "unpredictable")) {
    if (insn.reasons.some(({ kind }) => kind === "should-be")) return "stricter: should-be bits";
    return status === "unallocated"
      ? `FAIL: both accept ${llvm.text}`
      : status === "undefined"
        ? "stricter: UNDEFINED"
        : "stricter: UNPREDICTABLE";
  }
  if (differs) return `FAIL: LLVM's text of ${encoding?.id}`;
  if (!accepted)
    return insn.reasons.some(({ kind }) => kind === "should-be")
      ? "stricter: should-be bits"
      : "stricter: UNPREDICTABLE";
  return gnuClass(insn, textOf(insn, "gnu"), squeeze(gnu.text)) ?? "agree";
}
