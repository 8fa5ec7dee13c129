import type { ThreadModel } from "@cmodx/explore";
import { expect, test } from "vitest";
import { Messages } from "../src/messages.js";
import { mostOccurrences } from "../src/occurrence.js";
import { Symmetry } from "../src/symmetry.js";

interface Named {
  readonly author: number;
  readonly what: string;
}

/** Threads 1, 2 and 3 are twins; messages get numbers in an order that has nothing to do with their authors. */
function symmetry(): { readonly of: Symmetry<Named>; number(author: number, what: string): number } {
  const messages = new Messages<Named>(({ author, what }) => `${author} ${what}`);
  const model = {
    threads: 4,
    twins: [{ threads: [1, 2, 3], interchangeable: true }],
    author: ({ author }: Named) => author,
    renamed: (message: Named, names: readonly number[]) => ({ ...message, author: names[message.author]! }),
  } as unknown as ThreadModel<unknown, Named>;
  for (const author of [3, 1, 0, 2]) for (const what of ["b", "a"]) messages.number({ author, what });
  const of = new Symmetry(model, messages, true);
  return { of, number: (author, what) => messages.number({ author, what }) };
}

/** Every way to give 1, 2 and 3 each other's names. */
const namings = [
  [0, 1, 2, 3],
  [0, 1, 3, 2],
  [0, 2, 1, 3],
  [0, 2, 3, 1],
  [0, 3, 1, 2],
  [0, 3, 2, 1],
];

test("two messages compared under some names are compared under all, and others are not", () => {
  const { of, number } = symmetry();
  const key = (one: readonly [number, string, number], other: readonly [number, string, number]): number =>
    of.pair(number(one[0], one[1]) * mostOccurrences + one[2], number(other[0], other[1]) * mostOccurrences + other[2]);
  const seen = new Set<number>();
  for (const [author, what, before] of [
    [1, "a", 0],
    [1, "b", 0],
    [2, "a", 0],
    [2, "a", 1],
    [2, "b", 0],
    [0, "a", 0],
  ] as const) {
    const keys = namings.map((names) => key([names[1]!, "a", 0], [names[author]!, what, before]));
    expect(new Set(keys).size).toBe(1);
    expect(new Set(namings.map((names) => key([names[author]!, what, before], [names[1]!, "a", 0])))).toEqual(
      new Set(keys),
    );
    seen.add(keys[0]!);
  }
  expect(seen.size).toBe(6);
});

test("of all images of a sequence one is least, and its beginnings are; the images are all there are", () => {
  const { of, number } = symmetry();
  const sequence: readonly (readonly [number, string])[] = [
    [0, "a"],
    [2, "b"],
    [1, "a"],
    [2, "a"],
  ];
  const images = namings.map((names) => sequence.map(([author, what]) => number(names[author]!, what)));
  const least = images.filter((image) => of.least(image));
  expect(least).toHaveLength(1);
  for (let length = 0; length <= sequence.length; length++) expect(of.least(least[0]!.slice(0, length))).toBe(true);
  const found = [...of.images(least[0]!, (thread) => thread)].map((names) => of.renamed(least[0]!, names).join());
  expect(found.sort()).toEqual(images.map((image) => image.join()).sort());
  // Where nobody can tell who wrote what in the end, any one does.
  expect([...of.images(least[0]!, () => "")]).toHaveLength(3);
});
