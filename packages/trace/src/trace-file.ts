/** What writing to a file gives: done, or the kernel's error. */
export type WriteAnswer = "ok" | `-E${string}`;

/** One file of the tracing file system. What it cannot do it leaves out. */
export interface TraceFile {
  read?(): string;
  /** @param append - opened with `>>`: what is there stays */
  write?(text: string, append: boolean): WriteAnswer;
}
