/** An event that triggers switch softly: it stays registered with what it listens to, and what it sees is recorded or not. */
export interface SoftEvent {
  /** `system:event`. */
  readonly name: string;
  /** It is registered, and records nothing. */
  softDisabled: boolean;
  /** Registers it for a trigger. */
  hold(): void;
  /** The trigger is gone. */
  release(): void;
}

/**
 * Whether an event is on: by its `enable` file, and softly by triggers. While a trigger may switch it, the event stays registered with
 * its tracepoint, and a switch only says whether what it sees is recorded.
 *
 * @example
 * ```ts
 * const event = new EventSwitch("sched:sched_switch", () => undefined);
 * event.hold();
 * event.text; // "0*"
 * event.softDisabled = false;
 * event.text; // "1*"
 * ```
 *
 * @see linux kernel/trace/trace_events.c __ftrace_event_enable_disable
 */
export class EventSwitch implements SoftEvent {
  /** `system:event`. */
  readonly name: string;
  /** Registered, and told to record nothing. */
  softDisabled = false;
  /** Registered with what it listens to. */
  registered = false;
  readonly #register: (on: boolean) => void;
  #holders = 0;

  /**
   * Makes a switch that is off.
   *
   * @param name - `system:event`
   * @param register - begins to listen, or ends it
   */
  constructor(name: string, register: (on: boolean) => void) {
    this.name = name;
    this.#register = register;
  }

  /** What happens is recorded. */
  get recording(): boolean {
    return this.registered && !this.softDisabled;
  }

  /** As `enable` reads: with `*` while triggers may switch it. */
  get text(): string {
    return `${this.recording ? 1 : 0}${this.softDisabled || this.#holders > 0 ? "*" : ""}`;
  }

  /**
   * Writes `enable`.
   *
   * @param on - whether its records are wanted
   */
  set(on: boolean): void {
    if (on) {
      this.softDisabled = false;
      this.#follow(true);
    } else if (this.#holders > 0) this.softDisabled = true;
    else {
      this.#follow(false);
      this.softDisabled = false;
    }
  }

  /** Registers it for a trigger: what is off stays off, but for its sight. */
  hold(): void {
    if (this.#holders++ > 0 || this.registered) return;
    this.softDisabled = true;
    this.#follow(true);
  }

  /** A trigger is gone; with the last one what it kept registered is not any more. */
  release(): void {
    if (--this.#holders > 0) return;
    if (this.softDisabled) this.#follow(false);
    this.softDisabled = false;
  }

  #follow(on: boolean): void {
    if (this.registered === on) return;
    this.registered = on;
    this.#register(on);
  }
}
