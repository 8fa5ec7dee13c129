import { bitCount } from "./clause.js";
import type { Site } from "./operands/codec.js";
import type { Profile } from "./profile.js";
import type { Part, Template } from "./template.js";

/** A run of neighbouring parts of a line. */
export interface Segment {
  /** The bits of the word that decide its text, signed; the profile does, too, and ITSTATE where `usesIt` says so. */
  readonly shows: number;
  readonly usesIt: boolean;
  readonly parts: readonly Part[];
  readonly head: string;
}

/** A line in segments, and the part that says an address, where that is its end. */
export interface Line {
  readonly segments: readonly Segment[];
  readonly target: Part | undefined;
}

/** Most bits of a word that a segment of several parts shows: it has at most so many texts, to the power of two. */
const mostBits = 9;

/** Most bits of one part. More have so many texts that none comes up again. */
const mostBitsOfPart = 16;

const lines = new WeakMap<Template, Line | "other">();

/**
 * A syntax line in segments: what few bits decide has few texts, so that each is printed once and remembered. Undefined for a line
 * of another kind.
 */
export function lineOf(template: Template): Line | undefined {
  let line = lines.get(template);
  if (line === undefined) {
    line = segmentsOf(template) ?? "other";
    lines.set(template, line);
  }
  return line === "other" ? undefined : line;
}

function segmentsOf({ head, parts }: Template): Line | undefined {
  const last = parts.at(-1);
  const target = last?.target === undefined ? undefined : last;
  const others = target === undefined ? parts : parts.slice(0, -1);
  const isOther = ({ target, shows }: Part): boolean => target !== undefined || bitCount(shows) > mostBitsOfPart;
  if (others.some(isOther) || (target !== undefined && target.after !== "")) return undefined;
  const segments: Segment[] = [];
  let open: Segment = { head, parts: [], shows: 0, usesIt: false };
  for (const part of others) {
    if (bitCount(open.shows | part.shows) > mostBits) {
      segments.push(open);
      open = { head: "", parts: [], shows: 0, usesIt: false };
    }
    open = {
      ...open,
      parts: [...open.parts, part],
      shows: open.shows | part.shows,
      usesIt: open.usesIt || part.usesIt,
    };
  }
  segments.push(open);
  return { segments: segments.filter(({ head, parts }) => head !== "" || parts.length > 0), target };
}

/** The text of a segment. */
export function printSegment({ head, parts }: Segment, site: Site, profile: Profile): string {
  let text = head;
  for (const { print, after } of parts) text += print(site, profile) + after;
  return text;
}
