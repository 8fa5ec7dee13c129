import { CmodxError } from "@cmodx/errors";
import { expect, test, vi } from "vitest";

class ProbeError extends CmodxError<"E_PROBE"> {}

test("an error says what is wrong and what to do, and keeps both apart", () => {
  const error = new ProbeError({
    code: "E_PROBE",
    what: "imm12 is 4096",
    remedy: "use 0 to 4095",
    facts: { imm12: 4096 },
  });
  expect(error.message).toBe("imm12 is 4096; use 0 to 4095");
  expect([error.what, error.remedy, error.facts]).toEqual(["imm12 is 4096", "use 0 to 4095", { imm12: 4096 }]);
  expect(error.docs).toBe("docs/errors.md#e_probe");
});

test("a subclass keeps its own name, so that a log tells which package spoke", () => {
  const error = new ProbeError({ code: "E_PROBE", what: "a", remedy: "b", cause: "c" });
  expect(error.name).toBe("ProbeError");
  expect(error.cause).toBe("c");
  expect(error).toBeInstanceOf(CmodxError);
});

test("an error of another copy of the class is one of this class, but not of its subclasses", async () => {
  vi.resetModules();
  const copy: { CmodxError: typeof CmodxError } = await import("@cmodx/errors");
  class OtherError extends copy.CmodxError<"E_OTHER"> {}
  const other = new OtherError({ code: "E_OTHER", what: "a", remedy: "b" });
  const own = new ProbeError({ code: "E_PROBE", what: "a", remedy: "b" });
  expect(copy.CmodxError).not.toBe(CmodxError);
  expect([other instanceof CmodxError, own instanceof copy.CmodxError]).toEqual([true, true]);
  expect([other instanceof ProbeError, own instanceof OtherError]).toEqual([false, false]);
  expect([other instanceof OtherError, own instanceof ProbeError]).toEqual([true, true]);
});

test.each([undefined, null, 1, "E_PROBE", {}, { code: "E_PROBE" }, new Error("a"), new TypeError("b"), ProbeError])(
  "%o is no error of the class",
  (value) => {
    expect(value instanceof CmodxError).toBe(false);
  },
);
