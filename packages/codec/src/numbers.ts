/** The characters of numbers in the generated modules: a number below 64 is one of them, a larger one `!` and two. */
const digits = 64;
const zero = 35;

function pair(number: number): string {
  if (number < 0 || number >= digits * digits) throw new RangeError(`${number} has no two characters`);
  return String.fromCharCode(zero + Math.floor(number / digits), zero + (number % digits)).replaceAll("\\", "~");
}

function written(number: number): string {
  const two = pair(number);
  return number < digits ? two[1]! : `!${two}`;
}

/** Writes numbers as text, without a character that JSON escapes. */
export function textOf(numbers: readonly number[]): string {
  return numbers.map(written).join("");
}

/** Writes numbers as two characters each. */
export function pairsOf(numbers: readonly number[]): string {
  return numbers.map(pair).join("");
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return (code === 0x7e ? 0x5c : code) - zero;
}

/** The number at a place among pairs. */
export function pairAt(pairs: string, place: number): number {
  return digitAt(pairs, 2 * place) * digits + digitAt(pairs, 2 * place + 1);
}

/** Undoes `textOf`. */
export function numbersOf(text: string): number[] {
  const numbers: number[] = [];
  for (let at = 0; at < text.length; at++)
    numbers.push(text[at] === "!" ? digitAt(text, ++at) * digits + digitAt(text, ++at) : digitAt(text, at));
  return numbers;
}
