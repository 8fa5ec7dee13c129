import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Columns,
  columns,
  decodeA32,
  decodeT32,
  encode,
  encodings,
  fields,
  type Isa,
  statuses,
  sweep,
} from "@cmodx/codec";
import { type Block, eachBlock, type Part } from "./space.js";

const file = join(dirname(fileURLToPath(import.meta.url)), "../../../vectors/census.txt");

/**
 * Decodes the whole space, counts each status by group and compares with the committed numbers; and makes each word that is an
 * instruction from its fields again. Returns how many of the two failed.
 */
export async function census(part: Part, write: boolean): Promise<number> {
  const counts = new Map<string, number[]>();
  const start = Date.now();
  let made = 0;
  const lost: string[] = [];
  const taken = await eachBlock(part, (block) => {
    tally(`${block.isa}/4`, block.found, block.count, counts);
    made += remake(block, lost);
  });
  for (let word = 0; word < 0xe800; word++) {
    // Each halfword is decoded by itself: no IT block may reach from one to the next.
    const code = Uint8Array.of(word, word >> 8);
    const found = columns(1);
    sweep("t32", code, found);
    tally("t32/2", found, 1, counts);
    made += remake({ isa: "t32", from: word, count: 1, code, found }, lost);
  }
  const seconds = ((Date.now() - start) / 1000).toFixed(0);
  console.log(
    `encode(decode(w)) = w for ${made} of ${taken.words + 0xe800} words, the others are unallocated; ${seconds} s`,
  );
  for (const word of lost.slice(0, 20)) console.log(`  FAIL ${word}`);
  const broken = lost.length > 0 ? 1 : 0;
  if (!taken.whole) {
    console.log("the census is of the whole space: it was not compared");
    return broken;
  }
  const lines = [...counts]
    .map(([key, row]) => `${key}: ${row.map((n, i) => `${statuses[i]} ${n}`).join(", ")}`)
    .sort();
  const text = `# All words by group and status. Written by "pnpm oracle codec --exhaustive --vectors"; do not edit.\n${lines.join("\n")}\n`;
  console.log(`\n${text}`);
  if (write) writeFileSync(file, text);
  const same = existsSync(file) && readFileSync(file, "utf8") === text;
  console.log(same ? "the census is the committed one" : "FAIL: the census is not the committed one");
  return broken + (same ? 0 : 1);
}

const rowCounts = new Float64Array((encodings.length + 1) * 4);

function tally(space: string, found: Columns, count: number, counts: Map<string, number[]>): void {
  rowCounts.fill(0);
  for (let i = 0; i < count; i++) rowCounts[found.row[i]! * 4 + found.status[i]!]!++;
  for (let row = 0; row <= encodings.length; row++)
    for (let status = 0; status < 4; status++) {
      const n = rowCounts[row * 4 + status]!;
      if (n === 0) continue;
      const key = `${space} ${row === 0 ? "no row" : encodings[row - 1]!.group}`;
      const sums = counts.get(key) ?? [0, 0, 0, 0];
      sums[status]! += n;
      counts.set(key, sums);
    }
}

const decodeWord = (isa: Isa, word: number) =>
  isa === "a32" ? decodeA32(word) : decodeT32(word > 0xffff ? word >>> 16 : word, word & 0xffff);

/** Makes each word of a block from the fields of its decoding; returns how many have one. */
function remake({ isa, count, found }: Block, lost: string[]): number {
  let made = 0;
  for (let i = 0; i < count; i++) {
    if (found.row[i] === 0) continue;
    const word = found.word[i]!;
    const insn = decodeWord(isa, word);
    const { encoding } = insn;
    if (encoding === undefined || encode(encoding, fields(insn)).word !== word)
      lost.push(`${isa} ${word.toString(16)} ${encoding?.id}`);
    made++;
  }
  return made;
}
