import { bytesMemory } from "@cmodx/patching";
import {
  compiledForm,
  DeferredKey,
  formNow,
  type JumpEntry,
  liveOrStop,
  PlanPatcher,
  StaticKeys,
  type StaticKeysOptions,
  staticKey,
  untypedIsWrong,
  VirtualClock,
} from "@cmodx/static-keys";
import { describe, expect, test } from "vitest";

const NOP = [0x00, 0xf0, 0x20, 0xe3];
const BASE = 0x8000;

/** A kernel of ARM text whose sites are compiled as their keys' types say. */
export function kernel(
  sites: readonly { readonly likely: boolean; readonly initially: boolean }[],
  options: Partial<StaticKeysOptions> = {},
) {
  const keys = sites.map(({ initially }, i) => staticKey(`key${i}`, { address: 0xa000 + 8 * i, initially }));
  const entries = sites.map(
    ({ likely }, i): JumpEntry => ({
      isa: "a32",
      code: BASE + 4 * i,
      target: 0x9000 + 4 * i,
      key: keys[i]!.address,
      likely,
      init: false,
      width: 4,
    }),
  );
  // Every branch here has the same distance to its target.
  const branch = [0xfe, 0x03, 0x00, 0xea];
  const bytes = Uint8Array.from(
    sites.flatMap(({ likely, initially }) => (compiledForm(initially, likely) === "nop" ? NOP : branch)),
  );
  const patcher = new PlanPatcher(bytesMemory(BASE, bytes), liveOrStop);
  const labels = new StaticKeys({ patcher, ...options });
  labels.init(entries, keys);
  const forms = () => sites.map((_, i) => (bytes[4 * i + 3] === 0xea ? "branch" : "nop"));
  return { labels, keys, entries, bytes, patcher, forms };
}

/** What a program sees: the branch of a true key is taken where it is a branch over or into its block. */
const value = (form: string, likely: boolean) => (form === "nop") === likely;

describe("the truth table", () => {
  test.each([
    [true, true, "nop", "nop", "branch"],
    [true, false, "branch", "branch", "nop"],
    [false, true, "branch", "nop", "branch"],
    [false, false, "nop", "branch", "nop"],
  ] as const)("key initially %s, likely %s", (initially, likely, compiled, on, off) => {
    expect(compiledForm(initially, likely)).toBe(compiled);
    expect([formNow(true, likely), formNow(false, likely)]).toEqual([on, off]);
  });
});

describe("the deprecated accessors", () => {
  test.each([
    [true, true, false],
    [true, false, true],
    [false, true, true],
    [false, false, false],
  ] as const)("key initially %s, likely %s: wrong %s", (initially, likely, wrong) => {
    expect(untypedIsWrong(initially, likely)).toBe(wrong);
  });

  test("what starts out wrong stays so until the key is switched, and is right from then on", () => {
    const { labels, keys, entries, bytes, forms } = kernel([{ initially: true, likely: false }]);
    // static_key_false of a key that is true: a NOP, where the typed branch would be taken.
    bytes.set(NOP, 0);
    expect(value(forms()[0]!, entries[0]!.likely)).toBe(!labels.isEnabled(keys[0]!));
    labels.freeInit();
    expect(value(forms()[0]!, entries[0]!.likely)).toBe(!labels.isEnabled(keys[0]!));
    labels.disable(keys[0]!);
    labels.enable(keys[0]!);
    expect(value(forms()[0]!, entries[0]!.likely)).toBe(labels.isEnabled(keys[0]!));
  });
});

test("the kernel's self-test: two rounds of twelve checks", () => {
  const sites = [true, false].flatMap((initially) => [true, false].map((likely) => ({ initially, likely })));
  const { labels, keys, forms } = kernel(sites);
  const check = () => {
    for (const [i, { likely }] of sites.entries()) {
      expect(value(forms()[i]!, likely)).toBe(labels.isEnabled(keys[i]!));
    }
  };
  for (const round of [0, 1]) {
    expect(keys.map((key) => labels.isEnabled(key))).toEqual([true, true, false, false]);
    check();
    for (const [i, { initially }] of sites.entries()) initially ? labels.disable(keys[i]!) : labels.enable(keys[i]!);
    expect(keys.map((key) => labels.isEnabled(key))).toEqual([false, false, true, true]);
    check();
    for (const [i, { initially }] of sites.entries()) initially ? labels.enable(keys[i]!) : labels.disable(keys[i]!);
    expect(round).toBeLessThan(2);
  }
  expect(labels.warnings).toEqual([]);
});

