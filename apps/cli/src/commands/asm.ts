import { assemble, type Insn, type Isa, parse } from "@cmodx/codec";
import { type Command, Option } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";
import { readBytes, readLines } from "../input/bytes.js";
import { address } from "../input/numbers.js";
import { replaceFile } from "../input/replace-file.js";
import { hexBytes } from "../text/layout.js";

interface Options {
  readonly isa: Isa;
  readonly words?: true;
  readonly base: number;
  readonly output?: string;
}

export const verb: Verb = {
  examples: [
    "echo 'b.w 0x9000' | cmodx asm --isa t32 --base 0x8000",
    "cmodx asm --isa a32 --base 0x8000 code.s -o code.bin",
  ],
  configure(command: Command, io: Io) {
    command
      .argument("[file]", "assembler text, - for standard input", "-")
      .addOption(new Option("--isa <isa>", "instruction set to begin in").choices(["a32", "t32"]).makeOptionMandatory())
      .option("--base <address>", "address of the first byte", address, 0)
      .option("--words", "assemble each line by itself; print one hex word a line, as the manual writes it")
      .option("-o, --output <file>", "write the bytes to a file instead of printing them in hex");
    return async (file: string, { isa, base, words, output }: Options): Promise<Exit> => {
      if (words) {
        for (const line of await readLines(file, io)) io.out(`${wordOf(line, isa, base)}\n`);
        return EXIT.good;
      }
      const code = codeOf(new TextDecoder().decode(await readBytes(file, io)), isa, base, file, io);
      if (output === undefined) io.out(inLines(code));
      else replaceFile(output, code);
      return EXIT.good;
    };
  },
};

function wordOf(line: string, isa: Isa, base: number): string {
  const parsed = parse(line, { isa, address: base });
  if (parsed.ok) return hexWord(parsed.insn);
  const [issue] = parsed.issues;
  return `error: ${issue?.column ?? 1}: ${issue?.message ?? "not an instruction"}${issue?.hint ? `; ${issue.hint}` : ""}`;
}

/** An instruction as the manual writes it: `e3a00001`, `bf00`, `f3af8000`. */
function hexWord({ word, size }: Insn): string {
  return word.toString(16).padStart(size * 2, "0");
}

function codeOf(text: string, isa: Isa, base: number, file: string, io: Io): Uint8Array {
  const assembled = assemble(text, { isa, address: base });
  if (assembled.ok) return assembled.code;
  const [first, ...more] = assembled.issues.map(({ line, column, message, hint }) => {
    const where = `${file === "-" ? "stdin" : file}:${line}:${column}`;
    return { where, message, hint: hint ?? "correct the line" };
  });
  if (first === undefined) throw new UsageError(file, "cannot be assembled", "check it line by line with --words");
  for (const { where, message, hint } of more.toReversed()) io.note(`cmodx: ${where}: ${message}; ${hint}\n`);
  throw new UsageError(first.where, first.message, first.hint);
}

const BYTES_PER_LINE = 16;

function inLines(code: Uint8Array): string {
  const count = Math.ceil(code.length / BYTES_PER_LINE);
  return Array.from({ length: count }, (_, i) => {
    return `${hexBytes(code.subarray(i * BYTES_PER_LINE, (i + 1) * BYTES_PER_LINE))}\n`;
  }).join("");
}
