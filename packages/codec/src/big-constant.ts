/** A number as written, of any length: decimal, `0x` or `0b`, with a sign; undefined when it is none. */
export function bigConstant(text: string): bigint | undefined {
  const match = /^\s*(-?)\s*(0x[0-9a-f]+|0b[01]+|[0-9]+)\s*$/i.exec(text);
  // More digits than any constant has are no number that fits.
  if (match === null || match[2]!.length > 70) return undefined;
  const magnitude = BigInt(match[2]!);
  return match[1] === "-" ? -magnitude : magnitude;
}
