import type { ThreadModel } from "@cmodx/explore";
import { expect, test } from "vitest";
import { FinalOrder } from "../src/final-order.js";
import { Messages } from "../src/messages.js";
import { SequenceList, SequenceSet } from "../src/sequence-list.js";

const named = (names: string): Messages<string> => {
  const messages = new Messages<string>((message) => message);
  for (const name of ["z", "y"]) messages.number(name);
  messages.seal();
  for (const name of names) messages.number(name);
  return messages;
};

test("searches that meet messages at different times put them in the same order: the sealed ones first", () => {
  for (const names of ["abcd", "dcba", "bdac"]) {
    const messages = named(names);
    const numbers = [..."abcdyz"].map((name) => messages.number(name));
    const sorted = numbers.sort((a, b) => (messages.before(a, b) ? -1 : 1)).map((number) => messages.of(number));
    expect(sorted.join("")).toBe("zyabcd");
  }
});

test("of a sequence, what memory keeps in order is left in the end: its least form tells two apart only by that", () => {
  const messages = named("abc");
  const ordered = (one: string, other: string): boolean =>
    new Set([one, other]).size === 1 || one + other === "ab" || one + other === "ba";
  const final = new FinalOrder({ ordered } as unknown as ThreadModel<unknown, string>, messages);
  const of = (names: string): string =>
    final
      .of([...names].map((name) => messages.number(name)))
      .map((number) => messages.of(number))
      .join("");
  expect(["cab", "acb", "abc"].map(of)).toEqual(["abc", "abc", "abc"]);
  expect(["cba", "bca", "bac"].map(of)).toEqual(["bac", "bac", "bac"]);
  expect(of("caza")).toBe("zaac");
});

test("lists of numbers are kept as they are, however great the numbers", () => {
  const lists = [[], [0], [0, 0], [1, 2, 3], [0x7fff], [0x7fff, 0], [-1, 5], [65536 + 2, 3], [2, 3, 0], [2, 3]];
  const [list, set] = [new SequenceList(), new SequenceSet()];
  for (const one of lists) {
    list.push(one);
    expect(set.has(one)).toBe(false);
    expect(set.add(one)).toBe(true);
    expect(set.add(one)).toBe(false);
  }
  expect([...list]).toEqual(lists);
  for (const one of lists) expect(set.has(one)).toBe(true);
});
