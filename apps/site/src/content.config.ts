import { defineCollection } from "astro:content";
import { docsSchema } from "@astrojs/starlight/schema";
import { glob } from "astro/loaders";

/** The pages that the build has made: see build/build.ts. */
export const collections = {
  docs: defineCollection({
    loader: glob({ base: "./.cache/pages", pattern: "**/*.md" }),
    schema: docsSchema(),
  }),
};
