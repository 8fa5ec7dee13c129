import { differences, lifeDifferences } from "@cmodx/kprobes";
import { expect, test } from "vitest";

// The page is the list of differences in words: `npx vitest run packages/kprobes -u` writes it anew.

const set = (isa: string, size: number): string => (isa === "a32" ? "A32" : size === 2 ? "T16" : "T32");
const hex = (value: number, size: number): string => `\`${value.toString(16).padStart(2 * size, "0")}\``;
const list = differences();
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);

const page = [
  "# Kprobes: what the kernel says, and what is right",
  "",
  "`cmodx probe` and `@cmodx/kprobes` answer in two ways. `linux` is exactly what the ARM kernel answers, quirks included:",
  "`pnpm oracle kprobes` compiles the kernel's own decoder and compares the action, the slot, the stack and the registers on",
  "millions of random words, on all of T16, and on the 2,880 cases of the kernel's own tests. `strict` is what is right; here is",
  "where they differ. `cmodx probe` answers as `linux` unless `--compat strict` is given: the question is what that kernel would do.",
  "Its exit status is 1 when the one instruction it is asked about is rejected; a stream of them ends with 0.",
  "",
  "## UNPREDICTABLE instructions",
  "",
  "The kernel accepts many: it tests the register fields that its handlers need and nothing else. `strict` rejects every word",
  "that is UNPREDICTABLE, UNDEFINED or unallocated, and says which rule it breaks.",
  "",
  "## Words that the kernel reads otherwise",
  "",
  "A word belongs to a line when the word and the mask is the value. `strict` reads it as what it is.",
  "",
  ...table(
    ["set", "mask", "value", "what they are", "`linux`"],
    list.flatMap(({ isa, size, words, what, linux }) =>
      typeof words === "string" ? [] : [[set(isa, size), hex(words.mask, size), hex(words.value, size), what, linux]],
    ),
  ),
  "",
  "## Instructions that only `strict` takes",
  "",
  "They can be executed from a slot like those around them; the kernel's tables have no entry for them.",
  "",
  ...table(
    ["set", "rows", "`strict`"],
    list.flatMap(({ isa, size, words, linux, strict }) =>
      typeof words === "string" && linux === "rejected"
        ? [[set(isa, size), words.replace(/\*/g, "…").replace(/_[AT]\d/g, ""), strict]]
        : [],
    ),
  ),
  "",
  "## Accepted, and then a crash",
  "",
  ...list.flatMap(({ isa, size, words, linux }) =>
    linux.startsWith("accepted") ? [`- ${set(isa, size)} ${String(words).replace(/_[AT]\d/g, "")}: ${linux}.`] : [],
  ),
  "",
  "## The life of a probe",
  "",
  ...table(
    ["when", "`linux`", "`strict`"],
    lifeDifferences.map(({ what, linux, strict }) => [what, linux, strict]),
  ),
  "",
].join("\n");

test("the page says what the list of differences says", async () => {
  await expect(page).toMatchFileSnapshot("../../../docs/kprobes.md");
});
