import { CmodxError } from "@cmodx/errors";

/**
 * A caller's mistake in this package.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const labels = new StaticKeys({ patcher: memoryPatcher(bytesMemory(0, new Uint8Array(0))) });
 * labels.init([], []);
 * let code = "";
 * try {
 *   readJumpTable(new Uint8Array(5), 0xb000, "a32");
 * } catch (error) {
 *   if (error instanceof StaticKeysError) code = error.code;
 * }
 * code; // "E_LAYOUT"
 * ```
 */
export class StaticKeysError extends CmodxError<
  "E_EVENT" | "E_KEY" | "E_LAYOUT" | "E_MODULE" | "E_MUTEX" | "E_RANGE" | "E_SITE"
> {}
