import {
  type Condition,
  type Lowered,
  lowerLitmus,
  runLitmus,
  witnessDot,
  witnessGraph,
  witnessSvg,
} from "@cmodx/litmus";
import { expect, test } from "vitest";
import { ownTests, read } from "./own-tests.js";

const witnesses = ownTests
  .filter(({ expected }) => expected === "Allowed")
  .flatMap(({ name, text }) => {
    const { witness } = runLitmus(read(text), { witness: true });
    return witness === undefined ? [] : [{ name, text, witness }];
  });

/** The bytes of a number in hexadecimal, the least first. */
const bytesOf = (digits: string): number[] =>
  [...digits.matchAll(/../g)].map(([pair]) => Number.parseInt(pair, 16)).reverse();

/** Goes through a witness and knows no rule: where each value comes from, and what is left in the end. */
function follow(
  { scenario }: Lowered,
  steps: readonly { readonly core: number; readonly event: string; readonly detail: string }[],
) {
  const initial = new Map(
    scenario.memory.flatMap(({ address, bytes }) => [...bytes].map((byte, i) => [address + i, byte])),
  );
  const stores = new Map<number, { readonly address: number; readonly bytes: readonly number[] }>();
  for (const { event, detail } of steps) {
    const made = /^store 0x([0-9a-f]+) to (0x[0-9a-f]+) becomes message @(\d+)(?: \(through 0x[0-9a-f]+\))?$/.exec(
      detail,
    );
    if (event !== "store" || made === null) continue;
    expect(stores.has(Number(made[3])), detail).toBe(false);
    stores.set(Number(made[3]), { address: Number(made[2]), bytes: bytesOf(made[1]!) });
  }
  const last = Math.max(0, ...stores.keys());
  const stored = (t: number, address: number): number | undefined => {
    const store = stores.get(t);
    return store?.bytes[address - store.address];
  };
  const byte = (address: number, position: number): number => {
    for (let t = position; t > 0; t--) if (stored(t, address) !== undefined) return stored(t, address)!;
    return initial.get(address) ?? 0;
  };
  const registers = scenario.cores.map(
    ({ registers: own = {} }) => new Map(Object.entries(own).map(([n, value]) => [Number(n), value | 0])),
  );
  const own = scenario.cores.map(() => new Map<number, number>());
  let followed = 0;
  for (const { core, event, detail } of steps) {
    if (event === "early") continue;
    const made = /^store 0x([0-9a-f]+) to (0x[0-9a-f]+) becomes/.exec(detail);
    if (made !== null) for (const [i, value] of bytesOf(made[1]!).entries()) own[core]!.set(Number(made[2]) + i, value);
    const set = /^set r(\d+) to (0x[0-9a-f]+)$/.exec(detail);
    if (set !== null) registers[core]!.set(Number(set[1]), Number(set[2]) | 0);
    const taken =
      /^(?:load \d+ bytes at|fetch 0x([0-9a-f]+) from) (0x[0-9a-f]+)(?:: reads 0x([0-9a-f]+))? as of (?:initial memory|@(\d+))(, its own bytes early)?(?: \(through 0x[0-9a-f]+\))?$/.exec(
        detail,
      );
    if (taken === null) continue;
    followed++;
    const [, fetched, at, read, position = "0", early] = taken;
    for (const [i, value] of bytesOf(fetched ?? read!).entries()) {
      const address = Number(at) + i;
      // A fetch may take what was there at any time up to then; a load what is there, or was stored by its own core.
      const ways =
        fetched === undefined
          ? [early === undefined ? undefined : own[core]!.get(address), byte(address, Number(position))]
          : Array.from({ length: Number(position) + 1 }, (_, t) => byte(address, t));
      expect(ways, detail).toContain(value);
    }
  }
  return {
    followed,
    register: (core: number, n: number): number => registers[core]!.get(n) ?? 0,
    word: (address: number): number => [3, 2, 1, 0].reduce((sum, i) => (sum << 8) | byte(address + i, last), 0),
  };
}

