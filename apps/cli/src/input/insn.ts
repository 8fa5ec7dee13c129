import { decodeA32, decodeT32, type Insn, type Isa, parse } from "@cmodx/codec";
import { UsageError } from "../frame/usage-error.js";

/** Where an instruction stands: the text of `--from` and `--to` means nothing without it. */
export interface Place {
  readonly isa: Isa;
  readonly address: number;
}

/**
 * The instruction a user means by `text`: assembler text (`b.w 0x9000`) or its bytes as the manual writes them
 * (`f3af8000`, `0xe320f000`, `bf00`).
 *
 * @throws {UsageError} naming `option`, when it is neither
 */
export function readInsn(text: string, { isa, address }: Place, option: string): Insn {
  const word = asWord(text);
  if (word !== undefined) return decodeWord(word, { isa, address });
  const parsed = parse(text, { isa, address });
  if (parsed.ok) return parsed.insn;
  const [issue] = parsed.issues;
  const remedy = issue?.hint ?? `write it as the assembler does for ${isa}, or its bytes as in f3af8000`;
  throw new UsageError(option, `"${text}": ${issue?.message ?? "is not an instruction"}`, remedy);
}

/** Hex digits that stand for an instruction. Words such as `add` are text: bytes have four or eight digits, or 0x. */
function asWord(text: string): { value: number; digits: number } | undefined {
  const digits = /^(?:0x([0-9a-f]{1,8})|([0-9a-f]{4}) ?([0-9a-f]{4})?)$/i.exec(text.trim());
  if (digits === null) return undefined;
  const hex = digits[1] ?? `${digits[2]}${digits[3] ?? ""}`;
  return { value: Number.parseInt(hex, 16), digits: hex.length };
}

function decodeWord({ value, digits }: { value: number; digits: number }, { isa, address }: Place): Insn {
  if (isa === "a32") return decodeA32(value, address);
  return digits <= 4 ? decodeT32(value, 0, address) : decodeT32(value >>> 16, value & 0xffff, address);
}
