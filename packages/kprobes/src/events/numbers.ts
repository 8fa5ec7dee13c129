/**
 * An unsigned number as the kernel reads one: `0x…`, `0…` in octal, or decimal, and one plus sign before it; undefined when it
 * is none, or larger than `max`. @see linux lib/kstrtox.c
 */
export function unsignedNumber(text: string, max = 0xffffffff): number | undefined {
  const digits = /^\+?(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))$/i.exec(text);
  if (digits === null) return undefined;
  const [, hex, octal, decimal] = digits;
  const value =
    hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal ?? decimal!, octal === undefined ? 10 : 8);
  return value <= max ? value : undefined;
}

/** A signed number of 32 bits, the same way. */
export function signedNumber(text: string): number | undefined {
  if (!text.startsWith("-")) return unsignedNumber(text, 0x7fffffff);
  const value = unsignedNumber(text.slice(1), 0x80000000);
  return value === undefined ? undefined : 0 - value;
}

/** The number that a text begins with, and how many characters it takes; the value is 0 where there is none. */
export function leadingNumber(text: string): { readonly value: number; readonly length: number } {
  const digits = /^(?:0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)/i.exec(text)?.[0] ?? "";
  return { value: unsignedNumber(digits, Number.MAX_SAFE_INTEGER) ?? 0, length: digits.length };
}
