/** A set of cores as the kernel writes it: hex, 32 bits between commas. */
export function maskText(cores: ReadonlySet<number> | undefined, count: number): string {
  const groups: string[] = [];
  for (let low = 0; low < count; low += 32) {
    const width = Math.ceil(Math.min(32, count - low) / 4);
    let word = 0;
    for (let i = 0; i < 32 && low + i < count; i++) if (cores?.has(low + i) !== false) word |= 1 << i;
    groups.unshift((word >>> 0).toString(16).padStart(width, "0"));
  }
  return groups.join(",");
}

/** Reads one; undefined where it is none, or names a core that there is not. */
export function maskOf(text: string, count: number): ReadonlySet<number> | undefined {
  const groups = text.trim().split(",");
  if (groups.some((group) => !/^[0-9a-f]{1,8}$/i.test(group))) return undefined;
  const bits = BigInt(`0x${groups.map((group, i) => (i === 0 ? group : group.padStart(8, "0"))).join("")}`);
  if (bits >> BigInt(count) !== 0n) return undefined;
  return new Set(Array.from({ length: count }, (_, i) => i).filter((i) => ((bits >> BigInt(i)) & 1n) === 1n));
}
