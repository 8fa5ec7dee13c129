import { bytesOf, decodeA32, decodeT32, format, type Insn, type Isa, isWide, parse } from "@cmodx/codec";
import { breakpointFor, type Compat, type Decision, decide } from "@cmodx/kprobes";
import { type Command, Option } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";
import { readLines } from "../input/bytes.js";
import { address } from "../input/numbers.js";
import { hexBytes, labelled } from "../text/layout.js";
import { paint, type Style } from "../text/paint.js";

interface Options {
  readonly isa: Isa;
  readonly at: number;
  readonly compat: Compat;
  readonly json?: true;
}

export const verb: Verb = {
  examples: ["cmodx probe --isa t32 'push {r4, lr}'", "echo e1b0f00e | cmodx probe --isa a32 --json -"],
  configure(command: Command, io: Io) {
    command
      .argument("<insn>", "assembler text, or its word as the manual writes it (f3af8000); - for a line each on stdin")
      .addOption(new Option("--isa <isa>", "instruction set").choices(["a32", "t32"]).makeOptionMandatory())
      .addOption(
        new Option("--compat <whose>", "linux: exactly the kernel's answer, quirks included; strict: what is right")
          .choices(["linux", "strict"])
          .default("linux"),
      )
      .option("--at <address>", "address of the instruction, for branches in text", address, 0)
      .option("--json", "print JSON: a document, or an object a line for -");
    return async (text: string, options: Options): Promise<Exit> => {
      if (text === "-") {
        for (const line of await readLines("-", io)) {
          if (io.signal.aborted) return EXIT.interrupted;
          io.out(`${lineOf(line.trim(), options)}\n`);
        }
        return EXIT.good;
      }
      const read = readSubject(text.trim(), options);
      if ("error" in read) throw new UsageError("probe", `"${text}": ${read.error}`, read.remedy);
      const answer = answerTo(read, options.compat);
      io.out(
        options.json ? `${JSON.stringify({ schema: "cmodx/probe/1", ...answer })}\n` : probeText(read, options, io),
      );
      return answer.action === "reject" ? EXIT.bad : EXIT.good;
    };
  },
};

/** An instruction, or a number that is none. */
type Subject = { readonly insn: Insn } | { readonly word: number };

function readSubject(text: string, { isa, at }: Options): Subject | { error: string; remedy: string } {
  const digits = /^(?:0x)?([0-9a-f]{1,8})$/i.exec(text)?.[1];
  if (digits !== undefined) {
    const word = Number.parseInt(digits, 16);
    if (isa === "a32") return { insn: decodeA32(word, at) };
    // Numbers from 0xe800 to 0xe7ffffff are half of an instruction, or two.
    const wide = word > 0xffff;
    if (isWide(wide ? word >>> 16 : word) !== wide) return { word };
    return { insn: wide ? decodeT32(word >>> 16, word & 0xffff, at) : decodeT32(word, 0, at) };
  }
  const parsed = parse(text, { isa, address: at });
  if (parsed.ok) return { insn: parsed.insn };
  const [issue] = parsed.issues;
  return {
    error: issue?.message ?? "is not an instruction",
    remedy: issue?.hint ?? `write it as the assembler does for ${isa}, or its word as in f3af8000`,
  };
}

/** What `--json` prints of an instruction: public, additions only. */
interface Answer {
  readonly word: number;
  readonly text: string;
  readonly action: Decision["action"];
  readonly reason: string;
  /** Bytes in memory order. */
  readonly slot: string | null;
  /** Bytes below SP. */
  readonly stack: number | null;
}

function answerTo(subject: Subject, compat: Compat): Answer {
  if ("word" in subject) {
    const text = `.inst.w 0x${subject.word.toString(16).padStart(8, "0")}`;
    const reason = "no instruction has this encoding";
    return { word: subject.word, text, action: "reject", reason, slot: null, stack: null };
  }
  const { insn } = subject;
  const { action, reason, slot, stack } = decide(insn, compat);
  return { word: insn.word, text: format(insn), action, reason, slot: slot && hexBytes(slot), stack };
}

/** Exactly one line for a line of the stream. */
function lineOf(line: string, options: Options): string {
  const read = readSubject(line, options);
  if ("error" in read) return `error: "${line}": ${read.error}`;
  const answer = answerTo(read, options.compat);
  if (options.json) return JSON.stringify(answer);
  const digits = "insn" in read ? 2 * read.insn.size : 8;
  return [answer.word.toString(16).padStart(digits, "0"), answer.text, answer.action, answer.reason].join("\t");
}

const STYLE: Readonly<Record<Decision["action"], Style>> = { reject: "bad", simulate: "good", emulate: "good" };

function probeText(subject: Subject, { isa, compat }: Options, io: Io): string {
  const { action, text, reason, slot, stack } = answerTo(subject, compat);
  const say = (label: string, line: string) => labelled(label, [line], io.columns);
  const head = `${paint(io, STYLE[action], action)}  ${isa}  ${text}\n\n`;
  if (action === "reject" || !("insn" in subject)) return head + say("because", reason);
  return [
    head,
    say("because", reason),
    slot === null ? "" : say("slot", `${slot}: ${slotText(subject.insn, slot)}`),
    say(
      "stack",
      stack === 0 ? "stores nothing below SP" : `${stack} of the 64 bytes below SP that the trap leaves free`,
    ),
    say("armed", `${hexBytes(bytesOf(breakpointFor(subject.insn)))}: ${format(breakpointFor(subject.insn))}`),
  ].join("");
}

/** The instruction of a slot, and its return. */
function slotText({ isa }: Insn, slot: string): string {
  const half = (i: number): number =>
    Number.parseInt(`${slot.slice(4 * i + 2, 4 * i + 4)}${slot.slice(4 * i, 4 * i + 2)}`, 16);
  if (isa === "a32") {
    const words = [decodeA32((half(1) << 16) | half(0)), decodeA32((half(3) << 16) | half(2))];
    return words.map((insn) => format(insn)).join("; ");
  }
  const first = decodeT32(half(0), half(1));
  return [first, decodeT32(half(first.size / 2), 0)].map((insn) => format(insn)).join("; ");
}
