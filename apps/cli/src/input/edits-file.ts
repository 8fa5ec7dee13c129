import type { Isa } from "@cmodx/codec";
import type { Edit } from "@cmodx/patching";
import type { Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import { readLines } from "./bytes.js";
import { readInsn } from "./insn.js";

/** The edits that a file lists, a line each: `0x8010: nop -> b 0x9000`. */
export async function readEdits(file: string, isa: Isa, io: Io): Promise<Edit[]> {
  const lines = await readLines(file, io);
  return lines.flatMap((line, i) => {
    const text = line.replace(/#.*$/, "").trim();
    if (text === "") return [];
    const where = `${file}:${i + 1}`;
    const parts = /^(0x[0-9a-f]+|[0-9]+)\s*:\s*(.+?)\s*->\s*(.+)$/i.exec(text);
    const at = Number(parts?.[1]);
    if (parts === null || at > 0xffff_ffff) {
      throw new UsageError(where, `"${text}" is not an edit`, "write it as 0x8010: nop -> b 0x9000");
    }
    const place = { isa, address: at };
    return [{ ...place, from: readInsn(parts[2]!, place, where), to: readInsn(parts[3]!, place, where) }];
  });
}
