import { encodings, field } from "@cmodx/codec";
import { decide, differences, rules } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { randomWords } from "../../../test/random.js";
import { decodeWord } from "./words.js";

const matches = (pattern: string, id: string): boolean =>
  pattern.endsWith("*") ? id.startsWith(pattern.slice(0, -1)) : id === pattern;

const named = (rows: string, isa: string, size: number): string[] =>
  encodings
    .filter((row) => row.isa === isa && row.size === size && rows.split(" ").some((id) => matches(id, row.id)))
    .map(({ id }) => id);

test("every row of the codec's table has a line, and no row two", () => {
  const lines = new Map<string, number>();
  for (const { isa, size, rows } of rules)
    for (const id of named(rows, isa, size)) {
      const key = `${isa} ${size} ${id}`;
      lines.set(key, (lines.get(key) ?? 0) + 1);
    }
  const wrong = encodings.filter(({ isa, size, id }) => lines.get(`${isa} ${size} ${id}`) !== 1);
  expect(wrong.map(({ isa, size, id }) => `${isa} ${size} ${id}: ${lines.get(`${isa} ${size} ${id}`) ?? 0}`)).toEqual(
    [],
  );
});

const said = [
  ...rules,
  ...differences().flatMap((one) => (typeof one.words === "string" ? [{ ...one, rows: one.words }] : [])),
];

test("every id of a line is a row", () => {
  const dead = said.flatMap(({ isa, size, rows }) => rows.split(" ").filter((id) => named(id, isa, size).length === 0));
  expect(dead).toEqual([]);
});

test("what strict adds, the kernel rejects", () => {
  const added = differences().filter(({ linux, words }) => linux === "rejected" && typeof words === "string");
  expect(added.length).toBeGreaterThan(8);
  for (const { isa, size, words } of added)
    for (const id of named(words as string, isa, size)) {
      const [line] = rules.filter(
        (rule) => rule.isa === isa && rule.size === size && named(rule.rows, isa, size).includes(id),
      );
      expect([id, line?.action]).toEqual([id, "reject"]);
    }
});

test("the slot of what strict adds is the same instruction on the registers of its caller", () => {
  const next = randomWords(3);
  const standIns = new Map([
    [16, 2],
    [12, 0],
    [8, 1],
    [0, 3],
  ]);
  const added = differences().flatMap(({ isa, size, words, linux }) =>
    linux === "rejected" && typeof words === "string" && size === 4
      ? named(words, isa, size).map((id) => [isa, id] as const)
      : [],
  );
  let seen = 0;
  for (const [isa, id] of added) {
    const row = encodings.find((one) => one.isa === isa && one.id === id && one.size === 4)!;
    const { pattern } = row;
    for (let i = 0; i < 40; i++) {
      const fixed = pattern.mask | pattern.shouldMask;
      let word = ((next() & ~fixed) | pattern.value | pattern.shouldValue) >>> 0;
      if (row.hasCond) word = ((word & 0x0fffffff) | 0xe0000000) >>> 0;
      const insn = decodeWord(isa, word);
      const { slot, action } = decide(insn, "strict");
      if (slot === null || insn.encoding !== row) continue;
      seen++;
      const half = (at: number) => slot[at]! | (slot[at + 1]! << 8);
      const inSlot = decodeWord(isa, (isa === "a32" ? half(0) | (half(2) << 16) : (half(0) << 16) | half(2)) >>> 0);
      expect([id, action, inSlot.encoding?.id]).toEqual([id, "emulate", id]);
      for (const { name, shift, width } of pattern.fields.values()) {
        const isRegister = width === 4 && /^R/.test(name);
        expect([id, name, field(inSlot, name)]).toEqual([
          id,
          name,
          isRegister ? standIns.get(shift) : field(insn, name),
        ]);
      }
    }
  }
  expect(seen).toBeGreaterThan(300);
});
