import { type Edit, editSize } from "../edit.js";

/**
 * What a core that fetches `fetchUnit` bytes at once would make of an edit. None of it is a promise: E2.2.1 of the ARMv8 manual
 * gives 32 bits in A32 and 16 bits in T32, and a program that needs more works until it meets another core.
 */
export function fetchUnitReasons(edit: Edit, fetchUnit: number | undefined): string[] {
  if (fetchUnit === undefined) return [];
  const { isa, address } = edit;
  const size = editSize(edit);
  const promised = isa === "a32" ? 4 : 2;
  const notPromised = `the architecture promises ${promised} bytes in ${isa.toUpperCase()}, and the verdict relies on no more`;
  if (fetchUnit < promised) {
    return [`a core that fetches ${fetchUnit} bytes at once would not be an ARM core: ${notPromised}`];
  }
  if (size <= promised) {
    return [`a core that fetches ${fetchUnit} bytes at once fetches it in one piece, as every core does`];
  }
  const pieces = (address % fetchUnit) + size > fetchUnit ? "in two pieces" : "in one piece";
  const store =
    pieces === "in one piece" && address % 4 !== 0
      ? ", but no single store writes it, so a mixture is fetched all the same"
      : "";
  return [`a core that fetches ${fetchUnit} bytes at once would fetch it ${pieces}${store}; ${notPromised}`];
}
