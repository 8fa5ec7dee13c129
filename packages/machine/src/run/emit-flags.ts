import type { FlagSet } from "./flag-liveness.js";
import { cell } from "./layout.js";
import { coreLocal, negative, one, other, overflow, scratch, zero } from "./locals.js";
import type { Node } from "./node.js";
import { flagsBit, type StateSet } from "./state-liveness.js";
import { Code, op } from "./wasm-encoder.js";

/** Writes what has to do with the flags. */
export abstract class FlagEmitter {
  protected readonly code: Code = new Code();
  /** Flags whose locals do not hold them here, because nothing reads them. */
  protected stale: FlagSet = 0;
  /** What may differ from the core's cells here. */
  protected dirty: StateSet = 0;
  /** Do the flags come from comparing `one` with `other`? */
  protected compared = false;

  /** Pushes a value. */
  protected abstract value(node: Node): void;

  protected flag(name: string): void {
    const code = this.code;
    switch (name) {
      case "N":
        code.get(negative).constant(31).op(op.i32_shr_u);
        return;
      case "Z":
        code.get(zero).op(op.i32_eqz);
        return;
      case "C":
        code.get(one).get(other).op(op.i32_ge_u);
        return;
      case "V":
        code.get(overflow).constant(31).op(op.i32_shr_u);
        return;
      default:
        code.get(coreLocal).memory(op.i32_load, 4 * (name === "Q" ? cell.q : cell.ge));
    }
  }

  protected setFlag({ text, args }: Node): void {
    const code = this.code;
    this.stale &= ~({ N: 8, Z: 4, C: 2, V: 1 }[text] ?? 0);
    if (text.length === 1 && text !== "Q") this.dirty |= flagsBit;
    const [value] = args;
    const [x, y, z] = value!.args;
    switch (text) {
      case "N":
        // N is bit 31 of the result: the result itself says it.
        if (value!.op === "shr" && y!.op === "constant" && y!.number === 31) this.value(x!);
        else {
          code.constant(0);
          this.value(value!);
          code.op(op.i32_sub);
        }
        code.set(negative);
        this.compared = false;
        return;
      case "Z":
        if (value!.op === "eqz") this.value(x!);
        else {
          this.value(value!);
          code.op(op.i32_eqz);
        }
        code.set(zero);
        return;
      case "C": {
        const minus = value!.op === "carry" && z!.op === "constant" && z!.number === 1 ? complement(y!) : undefined;
        if (minus === undefined) {
          this.value(value!);
          code.set(one).constant(1).set(other);
          this.compared = false;
          return;
        }
        this.value(x!);
        if (typeof minus === "number") code.constant(minus);
        else this.value(minus);
        code.set(other).set(one);
        this.compared = true;
        return;
      }
      case "V":
        if (value!.op === "overflow") this.overflow(x!, y!, z!);
        else {
          this.compared = false;
          code.constant(0);
          this.value(value!);
          code.op(op.i32_sub);
        }
        code.set(overflow);
        return;
      default:
        code.get(coreLocal);
        this.value(value!);
        code.memory(op.i32_store, 4 * (text === "Q" ? cell.q : cell.ge));
    }
  }

  /** The carry of x + y + carry as 0 or 1. */
  protected carry(x: Node, y: Node, carry: Node): void {
    const code = this.code;
    const sum = (): void => {
      this.value(x);
      this.value(y);
      code.op(op.i32_add);
    };
    if (carry.op === "constant" && carry.number === 0) {
      sum();
      this.value(x);
      code.op(op.i32_lt_u);
      return;
    }
    // With a carry in, the sum wraps when it is not above the operand; without, when it is below.
    sum();
    this.value(x);
    code.op(op.i32_lt_u);
    sum();
    this.value(carry);
    code.op(op.i32_add);
    this.value(carry);
    code.op(op.i32_lt_u, op.i32_or);
  }

  /** A number that is negative when x + y + carry overflows. */
  protected overflow(x: Node, y: Node, carry: Node): void {
    const code = this.code;
    const minus = carry.op === "constant" && carry.number === 1 ? complement(y) : undefined;
    if (minus !== undefined) {
      const taken = (): void => {
        if (typeof minus === "number") code.constant(minus);
        else this.value(minus);
      };
      this.value(x);
      taken();
      code.op(op.i32_sub);
      this.value(x);
      code.op(op.i32_xor);
      this.value(x);
      taken();
      code.op(op.i32_xor, op.i32_and);
      return;
    }
    const sum = (): void => {
      this.value(x);
      this.value(y);
      code.op(op.i32_add);
      if (carry.op === "constant" && carry.number === 0) return;
      this.value(carry);
      code.op(op.i32_add);
    };
    sum();
    code.tee(scratch);
    this.value(x);
    code.op(op.i32_xor).get(scratch);
    this.value(y);
    code.op(op.i32_xor, op.i32_and);
  }

  protected condition(condition: number): void {
    const code = this.code;
    const compare = (operation: number): void => {
      code.get(one).get(other).op(operation);
    };
    const sign = (): void => {
      code.get(negative).get(overflow).op(op.i32_xor).constant(0);
    };
    switch (condition) {
      case 0:
        code.get(zero).op(op.i32_eqz);
        return;
      case 1:
        code.get(zero).constant(0).op(op.i32_ne);
        return;
      case 2:
        return void compare(op.i32_ge_u);
      case 3:
        return void compare(op.i32_lt_u);
      case 4:
        code.get(negative).constant(0).op(op.i32_lt_s);
        return;
      case 5:
        code.get(negative).constant(0).op(op.i32_ge_s);
        return;
      case 6:
        code.get(overflow).constant(0).op(op.i32_lt_s);
        return;
      case 7:
        code.get(overflow).constant(0).op(op.i32_ge_s);
        return;
      case 8:
        if (this.compared) return void compare(op.i32_gt_u);
        compare(op.i32_ge_u);
        code.get(zero).constant(0).op(op.i32_ne, op.i32_and);
        return;
      case 9:
        if (this.compared) return void compare(op.i32_le_u);
        compare(op.i32_lt_u);
        code.get(zero).op(op.i32_eqz, op.i32_or);
        return;
      case 10:
        if (this.compared) return void compare(op.i32_ge_s);
        sign();
        code.op(op.i32_ge_s);
        return;
      case 11:
        if (this.compared) return void compare(op.i32_lt_s);
        sign();
        code.op(op.i32_lt_s);
        return;
      case 12:
        if (this.compared) return void compare(op.i32_gt_s);
        sign();
        code.op(op.i32_ge_s).get(zero).constant(0).op(op.i32_ne, op.i32_and);
        return;
      case 13:
        if (this.compared) return void compare(op.i32_le_s);
        sign();
        code.op(op.i32_lt_s).get(zero).op(op.i32_eqz, op.i32_or);
        return;
      default:
        code.constant(1);
    }
  }
}

/** y when the node is NOT(y). */
function complement(node: Node): Node | number | undefined {
  if (node.op === "constant") return ~node.number;
  const [x, y] = node.args;
  return node.op === "xor" && y!.op === "constant" && y!.number === -1 ? x : undefined;
}
