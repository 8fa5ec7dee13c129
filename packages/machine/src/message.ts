/**
 * One entry of the message list M that all cores share: what a core has done to memory, or to caches for all to notice.
 * Positions in M, from 1, are the model's only timestamps; 0 is the initial memory.
 */
export type Message =
  | Store
  /** D: the line was cleaned to the point of unification (DCCMVAU). */
  | { readonly kind: "D"; readonly core: number; readonly line: number }
  /** I: instruction caches were invalidated for a line, or all (`line` is -1); a local one is noticed by its own core only. */
  | { readonly kind: "I"; readonly core: number; readonly line: number; readonly local: boolean }
  /** An inter-processor interrupt was raised for a core. */
  | { readonly kind: "IPI"; readonly core: number; readonly to: number };

/** W: a store of `size` bytes; `value` as a signed 32-bit integer. */
export interface Store {
  readonly kind: "W";
  readonly core: number;
  readonly address: number;
  readonly size: number;
  readonly value: number;
}

/**
 * The line number meaning every line.
 *
 * @example
 * ```ts
 * everyLine; // -1
 * ```
 */
export const everyLine = -1;

/**
 * A message as text: equal texts are equal messages.
 *
 * @param message - of a memory sequence
 *
 * @example
 * ```ts
 * messageIdentity({ kind: "W", core: 0, address: 0x100, size: 4, value: 1 }); // "W 0 256 4 1"
 * ```
 */
export function messageIdentity(message: Message): string {
  switch (message.kind) {
    case "W":
      return `W ${message.core} ${message.address} ${message.size} ${message.value}`;
    case "D":
      return `D ${message.core} ${message.line}`;
    case "I":
      return `I ${message.core} ${message.line} ${message.local}`;
    case "IPI":
      return `IPI ${message.core} ${message.to}`;
  }
}

/** The message with other names for the cores in it. */
export function renamedMessage(message: Message, names: readonly number[]): Message {
  const core = names[message.core]!;
  return message.kind === "IPI" ? { ...message, core, to: names[message.to]! } : { ...message, core };
}

/** Do the two byte ranges share a byte? */
export function overlaps(address: number, size: number, other: number, otherSize: number): boolean {
  return address < other + otherSize && other < address + size;
}

/** Messages of which this is the same differ in nothing but who wrote them; undefined where it matters who did. */
export function messageLikeness(message: Message): string | undefined {
  switch (message.kind) {
    case "W":
      return `W ${message.address} ${message.size} ${message.value}`;
    case "D":
      return `D ${message.line}`;
    case "I":
      return message.local ? undefined : `I ${message.line}`;
    case "IPI":
      return undefined;
  }
}

/** Do two stores write the same value to the same place? Memory does not keep their order. */
export function sameStore(one: Store, other: Store): boolean {
  return one.address === other.address && one.size === other.size && one.value === other.value;
}

/** The byte at `address` of a store that covers it. */
export function byteOf(write: { readonly address: number; readonly value: number }, address: number): number {
  return (write.value >>> (8 * (address - write.address))) & 0xff;
}
