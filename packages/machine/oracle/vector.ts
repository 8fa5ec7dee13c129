import type { Outcome, Snippet, State } from "./snippet.js";

/** The numbers of a state in one order: R0 to R15, CPSR, FPSCR, the words of the extension registers. */
function numbersOf({ r, cpsr, fpscr, words }: State): number[] {
  return [...r, ...(r.length === 15 ? [0] : []), cpsr, fpscr, ...words];
}

function stateOf(numbers: readonly number[]): State {
  return { r: numbers.slice(0, 16), cpsr: numbers[16]!, fpscr: numbers[17]!, words: numbers.slice(18) };
}

const hex = (value: number): string => (value >>> 0).toString(16);

/** A snippet with the state it ends in, as one line: instruction set, code, seed of memory, state, what changed, signal, memory. */
export function vectorOf({ isa, bytes, seed, before }: Snippet, { after, signal, memory }: Outcome): string {
  const [first, last] = [numbersOf(before), numbersOf(after)];
  const changed = last.flatMap((value, i) => (value === (first[i]! | 0) ? [] : [`${i}=${hex(value)}`]));
  const code = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [isa, code, hex(seed), first.map(hex).join(","), changed.join(","), signal, hex(memory)].join(" ");
}

export function parseVector(line: string): { readonly snippet: Snippet; readonly outcome: Outcome } {
  const [isa, code, seed, before, changed, signal, memory] = line.split(" ");
  const parse = (text: string): number => Number.parseInt(text, 16) | 0;
  const first = before!.split(",").map(parse);
  const last = [...first];
  for (const change of changed === "" ? [] : changed!.split(",")) {
    const [at, value] = change.split("=");
    last[Number(at)] = parse(value!);
  }
  const bytes = Uint8Array.from(code!.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  const state = stateOf(first);
  return {
    snippet: { isa: isa as "a32" | "t32", bytes, seed: parse(seed!), before: { ...state, r: state.r.slice(0, 15) } },
    outcome: { after: stateOf(last), signal: Number(signal), memory: parse(memory!) },
  };
}
