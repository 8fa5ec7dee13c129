import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { ExceptionProgram } from "./exception-programs.js";

/** A program and what it logged under qemu, in a line. */
export function keptText({ image, over, log }: ExceptionProgram, logged: string): string {
  const packed = (bytes: Uint8Array): string => deflateRawSync(bytes).toString("base64");
  return [over, log.address, log.size, packed(image), packed(Buffer.from(logged, "latin1"))].join(" ");
}

/** What {@link keptText} wrote. */
export function keptProgram(line: string): { readonly program: ExceptionProgram; readonly logged: string } {
  const [over, address, size, image, logged] = line.split(" ") as [string, string, string, string, string];
  const unpacked = (text: string): Buffer => inflateRawSync(Buffer.from(text, "base64"));
  const log = { address: Number(address), size: Number(size) };
  return {
    program: { text: "", image: unpacked(image), over: Number(over), log },
    logged: unpacked(logged).toString("latin1"),
  };
}
