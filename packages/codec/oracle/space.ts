import { type Columns, columns, type Isa, sweep } from "@cmodx/codec";

const blockBits = 20;
const blockWords = 1 << blockBits;

/** Where the blocks lie: A32 under AL and under 1111 (the other conditions decode as AL does), and all of 32-bit Thumb. */
const spaces = [
  { isa: "a32", from: 0xe0000000, blocks: 0x20000000 >>> blockBits },
  { isa: "t32", from: 0xe8000000, blocks: 0x18000000 >>> blockBits },
] as const;
const allBlocks = spaces.reduce((sum, { blocks }) => sum + blocks, 0);

/** Neighbouring 32-bit encodings, and what the sweep says of them. */
export interface Block {
  readonly isa: Isa;
  /** The first word. */
  readonly from: number;
  readonly count: number;
  readonly code: Uint8Array;
  readonly found: Columns;
}

/** Which part of the space to take. */
export interface Part {
  /** One block in so many is taken, from this one on. */
  readonly shard: number;
  readonly shards: number;
  /** When to stop before the end. */
  readonly minutes: number;
}

/** What was taken of the space. */
export interface Taken {
  readonly words: number;
  /** Every block of the space was. */
  readonly whole: boolean;
  /** The time was not enough for this part. */
  readonly cut: boolean;
}

/** Calls back with every block of a part of the space, and says now and then how far it is. */
export async function eachBlock(part: Part, call: (block: Block) => void | Promise<void>): Promise<Taken> {
  const start = performance.now();
  const code = new Uint8Array(4 * blockWords);
  const halves = new Uint16Array(code.buffer);
  const found = columns(blockWords);
  let words = 0;
  let said = start;
  for (let number = part.shard; number < allBlocks; number += part.shards) {
    const now = performance.now();
    if (now - start > part.minutes * 60_000) {
      console.log(`stopped after ${part.minutes} minutes at block ${number} of ${allBlocks}`);
      return { words, whole: false, cut: true };
    }
    if (now - said > 60_000) {
      said = now;
      console.error(`block ${number} of ${allBlocks}, ${((now - start) / 60_000).toFixed(0)} minutes`);
    }
    const inA32 = number < spaces[0].blocks;
    const { isa, from: first } = spaces[inA32 ? 0 : 1];
    const from = first + (inA32 ? number : number - spaces[0].blocks) * blockWords;
    for (let i = 0; i < blockWords; i++) {
      const word = from + i;
      halves[2 * i] = isa === "a32" ? word : word >>> 16;
      halves[2 * i + 1] = isa === "a32" ? word >>> 16 : word;
    }
    const count = sweep(isa, code, found);
    if (count !== blockWords) throw new Error(`the sweep left out words from ${from.toString(16)} on`);
    await call({ isa, from, count, code, found });
    words += count;
  }
  return { words, whole: part.shards === 1, cut: false };
}
