import { refuseAt } from "./event-error.js";
import { signedNumber, unsignedNumber } from "./numbers.js";

/** Where the value of an argument comes from. */
export type Fetch =
  /** r0 to r15, 16 the flags, 17 the r0 that a system call was entered with. */
  | { readonly from: "register"; readonly index: number }
  | { readonly from: "stack"; readonly index: number }
  | { readonly from: "stack-pointer" }
  | { readonly from: "return-value" }
  | { readonly from: "immediate"; readonly value: number }
  | { readonly from: "symbol"; readonly symbol: string }
  | { readonly from: "comm" }
  | { readonly from: "text"; readonly text: string }
  | { readonly from: "memory"; readonly base: Fetch; readonly offset: number; readonly user: boolean };

/** A source, and how many steps of the kernel's fetch program it takes up to its last. */
export interface ParsedFetch {
  readonly fetch: Fetch;
  readonly steps: number;
}

/** Steps that a fetch program has room for, the end included. @see linux kernel/trace/trace_probe.h, FETCH_INSN_MAX */
export const maxSteps = 16;

/** Words of the kernel's stack. */
const stackWords = 2048;

const registerNames = "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 fp ip sp lr pc cpsr ORIG_r0".split(" ");

/**
 * Reads a source: `%r0`, `$stack3`, `@symbol+4`, `+8(%sp)`, `\42`.
 *
 * @param at - where it begins in its word, for the error log
 * @see linux kernel/trace/trace_probe.c, parse_probe_arg
 */
export function parseFetch(text: string, isReturn: boolean, at: number): ParsedFetch {
  switch (text[0]) {
    case "$":
      return one(variable(text.slice(1), isReturn, at));
    case "%": {
      const index = registerNames.indexOf(text.slice(1));
      return index < 0 ? refuseAt("BAD_REG_NAME", at) : one({ from: "register", index });
    }
    case "@":
      return memoryAt(text.slice(1), at);
    case "+":
    case "-":
      return dereference(text, isReturn, at);
    case "\\":
      return one(immediate(text.slice(1), at));
    default:
      return refuseAt("BAD_FETCH_ARG", at);
  }
}

const one = (fetch: Fetch): ParsedFetch => ({ fetch, steps: 1 });

function variable(name: string, isReturn: boolean, at: number): Fetch {
  if (name === "retval") return isReturn ? { from: "return-value" } : refuseAt("RETVAL_ON_PROBE", at);
  if (name === "comm" || name === "COMM") return { from: "comm" };
  if (name === "stack") return { from: "stack-pointer" };
  // $argN needs what ARM does not say: where a function's arguments are.
  const digits = /^stack(\d.*)$/s.exec(name)?.[1];
  const index =
    digits === undefined || !/^\d+$/.test(digits) ? undefined : unsignedNumber(digits.replace(/^0+(?=\d)/, ""));
  if (index === undefined) return refuseAt("BAD_VAR", at);
  return index > stackWords ? refuseAt("BAD_STACK_NUM", at) : { from: "stack", index };
}

function memoryAt(text: string, at: number): ParsedFetch {
  if (text.startsWith("+")) return refuseAt("FILE_ON_KPROBE", at);
  if (!/^\d/.test(text)) {
    // The symbol, its address, and the load.
    return { fetch: { from: "memory", base: { from: "symbol", symbol: text }, offset: 0, user: false }, steps: 3 };
  }
  const value = unsignedNumber(text) ?? refuseAt("BAD_MEM_ADDR", at);
  return { fetch: { from: "memory", base: { from: "immediate", value }, offset: 0, user: false }, steps: 2 };
}

function dereference(text: string, isReturn: boolean, at: number): ParsedFetch {
  const user = text[1] === "u";
  // The u goes, the sign stays, and the place is counted as if the u had not been there.
  const plain = user ? `${text[0]}${text.slice(2)}` : text;
  const isPlus = plain.startsWith("+");
  const body = isPlus ? plain.slice(1) : plain;
  const brace = body.indexOf("(");
  if (brace < 0) return refuseAt("DEREF_NEED_BRACE", at);
  const offset = signedNumber(body.slice(0, brace)) ?? refuseAt("BAD_DEREF_OFFS", at);
  const inside = at + brace + 1 + (body.startsWith("-") ? 0 : 1);
  const rest = body.slice(brace + 1);
  const close = rest.lastIndexOf(")");
  if (close < 0) return refuseAt("DEREF_OPEN_BRACE", inside + rest.length);
  const base = parseFetch(rest.slice(0, close), isReturn, inside);
  if (base.fetch.from === "comm" || base.fetch.from === "text") return refuseAt("COMM_CANT_DEREF", inside);
  if (base.steps === maxSteps - 1) return refuseAt("TOO_MANY_OPS", inside);
  return { fetch: { from: "memory", base: base.fetch, offset, user }, steps: base.steps + 1 };
}

function immediate(text: string, at: number): Fetch {
  if (text.startsWith('"')) {
    const body = text.slice(1);
    if (!body.endsWith('"')) return refuseAt("IMMSTR_NO_CLOSE", at + 2 + body.length);
    return { from: "text", text: body.slice(0, -1) };
  }
  const value = /^\d/.test(text)
    ? unsignedNumber(text)
    : text.startsWith("-")
      ? signedNumber(text)
      : text.startsWith("+")
        ? signedNumber(text.slice(1))
        : undefined;
  return { from: "immediate", value: (value ?? refuseAt("BAD_IMM", at + 1)) >>> 0 };
}
