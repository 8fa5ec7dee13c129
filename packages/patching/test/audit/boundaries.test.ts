import { expect, test } from "vitest";
import { straddleCount, straddlesAt } from "../../src/audit/boundaries.js";
import { straddles } from "../../src/edit.js";

test("boundaries are those of the edit, by a table and by number, wherever in the address space", () => {
  for (let offset = 0; offset < 4096; offset++) {
    for (const size of [2, 4]) {
      const expected = straddles(offset, size);
      for (const address of [offset, 0xc000_0000 + offset, (0xc000_0000 + offset) | 0]) {
        expect(straddlesAt(address, size)).toEqual(expected);
        expect(straddleCount(address, size)).toBe(expected.length);
      }
    }
  }
});
