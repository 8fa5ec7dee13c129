import { bytesMemory } from "@cmodx/patching";
import {
  compiledForm,
  DeferredKey,
  type JumpEntry,
  liveOrStop,
  PlanPatcher,
  StaticKeys,
  staticKey,
  VirtualClock,
} from "@cmodx/static-keys";
import { expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";

// Random operations against a reference that knows nothing but numbers: a count for each key, and what every site must be.

const NOP = [0x00, 0xf0, 0x20, 0xe3];
const BRANCH = [0xfe, 0x03, 0x00, 0xea];

test("random operations on random keys agree with plain counts", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = randomBelow(seed);
    const keys = Array.from({ length: 4 }, (_, i) =>
      staticKey(`k${i}`, { address: 0xa000 + 8 * i, initially: next(2) === 1 }),
    );
    const bytes = new Uint8Array(0x1000);
    const entries = Array.from({ length: 20 }, (_, i): JumpEntry => {
      const key = keys[next(4)]!;
      const likely = next(2) === 1;
      bytes.set(compiledForm(key.initiallyTrue, likely) === "nop" ? NOP : BRANCH, 4 * i);
      return { isa: "a32", code: 4 * i, target: 4 * i + 0x1000, key: key.address, likely, init: false, width: 4 };
    });
    const labels = new StaticKeys({ patcher: new PlanPatcher(bytesMemory(0, bytes), liveOrStop) });
    const clock = new VirtualClock();
    const deferred = keys.map((key) => new DeferredKey(key, labels, clock));
    for (const each of deferred) each.rateLimit(10);
    labels.init(entries, keys);

    const counts = keys.map(({ initiallyTrue }): number => (initiallyTrue ? 1 : 0));
    /** When the waiting switch of a key is due. */
    const due: (number | undefined)[] = keys.map(() => undefined);
    const dec = (k: number) => {
      counts[k] = Math.max(0, counts[k]! - 1);
    };
    for (let round = 0; round < 80; round++) {
      const k = next(4);
      const key = keys[k]!;
      switch (next(7)) {
        case 0:
          labels.slowInc(key);
          counts[k]!++;
          break;
        case 1:
          labels.slowDec(key);
          dec(k);
          break;
        case 2:
          labels.enable(key);
          if (counts[k] === 0) counts[k] = 1;
          break;
        case 3:
          labels.disable(key);
          if (counts[k] === 1) counts[k] = 0;
          break;
        case 4:
          expect(labels.fastIncNotDisabled(key)).toBe(counts[k]! > 0);
          if (counts[k]! > 0) counts[k]!++;
          break;
        case 5:
          deferred[k]!.slowDec();
          if (counts[k]! > 1) counts[k]!--;
          else if (counts[k] === 1) due[k] ??= clock.now + 10;
          break;
        default: {
          const end = clock.now + next(8);
          clock.advance(end - clock.now);
          for (const [i, at] of due.entries()) {
            if (at === undefined || at > end) continue;
            due[i] = undefined;
            dec(i);
          }
        }
      }
      expect([seed, round, keys.map(({ enabled }) => enabled)]).toEqual([seed, round, counts]);
      for (const { code, key: of, likely } of entries) {
        const on = counts[keys.findIndex(({ address }) => address === of)]! > 0;
        expect([seed, round, code, bytes[code + 3] === 0xea]).toEqual([seed, round, code, on !== likely]);
      }
    }
  }
});
