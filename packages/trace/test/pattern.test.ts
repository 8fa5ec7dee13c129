import { globMatches, matches, parsePattern } from "@cmodx/trace";
import { describe, expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";

describe("a filter's word", () => {
  test.each([
    ["schedule", "full", "schedule"],
    ["sched*", "front", "sched"],
    ["*sched", "end", "sched"],
    ["*sched*", "middle", "sched"],
    ["sch*ule", "glob", "sch*ule"],
    ["*sch*ule", "glob", "*sch*ule"],
    ["sch?dule", "glob", "sch?dule"],
    ["sch[e]dule*", "glob", "sch[e]dule*"],
    ["*", "end", ""],
    ["12", "index", "12"],
  ])("%s is %s", (word, kind, search) => {
    expect(parsePattern(word)).toEqual({ kind, negated: false, search });
    expect(parsePattern(`!${word}`)).toEqual({ kind, negated: true, search });
  });

  // The patterns of the kernel's func-filter-glob test, each against the expression that the test compares it with.
  const names = [
    "schedule",
    "_schedule",
    "schedule_timeout",
    "aa",
    "sched_clock",
    "__sched_text",
    "do_exit",
    "clock_nanosleep",
    "a",
  ];
  test.each([
    ["*schedule*", /^.*schedule.*$/],
    ["schedule*", /^schedule.*$/],
    ["*schedule", /^.*schedule$/],
    ["schedule", /^schedule$/],
    ["*clock*sleep", /^.*clock.*sleep$/],
    ["sch*d*t*", /^sch.*d.*t.*$/],
    ["s[ch]chedul?", /^s[ch]chedul.$/],
    ["*_[st]*", /^.*_[st].*$/],
    ["*", /^.*$/],
  ])("%s chooses what %s does", (word, expression) => {
    const pattern = parsePattern(word);
    expect(names.filter((name) => matches(pattern, name))).toEqual(names.filter((name) => expression.test(name)));
  });
});

describe("the shell glob", () => {
  test.each([
    ["a[!b]c", "axc", true],
    ["a[!b]c", "abc", false],
    ["a[]]c", "a]c", true],
    ["a[b-d]e", "ace", true],
    ["a[b-d]e", "aee", false],
    ["a[b", "a[b", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["", "", true],
    ["*", "", true],
    ["?", "", false],
    ["a*b*c", "a1b2b3c", true],
    ["a*b*c", "a1b2b3d", false],
  ])("%s on %s", (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  test("agrees with a regular expression on random patterns", () => {
    const next = randomBelow(5);
    const pick = (chars: string, most: number) =>
      Array.from({ length: next(most + 1) }, () => chars[next(chars.length)]).join("");
    for (let i = 0; i < 20_000; i++) {
      const [pattern, text] = [pick("ab*?", 6), pick("ab", 7)];
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      expect([pattern, text, globMatches(pattern, text)]).toEqual([pattern, text, expression.test(text)]);
    }
  });

  test("takes time that grows with the text, not with the stars", () => {
    expect(globMatches(`${"*a".repeat(200)}b`, "a".repeat(2000))).toBe(false);
  });
});
