import { encodings } from "@cmodx/codec";
import { differences, rules } from "@cmodx/kprobes";
import { expect, test } from "vitest";

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
