import { styleText } from "node:util";
import type { Io } from "../frame/io.js";

/** What a colour stands for; a reader without colours loses nothing, since the words say it too. */
const STYLES = { good: "green", bad: "red", warn: "yellow", faint: "dim", strong: "bold" } as const;
export type Style = keyof typeof STYLES;

/** Colours `text`, or leaves it as it is where colours are not wanted. */
export function paint({ colour }: Pick<Io, "colour">, style: Style, text: string): string {
  // The caller has decided by the terminal and the environment already, so styleText must not decide again.
  return colour ? styleText(STYLES[style], text) : text;
}
