import { bitCount } from "./clause.js";
import type { Site } from "./operands/codec.js";
import type { Profile } from "./profile.js";
import type { Part, Template } from "./template.js";

/** A run of neighbouring parts of a line. */
export interface Segment {
  /** Tells segments apart. */
  readonly id: number;
  /** The bits of the word that decide its text; ITSTATE and the profile do, too. */
  readonly shows: number;
  readonly parts: readonly Part[];
  readonly head: string;
  /** For a part that says an address. */
  readonly target: Part["target"];
}

/** Most bits of a word that a segment shows: it has at most so many texts, to the power of two. */
const mostBits = 16;

/** No segment's id. */
export const noName = 1;

let lastId: number = noName;

/** A segment of these parts. */
function segment(head: string, parts: readonly Part[], shows: number, target: Part["target"]): Segment {
  // All segments must have one shape, or reading them is slow.
  return { id: ++lastId, shows, parts, head, target };
}

/**
 * A syntax line in segments. What few bits decide has few texts, so that each is printed once and remembered (text-memo.ts);
 * a part that says an address is a segment of its own.
 */
export function segmentsOf({ head, parts }: Template): Segment[] {
  const segments: Segment[] = [];
  let open: { head: string; parts: Part[]; shows: number } = { head, parts: [], shows: 0 };
  const close = (target?: Part["target"]): void => {
    const { head, parts, shows } = open;
    if (head !== "" || parts.length > 0) segments.push(segment(head, parts, shows, target));
    open = { head: "", parts: [], shows: 0 };
  };
  for (const part of parts) {
    const shows = open.shows | part.shows;
    if (part.target !== undefined || bitCount(shows) > mostBits) close();
    open.parts.push(part);
    open.shows |= part.shows;
    if (part.target !== undefined) close(part.target);
  }
  close();
  return segments;
}

/** The text of a segment. */
export function printSegment({ head, parts }: Segment, site: Site, profile: Profile): string {
  let text = head;
  for (const { print, after } of parts) text += print(site, profile) + after;
  return text;
}
