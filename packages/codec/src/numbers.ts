/** The characters of numbers in the generated modules: a number below 64 is one of them, a larger one `!` and two. */
const digits = 64;
const zero = 35;

function written(number: number): string {
  if (number < 0 || number >= digits * digits) throw new RangeError(`${number} has no two characters`);
  const high = Math.floor(number / digits);
  const low = String.fromCharCode(zero + (number % digits));
  return high === 0 ? low : `!${String.fromCharCode(zero + high)}${low}`;
}

/** Writes numbers as text, without a character that JSON escapes. */
export function textOf(numbers: readonly number[]): string {
  return numbers.map(written).join("").replaceAll("\\", "~");
}

/** Undoes it. */
export function numbersOf(text: string): number[] {
  const numbers: number[] = [];
  const digit = (at: number): number => {
    const code = text.charCodeAt(at);
    return (code === 0x7e ? 0x5c : code) - zero;
  };
  for (let at = 0; at < text.length; at++)
    numbers.push(text[at] === "!" ? digit(++at) * digits + digit(++at) : digit(at));
  return numbers;
}

/** Undoes runs: a number of times, and what, in turn. Each value has the bits `besides`, too. */
export function expand(runs: string, length: number, besides = 0): Uint16Array {
  const values = new Uint16Array(length);
  const numbers = numbersOf(runs);
  let at = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    values.fill(numbers[i + 1]! | besides, at, at + numbers[i]!);
    at += numbers[i]!;
  }
  return values;
}
