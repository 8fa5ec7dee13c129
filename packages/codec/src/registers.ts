import type { Profile } from "./profile.js";

const core = "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 sp lr pc".split(" ");
const gnu = "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 sl fp ip sp lr pc".split(" ");

const aliases = "a1 a2 a3 a4 v1 v2 v3 v4 v5 v6 v7 v8".split(" ");

function makeNumbers(): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  core.forEach((name, n) => {
    numbers.set(name, n);
    numbers.set(`r${n}`, n);
  });
  aliases.forEach((name, n) => {
    numbers.set(name, n);
  });
  return numbers.set("sb", 9).set("sl", 10).set("fp", 11).set("ip", 12);
}

/** Made when it is first asked for: an import does not. */
let numbers: ReadonlyMap<string, number> | undefined;

/** The name of core register `n`, 0 to 15; GNU's disassembler says `sl`, `fp` and `ip` for r10 to r12. */
export function registerName(n: number, profile: Profile = "ual"): string {
  return (profile === "gnu" ? gnu[n & 15] : core[n & 15])!;
}

/** The number of the core register with this lower-case name or procedure-call alias (`r13`, `sp`, `fp`, `a1`, `v1`, …). */
export function registerNumber(name: string): number | undefined {
  numbers ??= makeNumbers();
  return numbers.get(name);
}

/** Whether this is the name of a core, floating-point or Advanced SIMD register, in any case. */
export function isRegister(name: string): boolean {
  return registerNumber(name.toLowerCase()) !== undefined || /^([sd]([12]?\d|3[01])|q(\d|1[0-5]))$/i.test(name);
}
