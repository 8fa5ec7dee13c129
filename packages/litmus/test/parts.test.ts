import { type LitmusResult, runLitmus, runLitmusInParts } from "@cmodx/litmus";
import { type MachineAsk, messageIdentity } from "@cmodx/machine";
import { expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";
import { cycleTest } from "../axiomatic/cycles.js";
import { randomTest } from "../axiomatic/random.js";
import { type Division, inParts, partsOf } from "./in-parts.js";
import { ownTests, read } from "./own-tests.js";

// A search in parts finds what a search in one piece finds: final states, their counts, verdict and witness.

const divisions: readonly Division[] = [
  { parts: 2, alone: 1, sequences: 5 },
  { parts: 3, alone: 4, sequences: 1 },
];
const seeds = Number(globalThis.process?.env["CMODX_SEEDS"] ?? 40);

function told({ seconds, ...result }: LitmusResult): unknown {
  return result;
}

/** Cores that store to places of their own, and two alike that read what the others have stored. */
function readers(stores: number, twins: boolean): string {
  const writer = (name: string): string[] => Array.from({ length: stores }, (_, i) => `STR R0,[%${name}${i}]`);
  const reader = ["LDR R1,[%a0]", "DMB", "LDR R2,[%b0]", "STR R0,[%c0]"];
  const cores = [writer("a"), writer("b"), reader, twins ? reader : [...reader].reverse()];
  const rows = Array.from({ length: Math.max(stores, 4) }, (_, row) => cores.map((code) => code[row] ?? "").join("|"));
  const places = ["a", "b"].flatMap((name) => Array.from({ length: stores }, (_, i) => `%${name}${i}=${name}${i};`));
  const initial = `${places.join(" ")} %c0=c0; ${cores.map((_, core) => `${core}:R0=1;`).join(" ")}`;
  const code = ["P0|P1|P2|P3", ...rows].map((row) => `${row};\n`).join("");
  return `ARM readers\n{ ${initial} }\n${code}exists (2:R1=1 /\\ 2:R2=0 /\\ 3:R2=1 /\\ 3:R1=0)\n`;
}

const texts = {
  "the project's own tests": ownTests.map(({ text }) => text),
  "random cycles": Array.from({ length: seeds }, (_, i) => cycleTest(randomBelow(i + 1))),
  "random tests with code": Array.from({ length: seeds }, (_, i) => randomTest(randomBelow(i + 1))),
  "twins, and cores that are none": [readers(1, true), readers(1, false), readers(2, true), readers(2, false)],
};

test.each(Object.entries(texts))(
  "dividing the work changes nothing in %s",
  async (_, all) => {
    let states = 0;
    for (const text of all) {
      const one = runLitmus(read(text), { witness: true });
      if (one.error?.startsWith("outside the dialect")) continue;
      for (const division of divisions) {
        const parted = await inParts(read(text), division, { witness: true });
        expect(told(parted), `${JSON.stringify(division)}\n${text}`).toEqual(told(one));
      }
      states += one.states;
    }
    expect(states).toBeGreaterThan(10);
  },
  120_000,
);

test("in the end every part knows all pairs of messages that any of them saw compared", async () => {
  let known = 0;
  // Of twins, pairs count as known under other names: here are none.
  for (const text of [readers(1, false), readers(2, false)]) {
    const all = new Set<string>();
    const learnt = [new Set<string>(), new Set<string>(), new Set<string>()];
    const note = ({ messages, words }: MachineAsk["asked"]["learn"], into: readonly Set<string>[]): void => {
      const named = (at: number): string => `${messageIdentity(messages[words[at]!]!)} ${words[at + 1]}`;
      for (let at = 0; at < words.length; at += 4) {
        for (const set of into) set.add([named(at), named(at + 2)].sort().join(" and "));
      }
    };
    const workers = partsOf(read(text), 3).map(({ ask }, i) => ({
      async ask(said: MachineAsk) {
        note(said.asked.learn, [learnt[i]!, all]);
        const answer = await ask(said);
        if ("answer" in answer) note(answer.answer.learnt, [learnt[i]!, all]);
        return answer;
      },
    }));
    await runLitmusInParts(read(text), { alone: 1, sequences: 3 }, () => workers);
    for (const own of learnt) expect(own).toEqual(all);
    known += all.size;
  }
  expect(known).toBeGreaterThan(4);
});

test("a limit that parts meet together, or one alone, is a limit of the search", async () => {
  const lines = Array.from({ length: 3 }, (_, i) => `STR R0,[%a${i}] | STR R0,[%b${i}];`);
  const places = [0, 1, 2].map((i) => `%a${i}=a${i}; %b${i}=b${i};`).join(" ");
  const ends = "DMB | DMB;\nLDR R1,[%b0] | LDR R1,[%a0];\nLDR R2,[%b1] | LDR R2,[%a1];";
  const text = `ARM many\n{ ${places} 0:R0=1; 1:R0=1; }\nP0|P1;\n${lines.join("\n")}\n${ends}\nexists (0:R1=2)\n`;
  const division = { parts: 2, alone: 10, sequences: 20 };
  expect((await inParts(read(text), division)).verdict).toBe("Forbidden");
  for (const limits of [{ memories: 100 }, { steps: 1000 }, { messages: 4 }, { seconds: 0 }, { states: 5 }]) {
    const { verdict, complete, error } = await inParts(read(text), division, { limits });
    expect([verdict, complete]).toEqual(["unknown", false]);
    expect(error).toContain(`limit met: ${Object.keys(limits)[0]} `);
  }
  const signal = { aborted: false };
  let answers = 0;
  const cancelled = await inParts(read(text), division, { signal }, (said) => {
    signal.aborted = ++answers > 4;
    return said;
  });
  expect(cancelled.error).toContain("limit met: cancelled");
});

test("a part that fails fails the search", async () => {
  const fail = { ask: () => Promise.reject(new Error("the worker is gone")) };
  const search = runLitmusInParts(read(readers(1, false)), { alone: 1 }, () => [
    fail,
    ...partsOf(read(readers(1, false)), 1),
  ]);
  await expect(search).rejects.toThrow("the worker is gone");
});
