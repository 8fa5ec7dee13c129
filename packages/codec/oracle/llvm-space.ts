import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeA32, decodeT32, encodings, formatEntryInto, type Isa } from "@cmodx/codec";
import { classOf, llvmClasses } from "./llvm-classes.js";
import { type Block, eachBlock, type Part } from "./space.js";
import { features } from "./tools.js";

const file = join(import.meta.dirname, "../../../vectors/llvm-space.txt");

/** How many words of a row differ from LLVM in one way, and the first of them. */
interface Difference {
  count: number;
  readonly example: string;
}

/** LLVM's disassembler as a process: words in, their texts out, in order. */
class Texts {
  readonly #child: ChildProcess;
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(program: string, isa: Isa) {
    this.#child = spawn(program, [isa, features], { stdio: ["pipe", "pipe", "inherit"] });
    this.#chunks = this.#child.stdout![Symbol.asyncIterator]();
  }

  ask(from: number, count: number): void {
    this.#child.stdin!.write(`${from} ${count}\n`);
  }

  /** Calls back with where the text of each word lies. */
  async each(count: number, call: (i: number, bytes: Buffer, from: number, length: number) => void): Promise<void> {
    for (let i = 0; i < count; ) {
      const chunk = this.#chunk;
      while (i < count && this.#at < chunk.length && this.#at + 1 + chunk[this.#at]! <= chunk.length) {
        call(i++, chunk, this.#at + 1, chunk[this.#at]!);
        this.#at += 1 + chunk[this.#at]!;
      }
      if (i === count) return;
      const { value, done } = await this.#chunks.next();
      if (done === true) throw new Error("LLVM's disassembler ended early");
      this.#chunk = this.#at < chunk.length ? Buffer.concat([chunk.subarray(this.#at), value]) : value;
      this.#at = 0;
    }
  }

  end(): void {
    this.#child.stdin!.end();
  }
}

/** Compiles the C program against Debian's llvm-19-dev. */
function compile(folder: string): string | undefined {
  const program = join(folder, "disassemble");
  const flag = (option: string): string =>
    spawnSync("llvm-config-19", [option], { encoding: "utf8" }).stdout?.trim() ?? "";
  const args = ["-O2", `-I${flag("--includedir")}`, join(import.meta.dirname, "disassemble.c"), "-o", program];
  const { status, stderr } = spawnSync("gcc", [...args, `-L${flag("--libdir")}`, "-lLLVM-19"], { encoding: "utf8" });
  if (status === 0) return program;
  console.error(`cmodx: oracle codec: gcc and llvm-19-dev are needed: ${stderr}`);
  return undefined;
}

/**
 * Holds every word of a part of the space against LLVM's C API: where it decodes a word without a mark, that must be our text
 * to the letter; where it does not, the word must not be ok. The rest is counted by row and held against the committed
 * numbers, and each count has to belong to a class that is explained. Returns how many did not.
 */
export async function compareSpace(part: Part, write: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-codec-"));
  const program = compile(folder);
  if (program === undefined) return 1;
  const found = new Map<string, Difference>();
  let agree = 0;
  const start = Date.now();
  const llvm = { a32: new Texts(program, "a32"), t32: new Texts(program, "t32") };
  const taken = await eachBlock(part, async (block) => {
    agree += await compare(block, llvm[block.isa], found);
  });
  llvm.a32.end();
  llvm.t32.end();
  rmSync(folder, { recursive: true });
  const seconds = ((Date.now() - start) / 1000).toFixed(0);
  console.log(
    `${taken.words} words against LLVM's C API in ${seconds} s: ${agree} agree to the letter or are rejected by both`,
  );
  return report(found, taken.whole, write);
}

const buffer = new Uint8Array(4096);

async function compare(block: Block, texts: Texts, found: Map<string, Difference>): Promise<number> {
  const { isa, from, count, found: into } = block;
  let agree = 0;
  texts.ask(from, count);
  await texts.each(count, (i, bytes, at, length) => {
    const status = into.status[i]!;
    if (length === 0) {
      if (status !== 0 || isUdf(into.row[i]!)) agree++;
      else note(found, `${isa} LLVM does not decode it`, into.row[i]!, into.word[i]!, "");
      return;
    }
    const end = formatEntryInto(buffer, 0, isa, into, i, 0, "llvm");
    let same = end === length;
    for (let k = 0; same && k < length; k++) same = buffer[k] === bytes[at + k];
    if (same && (status === 0 || isUdf(into.row[i]!))) agree++;
    else {
      const word = into.word[i]!;
      const kind = status === 0 ? "other text" : same ? stricter(isa, word) : `${stricter(isa, word)}, other text`;
      note(found, `${isa} ${kind}`, into.row[i]!, word, bytes.toString("latin1", at, at + length));
    }
  });
  return agree;
}

/** Why a word is not ok: should-be bits are a kind of their own, where nothing else is wrong. */
function stricter(isa: Isa, word: number): string {
  const insn = isa === "a32" ? decodeA32(word) : decodeT32(word >>> 16, word & 0xffff);
  if (insn.status !== "unpredictable") return insn.status;
  return insn.reasons.every(({ kind }) => kind === "should-be") ? "should-be bits" : "unpredictable";
}

const udf = new Uint8Array(encodings.length + 1);
for (const { index, id } of encodings) if (id.startsWith("UDF")) udf[index + 1] = 1;
const isUdf = (row: number): boolean => udf[row] === 1;

function note(found: Map<string, Difference>, kind: string, row: number, word: number, text: string): void {
  const key = `${kind}: ${row === 0 ? "no row" : encodings[row - 1]!.id}`;
  const known = found.get(key);
  if (known === undefined) found.set(key, { count: 1, example: `${word.toString(16)} ${text}`.trim() });
  else known.count++;
}

/** Says how many words each class has, and compares the rows' counts with the committed ones. */
function report(found: ReadonlyMap<string, Difference>, whole: boolean, write: boolean): number {
  const classes = new Map<string, number>();
  let failures = 0;
  for (const [key, { count, example }] of found) {
    const name = classOf(key);
    if (name === undefined) {
      failures++;
      console.log(`  FAIL ${key}: ${count}, e.g. ${example}`);
    } else classes.set(name, (classes.get(name) ?? 0) + count);
  }
  for (const [name, count] of [...classes].sort((a, b) => b[1] - a[1]))
    console.log(`  ${name}: ${count}; ${llvmClasses[name]!.why}`);
  const lines = [...found].map(([key, { count, example }]) => `${key}: ${count}, e.g. ${example}`).sort();
  const text = `# Words that differ from LLVM 19's, by row. Written by "pnpm oracle codec --exhaustive --llvm --vectors"; do not edit.\n${lines.join("\n")}\n`;
  if (whole && write) writeFileSync(file, text);
  if (!existsSync(file)) {
    console.log("there are no committed counts to compare with");
    return failures + 1;
  }
  const committed = readFileSync(file, "utf8");
  if (whole) {
    console.log(
      committed === text ? "the counts are the committed ones" : "FAIL: the counts are not the committed ones",
    );
    return failures + (committed === text ? 0 : 1);
  }
  // A part of the space has no more of anything than the whole.
  const budgets = new Map(
    [...committed.matchAll(/^([^#\n].*?: .*?): (\d+), e\.g\./gm)].map(([, key, n]) => [key!, Number(n)]),
  );
  for (const [key, { count }] of found) {
    if (count <= (budgets.get(key) ?? 0)) continue;
    failures++;
    console.log(`  FAIL ${key}: ${count} of a part, ${budgets.get(key) ?? 0} are committed for the whole`);
  }
  return failures;
}
