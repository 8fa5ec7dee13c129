import { COUNT_MASK, type DynRecord, RECORD } from "./record.js";

/** Why a site could not be changed: its memory could not be read, it holds something else, it could not be written. */
export type PatchFailure = "-EFAULT" | "-EINVAL" | "-EPERM";

/** What ftrace was about to do. */
export type UpdateKind = "init" | "nop" | "call" | "modify";

const ATTEMPTS: Readonly<Record<UpdateKind, string>> = {
  init: "Initializing ftrace call sites",
  nop: "Setting ftrace call site to NOP",
  call: "Setting ftrace call site to call ftrace function",
  modify: "Updating ftrace call site to call a different ftrace function",
};

/**
 * What the kernel prints when a site cannot be changed.
 *
 * @param failure - what went wrong
 * @param kind - what was to be made of the site
 * @param record - the site
 * @param actual - the four bytes that are there, where they could be read
 * @param expectedTramp - address of the trampoline that the site should call, where it has one of its own
 *
 * @example
 * ```ts
 * const record = new DynRecord({ isa: "a32", ip: 0x8000, name: "vfs_read" });
 * const text = ftraceBugText("-EINVAL", "call", record, Uint8Array.of(0, 0xf0, 0x20, 0xe3));
 * text.split("\n")[0]; // "------------[ ftrace bug ]------------"
 * ```
 *
 * @see linux kernel/trace/ftrace.c ftrace_bug
 */
export function ftraceBugText(
  failure: PatchFailure,
  kind: UpdateKind,
  record: DynRecord,
  actual?: Uint8Array,
  expectedTramp?: number,
): string {
  const where = `[<${hex(record.ip)}>] ${record.name}`;
  const lines = ["------------[ ftrace bug ]------------"];
  if (failure === "-EFAULT") lines.push(`ftrace faulted on modifying ${where}`);
  if (failure === "-EPERM") lines.push(`ftrace faulted on writing ${where}`);
  if (failure === "-EINVAL") {
    lines.push(`ftrace failed to modify ${where}`);
    if (actual !== undefined)
      lines.push(` actual:   ${[...actual].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`);
  }
  lines.push(ATTEMPTS[kind]);
  lines.push(`ftrace record flags: ${(record.flags >>> 0).toString(16)}`);
  lines.push(` (${record.flags & COUNT_MASK})${record.has(RECORD.REGS) ? " R" : "  "}`);
  lines.push(` expected tramp: ${hex(expectedTramp ?? 0)}`);
  return `${lines.join("\n")}\n`;
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