test("a checker that knows no rule finds where each value of a witness comes from, and what was asked true in the end", () => {
  let followed = 0;
  for (const { name, text, witness } of witnesses) {
    const test = read(text);
    const lowered = lowerLitmus(test);
    const end = follow(lowered, witness);
    followed += end.followed;
    const holds = (one: Condition): boolean => {
      switch (one.kind) {
        case "constant":
          return one.value;
        case "equals": {
          const address = lowered.addressOf(one.left);
          const left =
            address === undefined && one.left.kind === "register"
              ? end.register(one.left.processor, lowered.register(one.left.processor, one.left.name))
              : end.word(address!);
          const right = lowered.compared(one.right);
          if (typeof right !== "number") throw new Error("no comparison of places is in these tests");
          return (left === (right | 0)) !== one.negated;
        }
        case "not":
          return !holds(one.of);
        case "and":
          return holds(one.left) && holds(one.right);
        case "or":
          return holds(one.left) || holds(one.right);
        default:
          throw new Error(`${one.kind} is in none of these tests`);
      }
    };
    expect(holds(test.condition), name).toBe(true);
  }
  expect(followed).toBeGreaterThan(150);
});

test("each test that is allowed has a witness, and each drawing of it is whole", () => {
  expect(witnesses.length).toBe(ownTests.filter(({ expected }) => expected === "Allowed").length);
  for (const { name, witness } of witnesses) {
    const svg = witnessSvg(name, witness);
    const { boxes, arrows } = witnessGraph(witness);
    expect(svg.match(/<rect x=/g)!.length, name).toBe(boxes.length);
    expect(svg.match(/marker-end/g)?.length ?? 0, name).toBe(arrows.length);
    // Elements close, and no text of a test gets out of its element.
    const open: string[] = [];
    for (const [, close, element, empty] of svg.matchAll(/<(\/?)(\w+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (close === "/") expect(open.pop(), name).toBe(element);
      else if (empty !== "/") open.push(element!);
    }
    expect(open, name).toEqual([]);
    const dot = witnessDot(name, witness);
    expect(dot.match(/\{/g)!.length, name).toBe(dot.match(/\}/g)!.length);
    expect(dot.match(/^ {4}n\d+ \[label=/gm)!.length, name).toBe(boxes.length);
    // Everything that happened is drawn, but for the registers.
    const drawn = boxes.reduce((sum, { lines }) => sum + lines.length, 0);
    expect(drawn, name).toBe(witness.filter(({ event }) => event !== "set").length);
  }
});

test("an interrupt is a box, an arrow, and a box of its own where it is taken", () => {
  const one = witnesses.find(({ name }) => name === "IPI")!;
  const { boxes, arrows } = witnessGraph(one.witness);
  const [arrow] = arrows.filter(({ label }) => label === "interrupt");
  expect([boxes[arrow!.from]!.kind, boxes[arrow!.from]!.core]).toEqual(["interrupt", 0]);
  expect(boxes[arrow!.to]).toMatchObject({ kind: "synchronisation", core: 1 });
  expect(boxes[arrow!.to]!.lines).toEqual([
    "take the interrupt raised by @2 (exception entry: context synchronisation)",
  ]);
  expect(witnessSvg("IPI", one.witness)).toContain('stroke-dasharray="2 3"');
  expect(witnessDot("IPI", one.witness)).toContain('label="interrupt"');
});

test("a store through another address says so", () => {
  const one = witnesses.find(({ name }) => name === "AL.MP.RF+dc-dsb+ctrl-isb")!;
  expect(one.witness.some(({ detail }) => /^store .* to 0x12010 .* \(through 0x100010\)$/.test(detail))).toBe(true);
});

test("arrows lead from stores to the reads and fetches that take them", () => {
  const one = witnesses.find(({ name }) => name === "WRC.F.RF+ctrl-isb")!;
  const { boxes, arrows } = witnessGraph(one.witness);
  expect(arrows.map(({ label }) => label)).toEqual(["fetch", "read"]);
  for (const { from, to } of arrows) expect(boxes[from]!.kind === "store" && from < to).toBe(true);
  expect(witnessSvg('<&"', one.witness)).toContain("&#60;&#38;&#34;");
});
