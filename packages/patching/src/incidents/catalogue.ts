import type { PatternId } from "./pattern.js";

/** A change of running code that went wrong in a real program, and the patterns it comes down to. */
export interface Incident {
  /** From 1, as in the catalogue's page. */
  readonly id: number;
  readonly project: string;
  /** Where it was reported or mended. Numbers are issues or changes of the repository before them. */
  readonly source: string;
  readonly platform: string;
  readonly what: string;
  /** None where the mistake is not in how the code was changed. */
  readonly patterns: readonly PatternId[];
  /** What shows it, where no pattern does. */
  readonly command?: string;
}

const github = (repository: string, ...numbers: number[]): string =>
  `github.com/${repository} ${numbers.map((number) => `#${number}`).join(", ")}`;

const row = (
  project: string,
  source: string,
  platform: string,
  patterns: string,
  what: string,
): Omit<Incident, "id"> => ({ project, source, platform, what, patterns: patterns.split(" ") as PatternId[] });

const ROWS: readonly Omit<Incident, "id">[] = [
  row(
    "DynamoRIO",
    github("DynamoRIO/dynamorio", 1910),
    "A32",
    "P1",
    "links a stub by writing a load of PC over a store that others may execute",
  ),
  row("DynamoRIO", github("DynamoRIO/dynamorio", 1911), "ARM", "P9", "after linking, the other cores get no ISB"),
  row(
    "DynamoRIO",
    github("DynamoRIO/dynamorio", 2065, 4638, 5129, 7643, 8119),
    "ARM, AArch64",
    "P1 P3 P5 P11",
    "patch routines without cache synchronisation, an unlisted pair, a two-instruction patch taken for one",
  ),
  row(
    "Dalvik",
    "platform/dalvik, change 2675245",
    "Thumb-2",
    "P2",
    "a 4-byte chaining cell written as two halfwords; another core ran one of each",
  ),
  row(
    "ART",
    "platform/art aeb0223f",
    "ARMv7",
    "P5 P8",
    "a failed cache flush was ignored, and the flush was of the writable view, not the executed one",
  ),
  row(
    "ART",
    "platform/art b18a6692",
    "AArch64",
    "P5",
    "the flush itself faulted where it needs write permission, and nothing was flushed",
  ),
  row(
    "Mono",
    github("mono/mono", 3549),
    "big.LITTLE",
    "P8",
    "the line size read on a big core is too large a step for a little one",
  ),
  row("RVVM", github("LekKit/RVVM", 141), "big.LITTLE", "P8", "the same"),
  row(
    "CoreCLR",
    github("dotnet/coreclr", 13651, 17342, 16963, 12421),
    "ARM32, ARM64",
    "P3 P5",
    "constants in two instructions relocated while they run; breakpoints written without a flush",
  ),
  row(
    "OpenJDK",
    github("openjdk/jdk", 428, 14543, 19990, 11442),
    "AArch64, ARM32",
    "P1 P9",
    "immediates patched in place outside the list, and entry barriers without an ISB",
  ),
  row(
    "Wasmtime",
    github("bytecodealliance/wasmtime", 3310, 4972),
    "AArch64",
    "P9",
    "code published to threads that never synchronise their context",
  ),
  row("SpiderMonkey", "phabricator.services.mozilla.com D88395", "ARM64", "P9", "the same, mended with membarrier"),
  row(
    "LuaJIT",
    github("LuaJIT/LuaJIT", 623, 429, 1074, 164),
    "ARM64",
    "P5 P11",
    "a trace exit patched without cache synchronisation; the scan took data for the branch to patch",
  ),
  row(
    "HHVM",
    github("facebook/hhvm", 7223, 7315, 9831),
    "ARM64, x86-64",
    "P2",
    "a call that lies across a cache line is not changed in one piece",
  ),
  row(
    "Open MPI",
    github("open-mpi/ompi", 5647),
    "AArch64",
    "P8",
    "a flush loop with a step of its own, from an address that is no line's start",
  ),
  row(
    "OP-TEE",
    github("OP-TEE/optee_os", 794, 804),
    "ARMv7 SMP",
    "P7",
    "ICIALLU and BPIALL where the Inner Shareable forms are needed",
  ),
  row(
    "NuttX, Phoenix-RTOS",
    github("apache/nuttx", 7064, 7144, 7513),
    "ARMv7",
    "P7 P8",
    "maintenance that reached one core only; a line loop that never ends at the end of the address space",
  ),
  row(
    "JavaScriptCore",
    github("react-native-community/jsc-android-buildscripts", 114),
    "Cortex-A53",
    "P4",
    "on cores with an erratum a clean does not clean, and clean-and-invalidate must stand in",
  ),
  row(
    "QEMU",
    "gitlab.com/qemu-project/qemu a228ae3e, b9a65476",
    "code generators",
    "P3",
    "a direct jump made of several instructions was patched while it ran",
  ),
  row(
    "Frida",
    github("frida/frida-gum", 215, 343, 1139),
    "ARM64",
    "P5 P11",
    "code written without clearing the cache; a patch over a function that branches into the middle of it",
  ),
  row(
    "xovi, Android-Inline-Hook, Dobby",
    github("asivery/xovi", 10, 11),
    "ARM32",
    "P2 P11",
    "a 32-bit Thumb instruction cut in half; a stub of the wrong instruction set",
  ),
  row(
    "cortex-m, seL4",
    `${github("rust-embedded/cortex-m", 232)}; ${github("seL4/seL4", 351)}`,
    "ARMv7-M, AArch64",
    "P6 P7",
    "barriers too late after enabling the cache; a local invalidate on a multiprocessor",
  ),
  row(
    "V8",
    "src/wasm/jump-table-assembler.h",
    "ARM, ARM64",
    "P2",
    "done right: slots never cross a line and change by one aligned store",
  ),
  row(
    "Linux",
    "arm64 erratum 1542419, ARM errata 764369, 775420",
    "cores",
    "P7",
    "the maintenance was right and the core lost it: a broadcast that does not reach everyone",
  ),
  row(
    "Linux",
    "git.kernel.org 899d5933b2dd, f6cc0c501649",
    "arm64",
    "L1",
    "the first core was patched and waited for others that were still to come; a lock held across the wait",
  ),
  row(
    "Linux",
    "git.kernel.org tracepoints and static keys, 2021 to 2024",
    "all",
    "P10",
    "a probe's function and its data, or a key's count and its sites, became visible in the wrong order",
  ),
  {
    project: "Linux",
    source:
      "6.1.192 built with CONFIG_THUMB2_KERNEL by GCC 12.2: arch/arm/probes/kprobes/actions-thumb.c t16_emulate_push",
    platform: "Thumb-2",
    what: "a kprobe on a 16-bit PUSH or POP crashes: the handler loads r7 without saying so, and the compiler keeps the slot's address there",
    patterns: [],
    command: "echo b500 | cmodx probe --isa t32 -",
  },
];

/**
 * The catalogue.
 *
 * @example
 * ```ts
 * INCIDENTS[0]!.patterns; // ["P1"]
 * new Set(INCIDENTS.map(({ id }) => id)).size === INCIDENTS.length; // true
 * ```
 */
export const INCIDENTS: readonly Incident[] = ROWS.map((incident, i) => ({ id: i + 1, ...incident }));
