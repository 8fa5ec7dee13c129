import { lineEntries } from "./layout.js";

/** Lines that compiled code of a core need not ask for. */
export class KnownLines {
  readonly #lines: Int32Array;

  constructor(cells: Int32Array, at: number) {
    this.#lines = cells.subarray(at / 4, at / 4 + lineEntries).fill(-1);
  }

  add(line: number): void {
    this.#lines[line & (lineEntries - 1)] = line;
  }

  remove(line: number): void {
    if (this.#lines[line & (lineEntries - 1)] === line) this.#lines[line & (lineEntries - 1)] = -1;
  }

  clear(): void {
    this.#lines.fill(-1);
  }
}
