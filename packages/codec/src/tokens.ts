import { format } from "./format.js";
import type { Insn } from "./insn.js";
import type { Profile } from "./profile.js";

/** A piece of an instruction's text, for colouring: the pieces in order make up the text of `format`. */
export interface Token {
  readonly kind: "mnemonic" | "register" | "number" | "name" | "punctuation" | "space";
  readonly text: string;
}

const pieces = /([ \t]+)|(#?-?(?:0x[0-9a-f]+|\d[\d.]*(?:e[-+]\d+)?))|([A-Za-z_][\w.]*)|(.)/g;
const register = /^(r\d+|sp|lr|pc|sl|fp|ip|[sdq]\d+|cr?\d+)$/;

/**
 * The text of an instruction in pieces.
 *
 * @param insn - a decoded or assembled instruction
 * @param profile - whose syntax to print
 * @returns pieces that make up the text of `format`
 * @example
 * ```ts
 * formatTokens(decodeA32(0xe3a00001)).map(({ kind }) => kind); // mnemonic, space, register, punctuation, space, number
 * ```
 */
export function formatTokens(insn: Insn, profile: Profile = "ual"): Token[] {
  const text = format(insn, profile);
  const mnemonic = /^[^ \t]+/.exec(text)?.[0] ?? "";
  const tokens: Token[] = [{ kind: "mnemonic", text: mnemonic }];
  for (const [piece, space, number, name] of text.slice(mnemonic.length).matchAll(pieces)) {
    const kind = space
      ? "space"
      : number
        ? "number"
        : name
          ? register.test(name)
            ? "register"
            : "name"
          : "punctuation";
    tokens.push({ kind, text: piece });
  }
  return tokens;
}
