import type { Stop } from "../run/index.js";

/** Those of `<asm/signal.h>` that C programs send themselves, by number. */
const names: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  5: "SIGTRAP",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  10: "SIGUSR1",
  11: "SIGSEGV",
  12: "SIGUSR2",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
};

/** SIGCHLD, SIGCONT, SIGURG, SIGWINCH: what nobody handles does nothing. */
const harmless: ReadonlySet<number> = new Set([17, 18, 23, 28]);
const [byDefault, ignored] = [0, 1];

/** What the program wants done with signals. It can send them to itself only, and no handler is run: such a program stops, and says so. */
export class Signals {
  readonly #handlers = new Map<number, number>();

  static isSignal(signal: number): boolean {
    return signal >= 1 && signal <= 64;
  }

  /** The address of the handler, or what stands for none: 0 the default, 1 nothing. */
  handler(signal: number): number {
    return this.#handlers.get(signal) ?? byDefault;
  }

  handle(signal: number, handler: number): void {
    this.#handlers.set(signal, handler);
  }

  /** What becomes of the core to which a signal is sent; undefined where it goes on. */
  stopOf(signal: number): Stop | undefined {
    const handler = this.handler(signal);
    if (handler === ignored || (handler === byDefault && harmless.has(signal))) return undefined;
    const name = names[signal] === undefined ? `signal ${signal}` : `${names[signal]}, signal ${signal}`;
    return handler === byDefault
      ? { kind: "exception", reason: `the program sent itself ${name}` }
      : { kind: "unimplemented", reason: `${name} has a handler at 0x${handler.toString(16)}: handlers are not run` };
  }
}
