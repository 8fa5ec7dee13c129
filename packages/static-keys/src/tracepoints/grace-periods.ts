/** A moment in the life of RCU: whoever was reading then may be reading still, until a grace period has passed. */
export type Snapshot = number;

/**
 * RCU's grace periods, as far as tracepoints need them: a probe's data may be freed, and a static call may go to it without its
 * list, only when every reader that started before has ended.
 *
 * @example
 * ```ts
 * const rcu = new GracePeriods();
 * const before = rcu.snapshot();
 * rcu.elapsed(before); // false
 * rcu.synchronize();
 * rcu.elapsed(before); // true
 * ```
 *
 * @see linux include/linux/rcupdate.h get_state_synchronize_rcu, cond_synchronize_rcu
 */
export class GracePeriods {
  #passed = 0;
  #deferred: { due: Snapshot; run: () => void }[] = [];

  /** Grace periods that were waited for, or that passed by themselves. */
  get passed(): number {
    return this.#passed;
  }

  snapshot(): Snapshot {
    return this.#passed;
  }

  /**
   * Whether a grace period has passed since.
   *
   * @param since - when it was asked first
   */
  elapsed(since: Snapshot): boolean {
    return this.#passed > since;
  }

  /** Lets a grace period pass: every reader of now has ended, and what waited for that is done. */
  synchronize(): void {
    this.#passed++;
    const due = this.#deferred.filter((work) => this.elapsed(work.due));
    this.#deferred = this.#deferred.filter((work) => !this.elapsed(work.due));
    for (const { run } of due) run();
  }

  /**
   * Waits only where no grace period has passed since.
   *
   * @param since - when it was asked first
   */
  condSynchronize(since: Snapshot): void {
    if (!this.elapsed(since)) this.synchronize();
  }

  /**
   * `call_rcu`: does `run` after a grace period.
   *
   * @param run - the work
   */
  defer(run: () => void): void {
    this.#deferred.push({ due: this.#passed, run });
  }
}
