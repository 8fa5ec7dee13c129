/** What Node throws then. */
interface SystemError extends Error {
  readonly code: string;
  readonly path?: string;
}

/** Did the operating system refuse something? */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && "code" in error;
}

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "not permitted to read it",
  EISDIR: "is a directory",
  ENOTDIR: "is not below a directory",
};

/** Why, in a few words. */
export function systemReason({ code, message }: SystemError): string {
  return SYSTEM_REASONS[code] ?? message;
}
