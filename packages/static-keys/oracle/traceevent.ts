// Event formats and records of ours, read by Debian's libtraceevent: it must print what we print.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type EventDefinition,
  type EventValues,
  encodeRecord,
  eventDefinition,
  formatFile,
  printEvent,
} from "@cmodx/static-keys";
import { randomBelow } from "../../../test/random.js";

const TEXT = "char";

const DEFINITIONS: readonly EventDefinition[] = [
  eventDefinition({
    system: "sched",
    name: "sched_switch",
    id: 314,
    fields: [
      { kind: "array", type: TEXT, name: "prev_comm", length: 16 },
      { kind: "field", type: "pid_t", name: "prev_pid" },
      { kind: "field", type: "int", name: "prev_prio" },
      { kind: "field", type: "long", name: "prev_state" },
      { kind: "array", type: TEXT, name: "next_comm", length: 16 },
      { kind: "field", type: "pid_t", name: "next_pid" },
    ],
    print:
      '"prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s%s ==> next_comm=%s next_pid=%d", REC->prev_comm, REC->prev_pid, REC->prev_prio, (REC->prev_state & 255) ? __print_flags(REC->prev_state & 255, "|", { 0x00000001, "S" }, { 0x00000002, "D" }, { 0x00000080, "I" }) : "R", REC->prev_state & 256 ? "+" : "", REC->next_comm, REC->next_pid',
  }),
  eventDefinition({
    system: "test",
    name: "sizes",
    id: 400,
    fields: [
      { kind: "field", type: "u8", name: "byte" },
      { kind: "field", type: "u64", name: "wide" },
      // libtraceevent 1.7 does not extend the sign of shorter fields, as the kernel does: this one has none.
      { kind: "field", type: "u16", name: "small" },
      { kind: "field", type: "s64", name: "signed_wide" },
      { kind: "field", type: "unsigned int", name: "word" },
      { kind: "dynamic", type: TEXT, name: "path" },
    ],
    print:
      '"byte=%u hex=%02x wide=%llu small=%d signed=%lld word=0x%x padded=%08x path=%s", REC->byte, REC->byte, REC->wide, REC->small, REC->signed_wide, REC->word, REC->word, __get_str(path)',
  }),
  eventDefinition({
    system: "test",
    name: "symbols",
    id: 401,
    fields: [
      { kind: "field", type: "int", name: "kind" },
      { kind: "field", type: "unsigned long", name: "flags" },
    ],
    print:
      '"kind=%s flags=%s shifted=%d", __print_symbolic(REC->kind, { 0, "none" }, { 1, "one" }, { 2, "two" }), __print_flags(REC->flags, "|", { 1, "A" }, { 2, "B" }, { 4, "C" }), REC->flags >> 1',
  }),
];

/** @returns how many records were compared and which differ; undefined where the library is not installed */
export function compareWithLibtraceevent(
  seed: number,
  records: number,
): { compared: number; wrong: string[] } | undefined {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-traceevent-"));
  try {
    const program = join(folder, "traceevent");
    const source = fileURLToPath(new URL("traceevent.c", import.meta.url));
    try {
      execFileSync("gcc", ["-I/usr/include/traceevent", "-o", program, source, "-ltraceevent"], { stdio: "ignore" });
    } catch {
      return undefined;
    }
    const next = randomBelow(seed);
    const chunks: Buffer[] = [];
    const expected: string[] = [];
    const piece = (kind: string, bytes: Uint8Array) =>
      chunks.push(Buffer.from(`${kind} ${bytes.length}\n`), Buffer.from(bytes));
    for (const definition of DEFINITIONS) {
      piece("F", new TextEncoder().encode(formatFile(definition)));
      for (let i = 0; i < records; i++) {
        const values = randomValues(definition, next);
        piece("R", encodeRecord(definition, values));
        expected.push(printEvent(definition, values));
      }
    }
    const { stdout, status } = spawnSync(program, {
      input: Buffer.concat(chunks),
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const lines = stdout.split("\n").slice(0, -1);
    const wrong = expected.flatMap((text, i) =>
      lines[i] === text ? [] : [`ours "${text}", theirs "${lines[i] ?? `(ended with ${status})`}"`],
    );
    return { compared: expected.length, wrong };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function randomValues({ fields }: EventDefinition, next: (below: number) => number): EventValues {
  const number = (size: number, signed: boolean): number | bigint => {
    const small = next(3) === 0;
    if (size === 8) {
      const value = (BigInt(next(2 ** 32)) << 32n) | BigInt(next(2 ** 32));
      return small ? BigInt(next(10)) : signed ? BigInt.asIntN(64, value) : value;
    }
    const value = small ? next(4) : next(2 ** (8 * size));
    return signed && value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
  };
  return Object.fromEntries(
    fields.map(({ name, text, element }) => [
      name,
      text
        ? Array.from({ length: next(12) }, () => String.fromCharCode(97 + next(26))).join("")
        : number(element.size, element.signed),
    ]),
  );
}
