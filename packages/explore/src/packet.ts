import type { Messages } from "./messages.js";
import { mostOccurrences } from "./occurrence.js";

/** Lists of numbers in which some mean messages, with the messages: it can be sent to a search that numbers them otherwise. */
export interface Packet<Message> {
  readonly messages: readonly Message[];
  readonly words: Int32Array;
}

/** Sequences of messages. */
export function packSequences<Message>(
  messages: Messages<Message>,
  sequences: readonly (readonly number[])[],
): Packet<Message> {
  const table = new MessageTable(messages);
  return table.packet(sequences.flatMap((one) => [one.length, ...one.map((number) => table.place(number))]));
}

export function unpackSequences<Message>(messages: Messages<Message>, packet: Packet<Message>): number[][] {
  const numbers = packet.messages.map((message) => messages.number(message));
  const { words } = packet;
  const sequences: number[][] = [];
  for (let at = 0; at < words.length; at += 1 + words[at]!) {
    sequences.push(Array.from(words.subarray(at + 1, at + 1 + words[at]!), (place) => numbers[place]!));
  }
  return sequences;
}

/** Occurrences of messages. */
export function packOccurrences<Message>(messages: Messages<Message>, occurrences: readonly number[]): Packet<Message> {
  const table = new MessageTable(messages);
  return table.packet(
    occurrences.flatMap((one) => [table.place(Math.floor(one / mostOccurrences)), one % mostOccurrences]),
  );
}

export function unpackOccurrences<Message>(messages: Messages<Message>, packet: Packet<Message>): number[] {
  const numbers = packet.messages.map((message) => messages.number(message));
  const { words } = packet;
  return Array.from(
    { length: words.length / 2 },
    (_, i) => numbers[words[2 * i]!]! * mostOccurrences + words[2 * i + 1]!,
  );
}

/** Gives messages places in a list that is sent with them. */
export class MessageTable<Message> {
  readonly #messages: Messages<Message>;
  readonly #places = new Map<number, number>();

  constructor(messages: Messages<Message>) {
    this.#messages = messages;
  }

  place(number: number): number {
    const place = this.#places.get(number) ?? this.#places.size;
    this.#places.set(number, place);
    return place;
  }

  packet(words: readonly number[]): Packet<Message> {
    return {
      messages: [...this.#places.keys()].map((number) => this.#messages.of(number)),
      words: Int32Array.from(words),
    };
  }
}
