import type { Messages } from "./messages.js";
import { MessageTable } from "./packet.js";
import type { ThreadResult } from "./thread-graph.js";
import type { PortableModel } from "./thread-model.js";

/** What a thread was seen to do against the part of a sequence that it notices. */
export interface ThreadRun {
  readonly thread: number;
  readonly part: readonly number[];
  readonly result: ThreadResult;
}

/** Runs in a form to be sent: what one search found out, others need not. */
export interface SentRuns<Message> {
  readonly messages: readonly Message[];
  /** A run behind the other: the thread, then four lists, each behind its length: part, candidates, compared, outcomes. */
  readonly words: Int32Array;
  readonly outcomes: readonly unknown[];
  /** By run, what was raced for. */
  readonly races: readonly (readonly { readonly key: unknown; readonly values: readonly number[] }[] | undefined)[];
}

export function packRuns<Message>(
  messages: Messages<Message>,
  runs: readonly ThreadRun[],
  model: PortableModel<unknown, Message>,
): SentRuns<Message> {
  const table = new MessageTable(messages);
  const outcomes = new Map<string, number>();
  const words: number[] = [];
  const list = (numbers: readonly number[]): void => {
    words.push(numbers.length);
    for (const number of numbers) words.push(number);
  };
  for (const { thread, part, result } of runs) {
    words.push(thread);
    list(part.map((number) => table.place(number)));
    list(result.candidates.map((number) => table.place(number)));
    list(result.compared);
    list(
      result.outcomes.map((outcome) => {
        const place = outcomes.get(outcome) ?? outcomes.size;
        outcomes.set(outcome, place);
        return place;
      }),
    );
  }
  return {
    ...table.packet(words),
    outcomes: [...outcomes.keys()].map((outcome) => model.sent(outcome)),
    races: runs.map(({ result: { races } }) =>
      races.length === 0 ? undefined : races.map(({ key, values }) => ({ key: model.sentKey(key), values })),
    ),
  };
}

export function unpackRuns<Message>(
  messages: Messages<Message>,
  sent: SentRuns<Message>,
  model: PortableModel<unknown, Message>,
): ThreadRun[] {
  const numbers = sent.messages.map((message) => messages.number(message));
  const outcomes = sent.outcomes.map((outcome) => model.received(outcome));
  const { words } = sent;
  let at = 0;
  const list = (): number[] => {
    const start = at + 1;
    at = start + words[at]!;
    return Array.from(words.subarray(start, at));
  };
  return sent.races.map((races): ThreadRun => {
    const thread = words[at++]!;
    const part = list().map((place) => numbers[place]!);
    const candidates = list().map((place) => numbers[place]!);
    const compared = list();
    const result = {
      candidates,
      compared,
      outcomes: list().map((place) => outcomes[place]!),
      races: (races ?? []).map(({ key, values }) => ({ key: model.receivedKey(key), values })),
      states: 0,
      steps: 0,
    };
    return { thread, part, result };
  });
}
