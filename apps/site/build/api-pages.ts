import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { Application } from "typedoc";
import type { Page } from "./page.js";
import { BASE, ROOT, SITE } from "./paths.js";

const OUT = join(SITE, ".cache/api");

interface Entry {
  readonly name: string;
  readonly slug: string;
  readonly source: string;
}

/** Every entry point of every package: what its `exports` say, by their sources. */
function entries(): Entry[] {
  return readdirSync(join(ROOT, "packages")).flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "packages", folder, "package.json"), "utf8")) as {
      name: string;
      exports: Record<string, string | { "@cmodx/source"?: string }>;
    };
    return Object.entries(manifest.exports).flatMap(([path, target]) => {
      const source = typeof target === "string" ? undefined : target["@cmodx/source"];
      if (source === undefined) return [];
      const name = manifest.name + path.slice(1);
      const slug = `api/${name.replace("@cmodx/", "").replaceAll("/", "-")}`;
      return [{ name, slug, source: join(ROOT, "packages", folder, source) }];
    });
  });
}

/** What TypeDoc calls the module of a file. */
const moduleName = (source: string): string =>
  relative(join(ROOT, "packages"), source)
    .replaceAll("\\", "/")
    .replace(/(\/index)?\.ts$/, "");

/** A page for each entry point, made by TypeDoc from the docstrings. */
export async function apiPages(): Promise<Page[]> {
  const all = entries();
  rmSync(OUT, { recursive: true, force: true });
  const app = await Application.bootstrapWithPlugins({
    entryPoints: all.map(({ source }) => source),
    tsconfig: join(SITE, "build/typedoc.tsconfig.json"),
    plugin: ["typedoc-plugin-markdown"],
    skipErrorChecking: true,
    readme: "none",
    disableSources: true,
    excludePrivate: true,
    logLevel: "Error",
    outputs: [{ name: "markdown", path: OUT }],
    ...({
      outputFileStrategy: "modules",
      entryFileName: "index",
      hidePageHeader: true,
      hidePageTitle: true,
      hideBreadcrumbs: true,
      useCodeBlocks: false,
      parametersFormat: "table",
      interfacePropertiesFormat: "table",
      propertyMembersFormat: "table",
      typeDeclarationFormat: "table",
      enumMembersFormat: "table",
      expandObjects: true,
    } as object),
  });
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc could not read the packages");
  for (const module of project.children ?? []) {
    const entry = all.find(({ source }) => moduleName(source) === module.name);
    module.name = entry?.slug.replace("api/", "") ?? module.name;
  }
  await app.generateOutputs(project);
  const texts = new Map(
    all.map(({ slug }) => [slug, readFileSync(join(OUT, `${slug.replace("api/", "")}.md`), "utf8")] as const),
  );
  const places = new Map([...texts].map(([slug, text]) => [slug, placesOf(text)] as const));
  return all.map(({ name, slug }) => ({
    slug,
    title: name,
    description: `Everything that ${name} exports, with its documentation.`,
    body: texts
      .get(slug)!
      .replaceAll(/\]\(#([^)]+)\)/g, (_, place: string) => `](#${known(place, places.get(slug)!)})`)
      .replaceAll(/\]\((?:\.\/)?([a-z0-9-]+)\.md(?:#([^)]*))?\)/g, (_, page: string, place?: string) => {
        const there = places.get(`api/${page}`);
        const fragment = place === undefined || there === undefined ? "" : `#${known(place, there)}`;
        return `](${BASE}api/${page}/${fragment})`;
      }),
  }));
}

/** TypeDoc counts equal headings in its own way: a link to a place that is not there goes to the first one of that name. */
function known(place: string, places: ReadonlySet<string>): string {
  return places.has(place) ? place : place.replace(/-\d+$/, "");
}

/** What a link to a page may name: its anchors, and its headings. */
function placesOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const places = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!));
  for (const [, heading = ""] of text.matchAll(/^#+ (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, "")
      .replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    places.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return places;
}
