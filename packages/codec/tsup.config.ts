import { defineConfig, type Options } from "tsup";
import common from "../../tsup.config.js";

/**
 * Each entry is one file, with the class of the errors in it: to find and read another is a good part of an import. White space and
 * syntax are made smaller, because what is parsed is most of it; names stay, for stack traces and for the names of errors.
 */
export default defineConfig({
  ...(common as Options),
  splitting: false,
  noExternal: ["@cmodx/errors"],
  esbuildOptions(options) {
    options.conditions = ["@cmodx/source"];
    options.minifyWhitespace = true;
    options.minifySyntax = true;
  },
});
