import { InvalidArgumentError } from "commander";

/** One of several parts that a list of work is dealt into. */
export interface Shard {
  /** From 1. */
  readonly part: number;
  readonly of: number;
}

/** `2/8`: the second of eight. For commander's option parsing. */
export function shard(text: string): Shard {
  const [, part, of] = /^([1-9][0-9]{0,5})\/([1-9][0-9]{0,5})$/.exec(text) ?? [];
  if (part !== undefined && Number(part) <= Number(of)) return { part: Number(part), of: Number(of) };
  throw new InvalidArgumentError("Use i/n, such as 2/8 for the second of eight parts.");
}

/** What falls to a part: every nth, so that parts of a sorted list cost about the same. */
export function shareOf<Item>(items: readonly Item[], shard: Shard | undefined): readonly Item[] {
  return shard === undefined ? items : items.filter((_, i) => i % shard.of === shard.part - 1);
}
