/** What `run` gives, and how long it takes: milliseconds on the wall, and of processor time. */
export function timed<T>(run: () => T): { readonly result: T; readonly ms: number; readonly cpu: number } {
  const used = process.cpuUsage();
  const start = performance.now();
  const result = run();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(used);
  return { result, ms, cpu: (user + system) / 1000 };
}
