import { defineConfig, type Options } from "tsup";
import common from "../../tsup.config.js";

const { entry, ...shared } = common as Options & { entry: string[] };

/**
 * The class of the errors is brought along: to find and read the package with it takes a fifth of an import. White space and
 * syntax are made smaller, because what is parsed is most of an import; names stay, for stack traces and for the names of errors.
 */
export const small: Options = {
  ...shared,
  noExternal: ["@cmodx/errors"],
  esbuildOptions(options) {
    options.conditions = ["@cmodx/source"];
    options.minifyWhitespace = true;
    options.minifySyntax = true;
  },
};

export const decoder: string | undefined = entry.find((file) => file.endsWith("entry-decode.ts"));

// The entry that only decodes shares no file with the others (tsup.decode.config.ts): one file is found and read faster than two.
export default defineConfig({ ...small, entry: entry.filter((file) => file !== decoder) });
