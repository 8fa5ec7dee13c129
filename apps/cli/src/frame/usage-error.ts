/** A question that could not be asked: bad usage, an unreadable file, malformed input. One line, exit 2. */
export class UsageError extends Error {
  /** The option, file or argument at fault. */
  readonly where: string;

  constructor(where: string, what: string, remedy: string) {
    super(`${what}; ${remedy}`);
    this.name = "UsageError";
    this.where = where;
  }
}
