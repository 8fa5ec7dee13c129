export { globMatches, type MatchKind, matches, type Pattern, parsePattern } from "./pattern.js";
