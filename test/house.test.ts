import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

// The diagram in README.md is the law of the house: an arrow may only go down.

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const diagram = /<!-- house -->\n```\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";

/** Floors from the top; each is the `[names]` on the lines from one floor's label to the next. */
const floors = diagram.split(/\n(?=[a-z])/).map((floor) => ({
  label: /^[a-z]+/.exec(floor)?.[0] ?? "",
  names: [...floor.matchAll(/\[([a-z-]+)\]/g)].map(([, name]) => name ?? ""),
}));
const floorOf = (name: string) => floors.findIndex(({ names }) => names.includes(name));

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly private?: boolean;
}

const packages = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((folder) => {
    const path = join(root, group, folder);
    const read = <T>(file: string) => JSON.parse(readFileSync(join(path, file), "utf8")) as T;
    const manifest = read<Manifest>("package.json");
    const { references = [] } = read<{ references?: { path: string }[] }>("tsconfig.json");
    // A command is published with all of its packages in it, so that it depends on none.
    const dependencies = Object.keys((manifest.bin ? manifest.devDependencies : manifest.dependencies) ?? {});
    return {
      folder,
      group,
      path,
      ours: dependencies.filter((name) => name.startsWith("@cmodx/")).map((name) => name.slice("@cmodx/".length)),
      foreign: dependencies.filter((name) => !name.startsWith("@cmodx/")),
      references: references.map((reference) => reference.path.split("/").pop() ?? ""),
    };
  }),
);

test("the diagram shows each package once, and nothing that is not there", () => {
  const drawn = floors.flatMap(({ names }) => names);
  expect(drawn.toSorted()).toEqual(packages.map(({ folder }) => folder).toSorted());
});

describe.each(packages)("$folder", ({ folder, path, ours, references }) => {
  test("depends only on floors below its own", () => {
    for (const name of ours) expect([name, floorOf(name) > floorOf(folder)]).toEqual([name, true]);
  });

  test("tells the compiler the same dependencies as the package manager", () => {
    expect(references.toSorted()).toEqual(ours.toSorted());
  });

  test("has content, tests and a README", () => {
    expect(existsSync(join(path, "README.md"))).toBe(true);
    expect(readdirSync(join(path, "test")).length).toBeGreaterThan(0);
  });
});

test.each(packages.filter(({ group }) => group === "packages"))(
  "@cmodx/$folder has no dependency from outside",
  ({ foreign }) => {
    expect(foreign).toEqual([]);
  },
);

test("the solution file builds every package", () => {
  const solution = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as { references: { path: string }[] };
  const built = solution.references.map(({ path }) => path);
  expect(built.toSorted()).toEqual(packages.map(({ group, folder }) => `${group}/${folder}`).toSorted());
});
