import type { Site } from "@cmodx/patching";

/** Is this no valid site? */
export function hasError({ findings }: Site): boolean {
  return findings.some(({ level }) => level === "error");
}
