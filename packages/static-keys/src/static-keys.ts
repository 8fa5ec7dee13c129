import type { Edit } from "@cmodx/patching";
import { type JumpEntry, sortEntries, textReserved } from "./jump-entry.js";
import { type AddressRange, contains, Module, type ModuleImage } from "./module.js";
import type { Patcher } from "./patcher.js";
import { type Compat, siteEdit } from "./site-edit.js";
import type { KeyUse, StaticKey } from "./static-key.js";
import { StaticKeysError } from "./static-keys-error.js";
import { compiledForm, formNow, type SiteForm } from "./truth-table.js";
import { type Warning, Warnings } from "./warnings.js";

const INT_MAX = 0x7fff_ffff;

/** What the runtime works on. */
export interface StaticKeysOptions {
  readonly patcher: Patcher;
  /** Kernel text: sites elsewhere are left alone with a warning. Without it every address counts as text. */
  readonly text?: readonly AddressRange[];
  /** Text that is freed when boot ends. */
  readonly initText?: readonly AddressRange[];
  /** `strict` by default. */
  readonly compat?: Compat;
  /** Whether memory for one more list node is to be had; always by default. For trying what happens when it is not. */
  readonly allocate?: () => boolean;
}

/**
 * The kernel's jump labels: switches static keys by rewriting the instructions at their sites.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const bytes = Uint8Array.of(0x00, 0xf0, 0x20, 0xe3);
 * const labels = new StaticKeys({ patcher: new PlanPatcher(bytesMemory(0x8000, bytes), liveOrStop) });
 * const key = staticKey("tracing", { address: 0xa000 });
 * const site = { isa: "a32", code: 0x8000, target: 0x9000, key: key.address, likely: false, init: false, width: 4 } as const;
 * labels.init([site], [key]);
 * labels.enable(key);
 * bytes; // Uint8Array [0xfe, 0x03, 0x00, 0xea]
 * ```
 *
 * @see linux kernel/jump_label.c
 */
export class StaticKeys {
  readonly #options: StaticKeysOptions;
  readonly #compat: Compat;
  readonly #warnings = new Warnings();
  readonly #keys = new Map<number, StaticKey>();
  readonly #modules: Module[] = [];
  #entries: readonly JumpEntry[] = [];
  #initialised = false;
  #booting = true;
  /** `jump_label_mutex`. */
  #held = false;

  /**
   * Makes the jump labels of a kernel; {@link init} gives them their table.
   *
   * @param options - the memory that is patched, by whom, and whose habits are followed
   */
  constructor(options: StaticKeysOptions) {
    this.#options = options;
    this.#compat = options.compat ?? "strict";
  }

  /** What the kernel would have complained about, oldest first. */
  get warnings(): readonly Warning[] {
    return this.#warnings.all;
  }

  /** The kernel's own sites, sorted by key and address. */
  get entries(): readonly JumpEntry[] {
    return this.#entries;
  }

