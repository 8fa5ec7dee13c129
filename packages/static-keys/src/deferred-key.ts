import type { DelayedWork, VirtualClock } from "./clock.js";
import type { StaticKey } from "./static-key.js";
import type { StaticKeys } from "./static-keys.js";

/**
 * A key that is switched off late, so that one that goes on and off all the time costs one rewrite and not many.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const labels = new StaticKeys({ patcher: memoryPatcher(bytesMemory(0, new Uint8Array(0))) });
 * const key = staticKey("busy", { address: 0xa000 });
 * labels.init([], [key]);
 * const clock = new VirtualClock();
 * const deferred = new DeferredKey(key, labels, clock);
 * deferred.rateLimit(100);
 * labels.enable(key);
 * deferred.slowDec();
 * labels.isEnabled(key); // true
 * clock.advance(100);
 * labels.isEnabled(key); // false
 * ```
 *
 * @see linux include/linux/jump_label_ratelimit.h
 */
export class DeferredKey {
  readonly key: StaticKey;
  /** Jiffies from the last user's leaving to the switch. */
  timeout = 0;
  readonly #labels: StaticKeys;
  readonly #clock: VirtualClock;
  #work: DelayedWork | undefined;

  /**
   * Makes `struct static_key_deferred`, without a delay at first.
   *
   * @param key - which is switched off late
   * @param labels - that switch it
   * @param clock - that tells when
   */
  constructor(key: StaticKey, labels: StaticKeys, clock: VirtualClock) {
    this.key = key;
    this.#labels = labels;
    this.#clock = clock;
  }

  /**
   * `jump_label_rate_limit`: sets the delay.
   *
   * @param jiffies - from the last user's going to the switch
   */
  rateLimit(jiffies: number): void {
    this.timeout = jiffies;
  }

  /** `static_key_slow_dec_deferred`: a user less; the last one's switch waits. Work that waits already is not put off further. */
  slowDec(): void {
    if (this.#labels.decUnlessLast(this.key)) return;
    this.#work ??= this.#clock.schedule(this.timeout, () => this.#switch());
  }

  /** `static_key_deferred_flush`: does now what waits. */
  flush(): void {
    if (this.#work !== undefined && this.#clock.cancel(this.#work)) this.#switch();
  }

  /** Whether a switch waits. */
  get pending(): boolean {
    return this.#work !== undefined;
  }

  #switch(): void {
    this.#work = undefined;
    this.#labels.slowDec(this.key);
  }
}
