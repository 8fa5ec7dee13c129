import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { columns, encodings, type Isa, statuses, sweep } from "@cmodx/codec";

const file = join(dirname(fileURLToPath(import.meta.url)), "../../../vectors/census.txt");
const chunk = 1 << 20;

/**
 * Decodes the whole space: A32 under AL and under 1111 (the other conditions decode as AL does), all of 32-bit Thumb, all of
 * T16; counts each status by group and compares with the committed numbers. Returns 1 when they differ.
 */
export function census(write: boolean): number {
  const counts = new Map<string, number[]>();
  const count = (isa: Isa, size: number, group: string, status: number, n: number): void => {
    const key = `${isa}/${size} ${group}`;
    const row = counts.get(key) ?? [0, 0, 0, 0];
    row[status]! += n;
    counts.set(key, row);
  };
  const start = Date.now();
  const words = wordsOf("a32", 0xe0000000, 0x20000000, count) + wordsOf("t32", 0xe8000000, 0x18000000, count);
  const halfwords = new Uint8Array(0xe800 * 2);
  for (let word = 0; word < 0xe800; word++) halfwords.set([word & 0xff, word >> 8], word * 2);
  tally("t32", halfwords, count, true);
  const lines = [...counts]
    .map(([key, row]) => `${key}: ${row.map((n, i) => `${statuses[i]} ${n}`).join(", ")}`)
    .sort();
  const text = `# All words by group and status. Written by "pnpm oracle codec --exhaustive --vectors"; do not edit.\n${lines.join("\n")}\n`;
  console.log(`\n${text}${words + 0xe800} words decoded in ${((Date.now() - start) / 1000).toFixed(0)} s`);
  if (write) writeFileSync(file, text);
  const same = existsSync(file) && readFileSync(file, "utf8") === text;
  console.log(same ? "the census is the committed one" : "FAIL: the census is not the committed one");
  return same ? 0 : 1;
}

type Count = (isa: Isa, size: number, group: string, status: number, n: number) => void;

function wordsOf(isa: Isa, from: number, total: number, count: Count): number {
  const code = new Uint8Array(chunk * 4);
  const halves = new Uint16Array(code.buffer);
  for (let done = 0; done < total; done += chunk) {
    for (let i = 0; i < chunk; i++) {
      const word = from + done + i;
      halves[2 * i] = isa === "a32" ? word : word >>> 16;
      halves[2 * i + 1] = isa === "a32" ? word >>> 16 : word;
    }
    tally(isa, code, count, false);
  }
  return total;
}

const into = columns(chunk);
const rowCounts = new Float64Array((encodings.length + 1) * 4);

function tally(isa: Isa, code: Uint8Array, count: Count, narrow: boolean): void {
  rowCounts.fill(0);
  // Each halfword is decoded by itself: no IT block may reach from one to the next.
  const parts = narrow ? Array.from({ length: code.length / 2 }, (_, i) => code.subarray(2 * i, 2 * i + 2)) : [code];
  for (const part of parts) {
    const n = sweep(isa, part, into);
    for (let i = 0; i < n; i++) rowCounts[into.row[i]! * 4 + into.status[i]!]!++;
  }
  for (let row = 0; row <= encodings.length; row++)
    for (let status = 0; status < 4; status++) {
      const n = rowCounts[row * 4 + status]!;
      if (n > 0) count(isa, narrow ? 2 : 4, row === 0 ? "no row" : encodings[row - 1]!.group, status, n);
    }
}
