import { CmodxError } from "@cmodx/errors";
import { expect, test } from "vitest";

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
