import type { Window } from "./guest-memory.js";

/** Code that was compiled: that of a block. */
export interface Part {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** 0 for bytes that may change without the part being another: those of declared sites. */
  readonly fixed: Uint8Array;
  /** Is it another function's? */
  readonly inlined: boolean;
}

/** A line's words that units have code in: which, what those units were all made from, and the bits of them that may not change. */
interface Made {
  readonly at: readonly number[];
  readonly words: readonly number[];
  readonly fixed: readonly number[];
}

/** What was compiled as one function. */
export interface Unit {
  readonly key: number;
  readonly code: readonly Part[];
  /** Where its accesses may be without being looked at one by one. */
  readonly windows: readonly Window[];
}

/** The compiled units by the lines that they have code in. */
export class CodeMap {
  readonly lineBytes: number;
  readonly #units = new Map<number, Set<Unit>>();
  /** Worked out when it is asked for; absent where two units were made from different code. */
  readonly #made = new Map<number, Made>();

  constructor(lineBytes: number) {
    this.lineBytes = lineBytes;
  }

  /** The lines it has code in. */
  add(unit: Unit): Iterable<number> {
    const lines = this.#linesOf(unit);
    for (const line of lines) {
      this.#made.delete(line);
      const others = this.#units.get(line);
      if (others === undefined) this.#units.set(line, new Set([unit]));
      else others.add(unit);
    }
    return lines;
  }

  remove(unit: Unit): void {
    for (const line of this.#linesOf(unit)) {
      this.#made.delete(line);
      const others = this.#units.get(line)!;
      others.delete(unit);
      if (others.size === 0) this.#units.delete(line);
    }
  }

  inLine(line: number): ReadonlySet<Unit> | undefined {
    return this.#units.get(line);
  }

  /** Does a line, whose words are at a place in `words`, hold what all of its units were made from? */
  isMadeOf(line: number, words: Int32Array, at: number): boolean {
    let made = this.#made.get(line);
    if (made === undefined) {
      if (!this.#units.has(line)) return true;
      made = this.#makeOf(line);
      if (made === undefined) return false;
      this.#made.set(line, made);
    }
    for (let i = 0; i < made.at.length; i++)
      if (((made.words[i]! ^ words[at + made.at[i]!]!) & made.fixed[i]!) !== 0) return false;
    return true;
  }

  #makeOf(line: number): Made | undefined {
    const start = line * this.lineBytes;
    const [bytes, mask] = [new Uint8Array(this.lineBytes), new Uint8Array(this.lineBytes)];
    for (const { code } of this.#units.get(line)!) {
      for (const part of code) {
        const last = Math.min(part.address + part.bytes.length, start + this.lineBytes);
        for (let at = Math.max(part.address, start); at < last; at++) {
          if (part.fixed[at - part.address] === 0) continue;
          const byte = part.bytes[at - part.address]!;
          if (mask[at - start] !== 0 && bytes[at - start] !== byte) return undefined;
          bytes[at - start] = byte;
          mask[at - start] = 0xff;
        }
      }
    }
    const [words, fixed] = [new Int32Array(bytes.buffer), new Int32Array(mask.buffer)];
    const at = [...fixed.keys()].filter((i) => fixed[i] !== 0);
    return { at, words: at.map((i) => words[i]!), fixed: at.map((i) => fixed[i]!) };
  }

  /** Is the byte at an address one of a unit's own function? */
  owns(address: number): boolean {
    for (const { code } of this.#units.get(Math.floor(address / this.lineBytes)) ?? [])
      for (const part of code)
        if (!part.inlined && part.address <= address && address < part.address + part.bytes.length) return true;
    return false;
  }

  /** Units with code in a range. */
  within(address: number, size: number): Unit[] {
    const units = new Set<Unit>();
    const last = Math.floor((address + size - 1) / this.lineBytes);
    for (let line = Math.floor(address / this.lineBytes); line <= last; line++)
      for (const unit of this.#units.get(line) ?? []) units.add(unit);
    return [...units].filter(({ code }) =>
      code.some((part) => part.address < address + size && address < part.address + part.bytes.length),
    );
  }

  #linesOf({ code }: Unit): Set<number> {
    const lines = new Set<number>();
    for (const { address, bytes } of code) {
      const last = Math.floor((address + bytes.length - 1) / this.lineBytes);
      for (let line = Math.floor(address / this.lineBytes); line <= last; line++) lines.add(line);
    }
    return lines;
  }
}

/** Does memory from `start` on hold what the unit was made of, as far as it reaches? */
export function isMadeOf({ code }: Unit, start: number, memory: Uint8Array): boolean {
  return code.every(({ address, bytes, fixed }) => {
    const last = Math.min(address + bytes.length, start + memory.length);
    for (let at = Math.max(address, start); at < last; at++)
      if (fixed[at - address] === 1 && bytes[at - address] !== memory[at - start]) return false;
    return true;
  });
}
