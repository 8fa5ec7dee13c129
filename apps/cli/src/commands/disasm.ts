import {
  bytesOf,
  cmodxClass,
  decode,
  decodeA32,
  decodeT32,
  format,
  type Insn,
  type Isa,
  type ItState,
  isWide,
  nextIt,
  noIt,
  type Profile,
  wordBytes,
} from "@cmodx/codec";
import { type Command, Option } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";
import { readBytes, readLines } from "../input/bytes.js";
import { address } from "../input/numbers.js";
import { hexBytes } from "../text/layout.js";
import { listing } from "./disasm-raw.js";

interface Options {
  readonly isa: Isa;
  readonly raw?: string;
  readonly words?: true;
  readonly base: number;
  readonly syntax: Profile;
  readonly json?: true;
}

const SYNTAXES: readonly Profile[] = ["ual", "gnu", "llvm", "preUal"];

export const verb: Verb = {
  examples: [
    "cmodx disasm --raw code.bin --isa t32 --base 0x8000",
    "echo f3af8000 | cmodx disasm --isa t32 --words --json",
  ],
  configure(command: Command, io: Io) {
    command
      .addOption(new Option("--isa <isa>", "instruction set").choices(["a32", "t32"]).makeOptionMandatory())
      .option("--raw <file>", "raw little-endian code, - for standard input")
      .option("--words", "one instruction a line on standard input, in hex as the manual writes it; each by itself")
      .option("--base <address>", "address of the first byte", address, 0)
      .addOption(
        new Option("--syntax <name>", "the manual's, or exactly what objdump or llvm-mc print, or divided syntax")
          .choices(SYNTAXES)
          .default("ual"),
      )
      .option("--json", "print one JSON object a line");
    return async (options: Options): Promise<Exit> => {
      if ((options.raw === undefined) === (options.words === undefined)) {
        throw new UsageError("disasm", "there is no code to read", "give either --raw FILE or --words");
      }
      const lines = options.words
        ? words(await readLines("-", io), options, options.json ? jsonLine : textLine)
        : raw(await readBytes(options.raw ?? "-", io), options);
      for (const chunk of inChunks(lines)) {
        if (io.signal.aborted) return EXIT.interrupted;
        io.out(chunk);
      }
      return EXIT.good;
    };
  },
};

type Print = (insn: Decoded) => string;

/** Decodes from the first byte to the last, each instruction where the one before ended; IT blocks are followed. */
function* raw(code: Uint8Array, options: Options): Generator<string> {
  const rest = yield* options.json ? objects(code, options) : listing(code, options);
  if (rest > 0) {
    throw new UsageError(
      "disasm",
      `the last ${rest} bytes are only part of an instruction`,
      `${options.isa === "a32" ? "A32 code is words" : "T32 code is halfwords"}; give whole ones`,
    );
  }
}

/** A JSON object an instruction; returns how many bytes at the end are only part of one. */
function* objects(code: Uint8Array, { isa, base, syntax }: Options): Generator<string, number> {
  let it: ItState = noIt;
  let offset = 0;
  for (let insn = decode(isa, code, offset, base, { it }); insn !== undefined; ) {
    yield jsonLine(decoded(insn, syntax));
    offset += insn.size;
    it = nextIt(it, insn);
    insn = decode(isa, code, offset, base + offset, { it });
  }
  return code.length - offset;
}

/** Decodes each line by itself, at the base address: exactly one line comes back for each. */
function* words(lines: readonly string[], options: Options, print: Print): Generator<string> {
  for (const line of lines) {
    const digits = /^(?:0x)?([0-9a-f]{1,8})$/i.exec(line.trim())?.[1];
    yield digits === undefined
      ? `error: "${line.trim()}" is not up to eight hex digits\n`
      : print(decodeWord(Number.parseInt(digits, 16), options));
  }
}

/** What one line prints of an instruction. */
type Decoded = Pick<Insn, "address" | "size" | "status" | "mnemonic"> & {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly class: string | null;
};

const decoded = (insn: Insn, syntax: Profile): Decoded => {
  const { address, size, status, mnemonic } = insn;
  return {
    address,
    size,
    status,
    mnemonic,
    bytes: bytesOf(insn),
    text: format(insn, syntax),
    class: cmodxClass(insn).whole,
  };
};

function decodeWord(word: number, { isa, base, syntax }: Options): Decoded {
  if (isa === "a32") return decoded(decodeA32(word, base), syntax);
  const wide = word > 0xffff;
  if (isWide(wide ? word >>> 16 : word) !== wide) return neither(word, base);
  return decoded(wide ? decodeT32(word >>> 16, word & 0xffff, base) : decodeT32(word, 0, base), syntax);
}

/** Words from 0xe800 to 0xe7ffffff are neither a 16-bit nor a 32-bit encoding: half of one, or two instructions. */
function neither(word: number, address: number): Decoded {
  const text = `.inst.w 0x${word.toString(16).padStart(8, "0")}`;
  const bytes = wordBytes("t32", word, 4);
  return { address, size: 4, status: "unallocated", mnemonic: "", bytes, text, class: null };
}

function jsonLine({ bytes, text, class: kind, address: at, size, status, mnemonic }: Decoded): string {
  const line = {
    address: at,
    bytes: hexBytes(bytes),
    size,
    status,
    mnemonic,
    operands: operandsOf(text),
    text,
    class: kind,
  };
  return `${JSON.stringify(line)}\n`;
}

function textLine({ address: at, bytes, text, status }: Decoded): string {
  const note = status === "ok" ? "" : `\t; ${status}`;
  return `${at.toString(16)}:\t${hexBytes(bytes)}\t${text.split(BEHIND_MNEMONIC, 1)[0]}\t${operandsOf(text)}${note}\n`;
}

/** Objdump and llvm-mc put a tab there, the manual a space. */
const BEHIND_MNEMONIC = /[ \t]/;

/** Everything behind the mnemonic and its suffixes. */
function operandsOf(text: string): string {
  const at = text.search(BEHIND_MNEMONIC);
  return at < 0 ? "" : text.slice(at + 1);
}

const CHUNK_CHARS = 1 << 16;

/** Few large writes instead of many small ones. What comes before an error is printed before it is told. */
function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = "";
  try {
    for (const line of lines) {
      chunk += line;
      if (chunk.length < CHUNK_CHARS) continue;
      yield chunk;
      chunk = "";
    }
  } catch (error) {
    yield chunk;
    throw error;
  }
  if (chunk !== "") yield chunk;
}
