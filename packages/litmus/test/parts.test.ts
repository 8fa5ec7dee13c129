import { type LitmusResult, runLitmus, runLitmusInParts } from "@cmodx/litmus";
import { type MachineAnswer, type MachineAsk, type Message, messageIdentity } from "@cmodx/machine";
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

/** All pairs of these messages, each with none like it before, as parts tell each other of them. */
function pairs(messages: readonly Message[]): MachineAsk["asked"]["learn"] {
  const words = messages.flatMap((_, i) => messages.slice(0, i).flatMap((_, j) => [j, 0, i, 0]));
  return { messages, words: Int32Array.from(words) };
}

// Nobody reads the first store after the other: their order is left out, one of the two.
const stores =
  "ARM stores\n{ %a=a; %b=b; 0:R0=1; 1:R0=1; }\nP0|P1;\nSTR R0,[%a]|STR R0,[%b];\nLDR R1,[%b]|;\nLDR R2,[%a]|;\nexists (a=0)\n";

/** Runs it in parts; shows each ask and its answer before they are passed on, to be changed. */
async function watched(
  parts: number,
  pass: (part: number, asked: MachineAsk, ask: (asked: MachineAsk) => Promise<MachineAnswer>) => Promise<MachineAnswer>,
): Promise<void> {
  const workers = partsOf(read(stores), parts).map(({ ask }, i) => ({
    ask: (asked: MachineAsk) => pass(i, asked, ask),
  }));
  const parted = await runLitmusInParts(read(stores), { alone: 1, sequences: 1 }, () => workers);
  expect(told(parted)).toEqual(told(runLitmus(read(stores))));
}

test("what a part has learnt, the others are told", async () => {
  let order: readonly Message[] = [];
  const heard = new Set<string>();
  await watched(2, async (part, asked, ask) => {
    const first = asked.asked.begin;
    if (first !== undefined) order = first.order;
    if (part === 1) for (const message of asked.asked.learn.messages) heard.add(messageIdentity(message));
    const said = await ask(asked);
    if (part === 1 || first === undefined || !("answer" in said)) return said;
    return { answer: { ...said.answer, learnt: pairs(order) } };
  });
  expect(order.length).toBeGreaterThan(1);
  expect(heard).toEqual(new Set(order.map(messageIdentity)));
});

test("a part that is told of a pair asks again about what it left out for not knowing it", async () => {
  let order: readonly Message[] = [];
  const again: number[] = [];
  await watched(1, async (_, asked, ask) => {
    order = asked.asked.begin?.order ?? order;
    if (asked.asked.finish) {
      const work = { ...asked.asked, finish: false, sequences: 100, milliseconds: 1e6 };
      for (const learn of [asked.asked.learn, pairs(order)]) {
        const more = await ask({ ...asked, asked: { ...work, learn } });
        if ("answer" in more) again.push(more.answer.did.memories);
      }
    }
    return ask(asked);
  });
  expect(again).toEqual([0, 1]);
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
