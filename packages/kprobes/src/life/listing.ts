import type { Kprobes } from "./kprobes.js";
import type { Probe } from "./probe.js";
import { flags } from "./probe.js";
import type { Site } from "./site.js";

const hex = (value: number): string => value.toString(16).padStart(8, "0");

/** The bucket of an address among 64. @see linux include/linux/hash.h, hash_32 */
function bucket(address: number): number {
  return Math.imul(address, 0x61c88647) >>> 26;
}

/**
 * What `kprobes/list` prints: buckets in turn, in each the newest address first, and at each address the newest probe first.
 *
 * @param kprobes - all probes there are
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x80100000, Uint8Array.of(0x00, 0x40, 0xa0, 0xe1, 0x1e, 0xff, 0x2f, 0xe1));
 * const kprobes = new Kprobes(listedText({ isa: "a32", memory, functions: [{ name: "work", start: 0x80100000, size: 8 }] }));
 * kprobes.register(new Probe({ symbol: "work" }));
 * listText(kprobes); // "80100000  k  work+0x0    \n"
 * ```
 *
 * @see linux kernel/kprobes.c, report_probe
 */
export function listText(kprobes: Kprobes): string {
  const buckets: Site[][] = Array.from({ length: 64 }, () => []);
  for (const site of kprobes.sites) buckets[bucket(site.address)]!.unshift(site);
  return buckets
    .flatMap((sites) => sites.flatMap((site) => site.probes.map((probe) => line(kprobes, site, probe))))
    .join("");
}

function line({ text }: Kprobes, site: Site, probe: Probe): string {
  const place = text.functionAt(site.address);
  const symbol = `${place?.name ?? "0x0"}+0x${(site.address - (place?.start ?? 0)).toString(16)}`;
  const states = [
    probe.gone ? "[GONE]" : "",
    probe.disabled && !probe.gone ? "[DISABLED]" : "",
    site.optimized ? "[OPTIMIZED]" : "",
    (site.flags & flags.ftrace) !== 0 ? "[FTRACE]" : "",
  ];
  const module = text.moduleAt(site.address)?.name ?? " ";
  return `${hex(site.address)}  ${probe.isReturn ? "r" : "k"}  ${symbol}  ${module} ${states.join("")}\n`;
}

/**
 * What `kprobes/blacklist` prints.
 *
 * @param kprobes - of the kernel whose text it is
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x80100000, Uint8Array.of(0x1e, 0xff, 0x2f, 0xe1));
 * const blacklist = [{ start: 0x80100000, end: 0x80100004, name: "do_undef" }];
 * blacklistText(new Kprobes(listedText({ isa: "a32", memory, functions: [], blacklist }))); // "0x80100000-0x80100004\tdo_undef\n"
 * ```
 */
export function blacklistText({ text }: Kprobes): string {
  return text.blacklist.map(({ start, end, name }) => `0x${hex(start)}-0x${hex(end)}\t${name}\n`).join("");
}