describe("the counter", () => {
  const site = [{ initially: false, likely: false }];

  test("the first user switches on, the last one off, those between nothing", () => {
    const { labels, keys, forms, patcher } = kernel(site);
    const [key] = keys as [(typeof keys)[0]];
    const states = [labels.slowInc, labels.slowInc, labels.slowDec, labels.slowDec].map((step) => {
      step.call(labels, key);
      return `${key.enabled} ${forms()[0]}`;
    });
    expect(states).toEqual(["1 branch", "2 branch", "1 branch", "0 nop"]);
    expect(patcher.plans).toHaveLength(2);
  });

  test("enable and disable are for booleans, and say so where a count was meant", () => {
    const { labels, keys } = kernel(site);
    const [key] = keys as [(typeof keys)[0]];
    labels.slowInc(key);
    labels.slowInc(key);
    labels.enable(key);
    labels.disable(key);
    expect(key.enabled).toBe(2);
    expect(labels.warnings.map(({ id }) => id)).toEqual(["enable-count", "disable-count"]);
    labels.slowDec(key);
    labels.enable(key);
    labels.disable(key);
    labels.disable(key);
    expect(key.enabled).toBe(0);
    expect(labels.warnings).toHaveLength(2);
  });

  test("a user less than none is told, and changes nothing", () => {
    const { labels, keys } = kernel(site);
    labels.slowDec(keys[0]!);
    expect(keys[0]!.enabled).toBe(0);
    expect(labels.warnings.map(({ id }) => id)).toEqual(["underflow"]);
  });

  test("a full counter refuses one more", () => {
    const { labels, keys } = kernel(site);
    keys[0]!.enabled = 0x7fffffff;
    expect(labels.slowInc(keys[0]!)).toBe(false);
    expect(labels.fastIncNotDisabled(keys[0]!)).toBe(false);
    expect(keys[0]!.enabled).toBe(0x7fffffff);
    expect(labels.warnings.map(({ id }) => id)).toEqual(["overflow"]);
  });

  test("a fast increment never switches anything on", () => {
    const { labels, keys } = kernel(site);
    expect(labels.fastIncNotDisabled(keys[0]!)).toBe(false);
    labels.enable(keys[0]!);
    expect(labels.fastIncNotDisabled(keys[0]!)).toBe(true);
    expect(keys[0]!.enabled).toBe(2);
  });

  test("while the sites are switched on the key is enabled; while they are switched off it is not", () => {
    const seen: string[] = [];
    const base = kernel(site);
    const labels: StaticKeys = new StaticKeys({
      patcher: {
        memory: base.patcher.memory,
        patch: (edits) => {
          seen.push(`${key.enabled} ${labels.isEnabled(key)} ${labels.fastIncNotDisabled(key)}`);
          base.patcher.patch(edits);
        },
      },
    });
    const key = staticKey("key0", { address: 0xa000 });
    labels.init(base.entries, [key]);
    labels.slowInc(key);
    labels.slowDec(key);
    // The increment from inside failed both times: in progress is not on.
    expect(seen).toEqual(["-1 true false", "0 false false"]);
  });

  test("switching from inside a switch would wait for ever, and is refused", () => {
    const { entries, patcher } = kernel([...site, ...site]);
    const keys = entries.map((entry, i) => staticKey(`key${i}`, { address: entry.key }));
    const labels: StaticKeys = new StaticKeys({
      patcher: { memory: patcher.memory, patch: () => labels.enable(keys[1]!) },
    });
    labels.init(entries, keys);
    expect(() => labels.enable(keys[0]!)).toThrow(expect.objectContaining({ code: "E_MUTEX" }));
    expect(keys[0]!.enabled).toBe(0);
  });

  test("use before init is told", () => {
    const labels = new StaticKeys({ patcher: kernel(site).patcher });
    expect(labels.isEnabled(staticKey("early", { address: 1, initially: true }))).toBe(true);
    expect(labels.warnings[0]).toEqual({
      id: "not-initialised",
      message: "static_key_count(): static key 'early' used before call to jump_label_init()",
    });
  });
});

describe("a deferred key", () => {
  /** A key whose only user has just left, with 100 jiffies to go. */
  const left = () => {
    const made = kernel([{ initially: false, likely: false }]);
    const key = made.keys[0]!;
    const clock = new VirtualClock();
    const deferred = new DeferredKey(key, made.labels, clock);
    deferred.rateLimit(100);
    made.labels.slowInc(key);
    deferred.slowDec();
    return { ...made, key, clock, deferred };
  };

  test("goes off when its time has come, once", () => {
    const { clock, deferred, forms } = left();
    clock.advance(99);
    expect([deferred.pending, forms()[0]]).toEqual([true, "branch"]);
    clock.advance(1);
    expect([deferred.pending, forms()[0]]).toEqual([false, "nop"]);
  });

  test("a user who comes back in time costs no rewrite", () => {
    const { clock, key, labels, patcher } = left();
    labels.slowInc(key);
    clock.advance(1000);
    expect(key.enabled).toBe(1);
    expect(patcher.plans).toHaveLength(1);
  });

  test("flushing does it now, and nothing later", () => {
    const { clock, deferred, forms, labels } = left();
    deferred.flush();
    expect(forms()).toEqual(["nop"]);
    clock.advance(1000);
    expect(labels.warnings).toEqual([]);
  });
});
