import { errorText, eventErrors } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { randomBelow } from "../../../../test/random.js";
import { world } from "./world.js";

const pieces = (
  'p r - : / . % @ $ + - u ( ) [ ] \\ " = # 0 1 9 0x 010 4096 work tail twin m:tail nobody return retval stack comm arg1 r0 sp ' +
  "cpsr string ustring symstr symbol char u8 s64 x32 b4@2/32 b /8 , \t name g/e e kp 4294967296 -2147483649 \u00e9"
).split(" ");

test("no text makes it fail, and what it lists can be written again", () => {
  const below = randomBelow(11);
  let accepted = 0;
  for (let i = 0; i < 30_000; i++) {
    const { events } = world();
    const words = ["p:e", "r:e", "p", "p:g/e", "-:e"][below(5)]!;
    const rest = Array.from(
      { length: 1 + below(9) },
      () => (below(3) === 0 ? " " : "") + pieces[below(pieces.length)]!,
    );
    const line = `${words} ${below(2) === 0 ? "work " : ""}${rest.join("")}`;
    const result = events.write(line);
    const last = events.errors.at(-1);
    if (last !== undefined) {
      expect(result.ok).toBe(false);
      expect(last.position).toBeLessThanOrEqual(last.command.length + 1);
      expect(errorText(last, 1)).toContain(eventErrors[last.error]);
    }
    // A probe that waits for its module may be for no function at all, and get a name that no line may give.
    if (!result.ok || events.read() === "" || /:.*:/.test(events.read())) continue;
    accepted++;
    const again = world().events;
    expect([line, again.write(events.read())]).toEqual([line, { ok: true }]);
    expect(again.read()).toBe(events.read());
  }
  expect(accepted).toBeGreaterThan(300);
});
