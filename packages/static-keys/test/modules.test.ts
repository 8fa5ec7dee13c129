import { bytesMemory } from "@cmodx/patching";
import { compiledForm, type JumpEntry, liveOrStop, PlanPatcher, StaticKeys, staticKey } from "@cmodx/static-keys";
import { describe, expect, test } from "vitest";

const NOP = [0x00, 0xf0, 0x20, 0xe3];
const BRANCH = [0xfe, 0x03, 0x00, 0xea];
const KERNEL = 0x8000;
const MODULE = 0x1_0000;

/** One memory with the kernel's text and a module's. */
function world(options: { allocate?: () => boolean } = {}) {
  const bytes = new Uint8Array(0x2_0000);
  const patcher = new PlanPatcher(bytesMemory(0, bytes), liveOrStop);
  const labels = new StaticKeys({ patcher, ...options });
  let keys = 0;
  const key = (initially: boolean) => staticKey(`key${keys}`, { address: 0x4_0000 + 8 * keys++, initially });
  const entry = (code: number, of: { address: number; initiallyTrue: boolean }, likely: boolean): JumpEntry => {
    bytes.set(compiledForm(of.initiallyTrue, likely) === "nop" ? NOP : BRANCH, code);
    return { isa: "a32", code, target: code + 0x1000, key: of.address, likely, init: false, width: 4 };
  };
  const isBranch = (code: number) => bytes[code + 3] === 0xea;
  const truth = ({ code, likely }: JumpEntry) => isBranch(code) !== likely;
  return { labels, patcher, key, entry, truth };
}

const text = [{ start: MODULE, end: MODULE + 0x1000 }];

test("the kernel's module test: eighteen rows of key, initial state and branch, verified, inverted, verified, inverted, verified", () => {
  const { labels, key, entry, truth } = world();
  labels.init([], []);
  // Keys of a base module; those called "inverted" it inverts before anybody else uses them.
  const base = [true, false].flatMap((initially) =>
    [false, true].map((inverted) => ({ key: key(initially), inverted })),
  );
  const baseModule = { name: "base", text: [], entries: [], keys: base.map((each) => each.key) };
  labels.loadModule(baseModule);
  for (const each of base)
    if (each.inverted) each.key.initiallyTrue ? labels.disable(each.key) : labels.enable(each.key);

  const own = [true, false].map(key);
  const rows = [
    ...own.flatMap((each) => [true, false].map((likely) => ({ key: each, state: each.initiallyTrue, likely }))),
    ...base.flatMap((each) =>
      [true, false].map((likely) => ({ key: each.key, state: each.key.initiallyTrue !== each.inverted, likely })),
    ),
    // The deprecated accessors: `static_key_true` is likely and `static_key_false` unlikely, whatever the key.
    ...own.flatMap((each) => ({ key: each, state: each.initiallyTrue, likely: each.initiallyTrue })),
    ...base.map((each) => ({
      key: each.key,
      state: each.key.initiallyTrue !== each.inverted,
      likely: each.key.initiallyTrue,
    })),
  ];
  expect(rows).toHaveLength(18);
  const entries = rows.map((row, i) => entry(MODULE + 4 * i, row.key, row.likely));
  expect(labels.loadModule({ name: "test", text, entries, keys: own })).toBeDefined();

  const verify = (inverted: boolean) => {
    for (const [i, row] of rows.entries()) {
      expect([i, labels.isEnabled(row.key), truth(entries[i]!)]).toEqual([
        i,
        row.state !== inverted,
        row.state !== inverted,
      ]);
    }
  };
  const invert = () => {
    for (const each of new Set(rows.map((row) => row.key)))
      labels.isEnabled(each) ? labels.disable(each) : labels.enable(each);
  };
  verify(false);
  invert();
  verify(true);
  invert();
  verify(false);
  expect(labels.warnings).toEqual([]);
});

describe("a module that uses a key of the kernel", () => {
  const setUp = (options: { allocate?: () => boolean } = {}) => {
    const made = world(options);
    const shared = made.key(false);
    const kernelSite = made.entry(KERNEL, shared, false);
    made.labels.init([kernelSite], [shared]);
    const moduleSite = made.entry(MODULE, shared, false);
    const image = { name: "user", text, entries: [moduleSite] };
    return { ...made, shared, kernelSite, moduleSite, image };
  };

  test("gets its sites switched to what the key is", () => {
    const { labels, shared, moduleSite, image, truth } = setUp();
    labels.enable(shared);
    labels.loadModule(image);
    expect([truth(moduleSite), shared.linked]).toEqual([true, true]);
    labels.disable(shared);
    expect(truth(moduleSite)).toBe(false);
  });

  test("is forgotten when it goes, and the key is as it was", () => {
    const { labels, shared, kernelSite, moduleSite, image, truth } = setUp();
    const module = labels.loadModule(image)!;
    labels.unloadModule(module);
    expect(shared.linked).toBe(false);
    labels.enable(shared);
    expect([truth(kernelSite), truth(moduleSite)]).toEqual([true, false]);
    expect(() => labels.unloadModule(module)).toThrow(expect.objectContaining({ code: "E_MODULE" }));
  });

  test("leaves a sealed key alone once it was switched at load", () => {
    const { labels, shared, moduleSite, image, truth } = setUp();
    labels.enable(shared);
    labels.seal([shared]);
    labels.loadModule(image);
    expect([truth(moduleSite), shared.linked]).toEqual([true, false]);
  });

  test.each([1, 2])("fails to load when allocation %d fails, with nothing left behind", (nth) => {
    let calls = 0;
    const { labels, shared, moduleSite, image, truth } = setUp({ allocate: () => ++calls !== nth });
    expect(labels.loadModule(image)).toBeUndefined();
    expect(shared.linked).toBe(false);
    expect(labels.warnings.map(({ id }) => id)).toEqual(["no-memory"]);
    labels.enable(shared);
    expect(truth(moduleSite)).toBe(false);
    expect(labels.textReserved(MODULE, MODULE)).toBe(false);
  });

  test("needs one node more for the first module, and one for each later", () => {
    let calls = 0;
    const count = () => {
      calls++;
      return true;
    };
    const { labels, image } = setUp({ allocate: count });
    labels.loadModule(image);
    labels.loadModule({ ...image, name: "second" });
    expect(calls).toBe(3);
  });

  test("its init text is left alone once it lives", () => {
    const { labels, shared, moduleSite, truth } = setUp();
    const module = labels.loadModule({ name: "user", text: [], initText: text, entries: [moduleSite] })!;
    labels.moduleLive(module);
    labels.enable(shared);
    expect(truth(moduleSite)).toBe(false);
    expect(labels.warnings).toEqual([]);
  });

  test("its sites are reserved text while it is there", () => {
    const { labels, image } = setUp();
    const module = labels.loadModule(image)!;
    expect(labels.textReserved(MODULE + 3, MODULE + 3)).toBe(true);
    labels.unloadModule(module);
    expect(labels.textReserved(MODULE + 3, MODULE + 3)).toBe(false);
  });
});
