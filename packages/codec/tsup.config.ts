import { defineConfig, type Options } from "tsup";
import common from "../../tsup.config.js";

/**
 * Each entry is one file, with the class of the errors in it: to find and read another is a good part of an import. It is made small,
 * because what is parsed is most of one; short names alone are a tenth. The source maps have the names.
 */
export default defineConfig({
  ...(common as Options),
  splitting: false,
  noExternal: ["@cmodx/errors"],
  esbuildOptions(options) {
    options.conditions = ["@cmodx/source"];
    options.minify = true;
  },
});
