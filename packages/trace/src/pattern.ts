/** How a name is compared with a filter's word. */
export type MatchKind = "full" | "front" | "middle" | "end" | "glob" | "index";

/** One word of a function filter, as the kernel reads it. */
export interface Pattern {
  readonly kind: MatchKind;
  /** A leading `!`: take away instead of adding. */
  readonly negated: boolean;
  /** Without the `!` and the outer `*`. */
  readonly search: string;
}

/**
 * Reads a filter's word: a leading `!` takes away; digits first are the number of a function in the list; `*` in front, behind or
 * both are the cheap comparisons; any other `*`, `?`, `[` or `\` makes it a shell glob; anything else is the whole name.
 *
 * @param word - without blanks around it
 *
 * @example
 * ```ts
 * parsePattern("sched_*").kind; // "front"
 * parsePattern("!*lock*"); // { kind: "middle", negated: true, search: "lock" }
 * parsePattern("do_[ef]*").kind; // "glob"
 * ```
 *
 * @see linux kernel/trace/trace_events_filter.c filter_parse_regex
 */
export function parsePattern(word: string): Pattern {
  const negated = word.startsWith("!");
  const text = negated ? word.slice(1) : word;
  const made = (kind: MatchKind, search: string): Pattern => ({ kind, negated, search });
  if (/^[0-9]/.test(text)) return made("index", text);
  const front = text.startsWith("*");
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === "*") {
      if (i === 0) continue;
      if (i === text.length - 1) return front ? made("middle", text.slice(1, -1)) : made("front", text.slice(0, -1));
      return made("glob", text);
    }
    if (char === "[" || char === "?" || char === "\\") return made("glob", text);
  }
  return front ? made("end", text.slice(1)) : made("full", text);
}

/**
 * Whether a name is what a pattern asks for; `index` patterns are decided by whoever has the list.
 *
 * @param pattern - what is asked for
 * @param name - of a function, event or subsystem
 *
 * @example
 * ```ts
 * matches(parsePattern("do_[ef]*"), "do_exit"); // true
 * ```
 */
export function matches({ kind, search }: Pattern, name: string): boolean {
  switch (kind) {
    case "full":
      return name === search;
    case "front":
      return name.startsWith(search);
    case "middle":
      return name.includes(search);
    case "end":
      return name.endsWith(search);
    case "glob":
      return globMatches(search, name);
    case "index":
      return false;
  }
}

/**
 * The kernel's shell glob: `*`, `?`, `[a-z]`, `[!a-z]` and `\`. A `[` without its `]` stands for itself.
 *
 * @param pattern - the glob
 * @param text - which it must match from end to end
 *
 * @example
 * ```ts
 * globMatches("do_[ef]*", "do_exit"); // true
 * globMatches("do_[!ef]*", "do_exit"); // false
 * ```
 *
 * @see linux lib/glob.c glob_match
 */
export function globMatches(pattern: string, text: string): boolean {
  let [p, t] = [0, 0];
  // Where to go on when what follows the last * does not fit: behind that *, one character further in the text.
  let back: readonly [p: number, t: number] | undefined;
  for (;;) {
    const end = p < pattern.length ? matchOne(pattern, p, text[t]) : undefined;
    if (pattern[p] === "*") {
      back = [p + 1, t];
      p++;
      continue;
    }
    if (p === pattern.length && t === text.length) return true;
    if (end !== undefined && t < text.length) {
      p = end;
      t++;
      continue;
    }
    if (back === undefined || back[1] >= text.length) return false;
    back = [back[0], back[1] + 1];
    [p, t] = back;
  }
}

/** Where the pattern goes on when its element at `p` fits `char`. */
function matchOne(pattern: string, p: number, char: string | undefined): number | undefined {
  if (char === undefined) return undefined;
  switch (pattern[p]) {
    case "?":
      return p + 1;
    case "\\":
      return pattern[p + 1] === char ? p + 2 : undefined;
    case "[": {
      const set = classAt(pattern, p);
      if (set === undefined) return char === "[" ? p + 1 : undefined;
      return set.has(char) ? set.end : undefined;
    }
    default:
      return pattern[p] === char ? p + 1 : undefined;
  }
}

/** The set that a `[` opens; undefined where nothing closes it. A `]` that comes first is one of the set. */
function classAt(pattern: string, p: number): { end: number; has: (char: string) => boolean } | undefined {
  let at = p + 1;
  const inverted = pattern[at] === "!";
  if (inverted) at++;
  const ranges: (readonly [string, string])[] = [];
  for (let first = true; ; first = false) {
    const low = pattern[at];
    if (low === undefined) return undefined;
    if (low === "]" && !first) break;
    const isRange = pattern[at + 1] === "-" && pattern[at + 2] !== undefined && pattern[at + 2] !== "]";
    ranges.push([low, isRange ? pattern[at + 2]! : low]);
    at += isRange ? 3 : 1;
  }
  const has = (char: string) => ranges.some(([low, high]) => low <= char && char <= high) !== inverted;
  return { end: at + 1, has };
}
