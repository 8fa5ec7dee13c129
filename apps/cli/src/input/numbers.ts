import { InvalidArgumentError } from "commander";

/** An address: `0x…` or decimal, 0 to 0xffffffff. For commander's option parsing. */
export function address(text: string): number {
  const value = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value <= 0xffff_ffff) return value;
  throw new InvalidArgumentError("Use 0x… or decimal, at most 0xffffffff.");
}

/** A count from `least` up. For commander's option parsing. */
export function count(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Use a whole number from ${least} to ${most}.`);
  };
}
