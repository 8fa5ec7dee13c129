import { assemble } from "@cmodx/codec";
import { memorySource, openElf } from "@cmodx/elf";
import { blacklistText, imageText, Kprobes, Probe } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { linked } from "./elf.js";

const start = 0x80100000;

test("what an image forbids: its table, the runs of text that are listed, and those that are not", () => {
  const made = assemble("nop\n".repeat(32), { isa: "a32", address: start });
  if (!made.ok) throw new Error("no code");
  const at = (index: number) => start + 4 * index;
  const file = linked(
    start,
    made.code,
    [at(4)],
    [
      ["_stext", start, 0, "none"],
      ["$a", start, 0, "none"],
      ["free", at(0), 16, "function"],
      ["listed", at(4), 8, "function"],
      ["__noinstr_text_start", at(6), 0, "none"],
      ["quiet", at(6), 8, "function"],
      ["$d", at(7), 0, "none"],
      ["label", at(8), 0, "none"],
      ["__noinstr_text_end", at(10), 0, "none"],
      ["__entry_text_start", at(12), 0, "none"],
      ["vector", at(12), 16, "function"],
      ["__entry_text_end", at(14), 0, "none"],
    ],
  );
  const text = imageText(openElf(memorySource(file)));
  const kprobes = new Kprobes(text);
  expect(blacklistText(kprobes).split("\n")).toEqual([
    "0x80100010-0x80100018\tlisted",
    "0x80100018-0x80100020\tquiet",
    "0x80100020-0x80100028\tlabel",
    "",
  ]);
  const refused = Array.from({ length: 16 }, (_, i) => kprobes.register(new Probe({ address: at(i) }))).map(
    (outcome, i) => (outcome.ok ? "" : `${i} ${outcome.check}`),
  );
  expect(refused.filter(Boolean)).toEqual([4, 5, 6, 7, 8, 9, 12, 13].map((index) => `${index} blacklist`));
  expect(text.memory.read(start, 4)).toEqual(Uint8Array.of(0xf8, 0x01, 0xf0, 0xe7));
  expect(
    openElf(memorySource(file)).read(
      { section: openElf(memorySource(file)).sectionsNamed(".text")[0]!, address: start },
      4,
    ),
  ).toEqual(Uint8Array.of(0x00, 0xf0, 0x20, 0xe3));
});
