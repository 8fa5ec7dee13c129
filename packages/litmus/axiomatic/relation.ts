/** A relation over up to 31 events: a row of bits for each event, of those it leads to. */
export class Relation {
  readonly size: number;
  readonly rows: Int32Array;

  constructor(size: number, rows: Int32Array = new Int32Array(size)) {
    this.size = size;
    this.rows = rows;
  }

  /** The pairs for which `holds`. */
  static of(size: number, holds: (a: number, b: number) => boolean): Relation {
    const relation = new Relation(size);
    for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) if (a !== b && holds(a, b)) relation.add(a, b);
    return relation;
  }

  add(a: number, b: number): void {
    this.rows[a]! |= 1 << b;
  }

  has(a: number, b: number): boolean {
    return ((this.rows[a]! >>> b) & 1) === 1;
  }

  or(...others: readonly Relation[]): Relation {
    return new Relation(
      this.size,
      this.rows.map((row, a) => others.reduce((bits, other) => bits | other.rows[a]!, row)),
    );
  }

  and(other: Relation): Relation {
    return new Relation(
      this.size,
      this.rows.map((row, a) => row & other.rows[a]!),
    );
  }

  /** `this; other`: what is reached by a step of each. */
  into(other: Relation): Relation {
    return new Relation(
      this.size,
      this.rows.map((row) => {
        let bits = 0;
        for (let left = row; left !== 0; left &= left - 1) bits |= other.rows[31 - Math.clz32(left & -left)]!;
        return bits;
      }),
    );
  }

  /** One step or more. */
  plus(): Relation {
    const rows = this.rows.slice();
    for (let via = 0; via < this.size; via++) {
      for (let a = 0; a < this.size; a++) if ((rows[a]! >>> via) & 1) rows[a]! |= rows[via]!;
    }
    return new Relation(this.size, rows);
  }

  /** No step or more. */
  star(): Relation {
    return new Relation(
      this.size,
      this.plus().rows.map((row, a) => row | (1 << a)),
    );
  }

  acyclic(): boolean {
    return this.plus().rows.every((row, a) => ((row >>> a) & 1) === 0);
  }

  equals(other: Relation): boolean {
    return this.rows.every((row, a) => row === other.rows[a]);
  }
}
