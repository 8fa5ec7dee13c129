import { defineConfig } from "tsup";
import { decoder, small } from "./tsup.config.js";

// What the other entries have written stays.
export default defineConfig({ ...small, entry: [decoder ?? "src/entry-decode.ts"], clean: false });
