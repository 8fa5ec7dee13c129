import { fileURLToPath } from "node:url";

/** The site's folder, the repository's, and where pages are made for one build. */
export const SITE: string = fileURLToPath(new URL("..", import.meta.url));
export const ROOT: string = fileURLToPath(new URL("../../..", import.meta.url));
export const PAGES: string = fileURLToPath(new URL("../.cache/pages", import.meta.url));
/** Which pages there are, for the sidebar. */
export const PAGE_LIST: string = fileURLToPath(new URL("../.cache/pages.json", import.meta.url));
export const DIST: string = fileURLToPath(new URL("../dist", import.meta.url));

/**
 * What stands for the site's own folder in everything that is built. The last step makes each of them relative to the page
 * or script it is in, so that the site can be served from any folder.
 */
export const BASE = "/__BASE__/";
