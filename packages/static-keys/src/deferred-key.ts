import type { DelayedWork, VirtualClock } from "./clock.js";
import type { StaticKey } from "./static-key.js";
import type { StaticKeys } from "./static-keys.js";

/**
 * A key that is switched off late, so that one that goes on and off all the time costs one rewrite and not many.
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

  constructor(key: StaticKey, labels: StaticKeys, clock: VirtualClock) {
    this.key = key;
    this.#labels = labels;
    this.#clock = clock;
  }

  /** `jump_label_rate_limit`: sets the delay. */
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
