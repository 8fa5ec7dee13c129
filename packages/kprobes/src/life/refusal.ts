/** Error numbers that registering and enabling may give, by name. */
export type Errno = "EINVAL" | "ENOENT" | "ENOMEM" | "E2BIG" | "EILSEQ" | "ERANGE";

/**
 * What is looked at before a probe is registered, in the kernel's order; `boundary` is asked by `strict` only.
 *
 * @example
 * ```ts
 * checks.slice(0, 3); // ["address-or-symbol", "symbol", "covered"]
 * ```
 *
 * @see linux kernel/kprobes.c, arch/arm/probes/kprobes/core.c
 */
export const checks = [
  "address-or-symbol",
  "symbol",
  "covered",
  "entry",
  "registered",
  "return-blacklist",
  "data-size",
  "ftrace",
  "text",
  "blacklist",
  "jump-label",
  "bug",
  "preamble",
  "module-going",
  "module-init",
  "alignment",
  "boundary",
  "instruction",
  "slot",
  "stack",
  "known",
  "gone",
  "count",
] as const;

/** One of {@link checks}. */
export type Check = (typeof checks)[number];

/** A request that was refused: the error number that the kernel gives, the check that failed, and why. */
export interface Refusal {
  readonly ok: false;
  readonly errno: Errno;
  readonly check: Check;
  readonly reason: string;
}

/** What came of registering: nothing to say, or which check refused it and the kernel's errno. */
export type Outcome = { readonly ok: true } | Refusal;

export const done: Outcome = { ok: true };

export function refuse(errno: Errno, check: Check, reason: string): Refusal {
  return { ok: false, errno, check, reason };
}