  get keys(): readonly StaticKey[] {
    return [...this.#keys.values()];
  }

  /**
   * Takes the kernel's table: sorts it, marks the sites in init text, and gives each key its entries. Nothing is rewritten: a
   * site keeps what the compiler put there until its key is switched for the first time.
   *
   * @param entries - the kernel's jump table, in any order
   * @param keys - every key that the entries name
   * @throws {StaticKeysError} `E_KEY` for an entry whose key is not among them
   */
  init(entries: readonly JumpEntry[], keys: readonly StaticKey[]): void {
    if (this.#initialised) return;
    for (const key of keys) this.#keys.set(key.address, key);
    const { initText = [] } = this.#options;
    const marked = entries.map((entry) => ({
      ...entry,
      init: entry.init || initText.some((range) => contains(range, entry.code)),
    }));
    this.#entries = sortEntries(marked);
    for (const [key, own] of byKey(this.#entries)) this.#keyAt(key, own[0]!).entries = own;
    this.#initialised = true;
  }

  /** Ends boot: init text is gone, and its sites are left alone from here on. */
  freeInit(): void {
    this.#booting = false;
  }

  /**
   * Seals keys in memory that is read-only after init.
   *
   * @param keys - which of the kernel's
   *
   * @see linux kernel/jump_label.c jump_label_init_ro
   */
  seal(keys: readonly StaticKey[]): void {
    for (const key of keys) key.sealed = true;
  }

  /**
   * `static_key_count`: how many users a key has.
   *
   * @param key - of the kernel or of a module that is loaded
   */
  count(key: StaticKey): number {
    this.#checkUse("static_key_count", key);
    return key.count;
  }

  /**
   * `static_key_enabled`: true from before the sites are switched on, false from before they are switched off.
   *
   * @param key - of the kernel or of a module that is loaded
   */
  isEnabled(key: StaticKey): boolean {
    return this.count(key) > 0;
  }

  /**
   * `static_key_fast_inc_not_disabled`: one more user of a key that is on already; false where it is not, or the count is full.
   *
   * @param key - of the kernel or of a module that is loaded
   */
  fastIncNotDisabled(key: StaticKey): boolean {
    this.#checkUse("static_key_fast_inc_not_disabled", key);
    if (key.enabled <= 0 || key.enabled === INT_MAX) return false;
    key.enabled++;
    return true;
  }

  /**
   * `static_key_slow_inc`: one more user; the first one switches the sites. False where the count would overflow.
   *
   * @param key - of the kernel or of a module that is loaded
   */
  slowInc(key: StaticKey): boolean {
    this.#checkUse("static_key_slow_inc", key);
    if (this.fastIncNotDisabled(key)) return true;
    return this.#locked(() => {
      if (key.enabled === 0) {
        this.#switchOn(key);
        return true;
      }
      if (this.fastIncNotDisabled(key)) return true;
      this.#warnings.warn("overflow", `${key.name}: the count of users is full`);
      return false;
    });
  }

  /**
   * `static_key_slow_dec`: one user less; the last one switches the sites.
   *
   * @param key - of the kernel or of a module that is loaded
   */
  slowDec(key: StaticKey): void {
    this.#checkUse("static_key_slow_dec", key);
    if (this.#fastDec(key)) return;
    this.#locked(() => {
      if (key.enabled <= 0) {
        this.#warnings.warn("underflow", `${key.name}: a user less than none`);
        return;
      }
      key.enabled--;
      if (key.enabled === 0) this.#update(key);
    });
  }

  /**
   * `static_key_enable`: on, for keys that are used as a boolean.
   *
   * @param key - of the kernel or of a module that is loaded
   */
  enable(key: StaticKey): void {
    this.#checkUse("static_key_enable", key);
    if (key.enabled > 0) {
      if (key.enabled !== 1) this.#warnings.warn("enable-count", `${key.name}: enabled with ${key.enabled} users`);
      return;
    }
    this.#locked(() => {
      if (key.enabled === 0) this.#switchOn(key);
    });
  }

  /**
   * `static_key_disable`: off, for keys that are used as a boolean.
   *
   * @param key - of the kernel or of a module that is loaded
   */
  disable(key: StaticKey): void {
    this.#checkUse("static_key_disable", key);
    if (key.enabled !== 1) {
      if (key.enabled !== 0) this.#warnings.warn("disable-count", `${key.name}: disabled with ${key.enabled} users`);
      return;
    }
    this.#locked(() => {
      if (key.enabled !== 1) return;
      // Off before the sites are: whoever asks meanwhile is told what will be.
      key.enabled = 0;
      this.#update(key);
    });
  }

  /**
   * As {@link slowDec}, but only where the key has another user: true if that was all there is to do.
   *
   * @param key - of the kernel or of a module that is loaded
   */
  decUnlessLast(key: StaticKey): boolean {
    this.#checkUse("static_key_slow_dec_deferred", key);
    return this.#fastDec(key);
  }

  /**
   * Loads a module: its sites are switched to what their keys are now.
   *
   * @param image - its name, its text, its keys and its jump table
   * @returns the module, or undefined where memory ran out and the load failed with everything undone
   * @throws {StaticKeysError} `E_KEY` for a site whose key is neither the module's nor known
   */
  loadModule(image: ModuleImage): Module | undefined {
    const module = new Module(image, []);
    for (const key of image.keys ?? []) key.owner = module;
    const own = new Map((image.keys ?? []).map((key) => [key.address, key]));
    const marked = image.entries.map((entry) => ({ ...entry, init: entry.init || module.hasInitText(entry.code) }));
    module.entries = sortEntries(marked);
    const groups = byKey(module.entries);
    for (const [address, entries] of groups) if (!own.has(address)) this.#keyAt(address, entries[0]!);
    return this.#locked(() => {
      for (const [address, entries] of groups) {
        const key = own.get(address) ?? this.#keyAt(address, entries[0]!);
        if (key.owner === module) key.entries = entries;
        else if (!key.sealed && !this.#remember(key, { module, entries })) {
          this.#forget(module);
          this.#warnings.warn("no-memory", `${image.name}: no memory for the sites of ${key.name}`);
          return undefined;
        }
        const changed = entries.filter(
          ({ likely }) => formNow(key.count > 0, likely) !== compiledForm(key.initiallyTrue, likely),
        );
        this.#patch(key, changed, module);
      }
      for (const key of own.values()) this.#keys.set(key.address, key);
      this.#modules.push(module);
      return module;
    });
  }

  /**
   * The module's init is over: its init text is gone.
   *
   * @param module - one that is loaded
   */
  moduleLive(module: Module): void {
    module.state = "live";
  }

  /**
   * Unloads a module: its keys are gone, and the keys of others forget its sites.
   *
   * @param module - one that is loaded
   */
  unloadModule(module: Module): void {
    const at = this.#modules.indexOf(module);
    if (at < 0) {
      throw new StaticKeysError({
        code: "E_MODULE",
        what: `the module ${module.image.name} is not loaded`,
        remedy: "unload what loadModule gave, once",
        facts: { module: module.image.name },
      });
    }
    this.#locked(() => {
      module.state = "going";
      this.#forget(module);
      for (const key of module.image.keys ?? []) this.#keys.delete(key.address);
      this.#modules.splice(at, 1);
    });
  }

  /**
   * Whether a probe may not be placed on `[start, end]`: a static branch is there. Both ends belong to it.
   *
   * @param start - address of the first byte
   * @param end - address of the last byte
   */
  textReserved(start: number, end: number): boolean {
    const tables = [this.#entries, ...this.#modules.map(({ entries }) => entries)];
    return tables.some((entries) => textReserved(entries, start, end));
  }

  #fastDec(key: StaticKey): boolean {
    if (key.enabled > 1) {
      key.enabled--;
      return true;
    }
    if (key.enabled < 0) this.#warnings.warn("underflow", `${key.name}: a user less while it is first switched on`);
    if (key.enabled !== 0) return false;
    this.#warnings.warn("underflow", `${key.name}: a user less than none`);
    return true;
  }

  /** 0 to -1, patch, 1: whoever increments meanwhile must wait for the sites. */
  #switchOn(key: StaticKey): void {
    key.enabled = -1;
    try {
      this.#update(key);
    } catch (error) {
      key.enabled = 0;
      throw error;
    }
    key.enabled = 1;
  }

  #update(key: StaticKey): void {
    const uses: readonly { entries: readonly JumpEntry[]; module: Module | undefined }[] = [
      { entries: key.entries, module: key.owner },
      ...key.users,
    ];
    const edits = uses.flatMap(({ entries, module }) => this.#editsOf(key, entries, module));
    this.#options.patcher.patch(edits);
  }

  #patch(key: StaticKey, entries: readonly JumpEntry[], module: Module | undefined): void {
    this.#options.patcher.patch(this.#editsOf(key, entries, module));
  }

  #editsOf(key: StaticKey, entries: readonly JumpEntry[], module: Module | undefined): Edit[] {
    const { memory } = this.#options.patcher;
    const on = key.count > 0;
    return entries.flatMap((entry) => {
      if (!this.#canPatch(entry, module)) return [];
      const form: SiteForm = formNow(on, entry.likely);
      return siteEdit(entry, form, memory, this.#compat) ?? [];
    });
  }

  #canPatch({ code, init }: JumpEntry, module: Module | undefined): boolean {
    const initGone = module === undefined ? !this.#booting : module.state !== "coming";
    if (init && initGone) return false;
    const { text, initText = [] } = this.#options;
    const isText = module?.hasText(code) ?? [...(text ?? []), ...initText].some((range) => contains(range, code));
    if (isText || (module === undefined && text === undefined)) return true;
    this.#warnings.warnOnce("not-text", `can't patch jump_label at 0x${code.toString(16)}`);
    return false;
  }

  #remember(key: StaticKey, use: KeyUse): boolean {
    const { allocate = () => true } = this.#options;
    // The first user from outside needs a second node, for the key's own entries.
    if (!key.linked && !allocate()) return false;
    if (!allocate()) return false;
    key.users.unshift(use);
    return true;
  }

  #forget(module: Module): void {
    for (const key of this.#keys.values()) key.users = key.users.filter((use) => use.module !== module);
  }

  #keyAt(address: number, { code }: JumpEntry): StaticKey {
    const key = this.#keys.get(address);
    if (key !== undefined) return key;
    throw new StaticKeysError({
      code: "E_KEY",
      what: `the site at 0x${code.toString(16)} belongs to a key at 0x${address.toString(16)}, and none is known there`,
      remedy: "declare the key with staticKey and give it to init or to the module that defines it",
      facts: { code, key: address },
    });
  }

  #checkUse(call: string, key: StaticKey): void {
    if (this.#initialised) return;
    this.#warnings.warn("not-initialised", `${call}(): static key '${key.name}' used before call to jump_label_init()`);
  }

  #locked<T>(body: () => T): T {
    if (this.#held) {
      throw new StaticKeysError({
        code: "E_MUTEX",
        what: "a key is being switched, and switching another from inside would wait for ever",
        remedy: "switch it when the patcher has returned",
        facts: {},
      });
    }
    this.#held = true;
    try {
      return body();
    } finally {
      this.#held = false;
    }
  }
}

function byKey(entries: readonly JumpEntry[]): Map<number, JumpEntry[]> {
  const groups = new Map<number, JumpEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.key);
    if (group === undefined) groups.set(entry.key, [entry]);
    else group.push(entry);
  }
  return groups;
}
