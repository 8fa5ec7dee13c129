import { duration } from "@cmodx/trace";

interface Profile {
  readonly name: string;
  hits: number;
  /** Nanoseconds, and their squares. */
  time: number;
  squares: number;
}

/**
 * How often each function was called on each core, and how long that took.
 *
 * @example
 * ```ts
 * const profiler = new FunctionProfiler(1);
 * profiler.called(0, "vfs_read");
 * profiler.took(0, "vfs_read", 1_500);
 * profiler.text(0).split("\n")[2]?.trim().split(/\s+/); // ["vfs_read", "1", "1.500", "us", "1.500", "us", "0.000", "us"]
 * ```
 *
 * @see linux kernel/trace/ftrace.c function_stat_show
 */
export class FunctionProfiler {
  readonly #cores: Map<string, Profile>[];

  /**
   * Makes a profile with nothing in it.
   *
   * @param cores - at least 1
   */
  constructor(cores: number) {
    this.#cores = Array.from({ length: cores }, () => new Map());
  }

  clear(): void {
    for (const core of this.#cores) core.clear();
  }

  /**
   * A function was called.
   *
   * @param core - from 0
   * @param name - of the function
   */
  called(core: number, name: string): void {
    this.#profile(core, name).hits++;
  }

  /**
   * A call of a function has ended.
   *
   * @param core - from 0
   * @param name - of the function
   * @param time - in nanoseconds
   */
  took(core: number, name: string, time: number): void {
    const profile = this.#profile(core, name);
    profile.time += time;
    profile.squares += time * time;
  }

  /**
   * `trace_stat/functionN`: what took longest first.
   *
   * @param core - from 0
   */
  text(core: number): string {
    const profiles = [...(this.#cores[core]?.values() ?? [])].toSorted((a, b) => b.time - a.time);
    return `${HEADER}${profiles.map(line).join("")}`;
  }

  #profile(core: number, name: string): Profile {
    const profiles = this.#cores[core]!;
    let profile = profiles.get(name);
    if (profile === undefined) {
      profile = { name, hits: 0, time: 0, squares: 0 };
      profiles.set(name, profile);
    }
    return profile;
  }
}

const HEADER = `  Function                               Hit    Time            Avg             s^2
  --------                               ---    ----            ---             ---
`;

function line({ name, hits, time, squares }: Profile): string {
  const average = Math.floor(time / hits);
  // The sample variance by Welford; one of the two thousands that make it square microseconds is taken by what prints a duration.
  const variance = hits <= 1 ? 0 : Math.floor((hits * squares - time * time) / (hits * (hits - 1) * 1000));
  const columns = [time, average, variance].map(duration).join("    ");
  return `  ${name.slice(0, 30).padEnd(30)}  ${String(hits).padStart(10)}    ${columns}\n`;
}
