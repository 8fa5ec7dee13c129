import type { Isa } from "@cmodx/codec";
import type { FtraceOps } from "./ops.js";
import { COUNT_MASK, type DynRecord, RECORD } from "./record.js";

/**
 * Counts who wants each record, and how: registers where anybody saves them, an ops' own trampoline where it is alone.
 *
 * @see linux kernel/trace/ftrace.c __ftrace_hash_rec_update
 */
export function countWishes(
  records: readonly DynRecord[],
  ops: readonly FtraceOps[],
  hasTrampoline: (ops: FtraceOps, isa: Isa) => boolean,
): void {
  for (const record of records) {
    let [count, regs, modify, direct] = [0, false, false, false];
    let only: FtraceOps | undefined;
    for (const each of ops) {
      if (!each.traces(record) || record.has(RECORD.DISABLED)) continue;
      const { saveRegs, ipModify, direct: target } = each.options;
      count++;
      only = each;
      regs ||= saveRegs === true || ipModify === true || target !== undefined;
      modify ||= ipModify === true;
      direct ||= target !== undefined;
    }
    record.flags = (record.flags & ~COUNT_MASK) | count;
    record.set(RECORD.REGS, regs);
    record.set(RECORD.IPMODIFY, modify);
    record.set(RECORD.DIRECT, direct);
    record.set(RECORD.CALL_OPS, count === 1 && only?.options.callOps === true && !direct && !regs);
    record.set(RECORD.TRAMP, count === 1 && only !== undefined && hasTrampoline(only, record.isa));
  }
}
