import { fpscrBits as bits } from "../pseudocode/floating-point.js";
import { askedBehind } from "./emit-caches.js";
import { cell } from "./layout.js";
import { coreLocal, firstFree, scratch } from "./locals.js";
import type { Node } from "./node.js";
import { maximumDoubles, ValueEmitter } from "./values.js";
import { type Code, op, type } from "./wasm-encoder.js";

const arithmetic: Readonly<Record<string, number>> = {
  fadd32: op.f32_add,
  fsub32: op.f32_sub,
  fmul32: op.f32_mul,
  fdiv32: op.f32_div,
  fsqrt32: op.f32_sqrt,
  fadd64: op.f64_add,
  fsub64: op.f64_sub,
  fmul64: op.f64_mul,
  fdiv64: op.f64_div,
  fsqrt64: op.f64_sqrt,
};

/** To integers: the number of the saturating conversion from double precision, and the way back. */
const integers: Readonly<Record<string, readonly [to: number, back: number]>> = {
  s32: [2, op.f64_convert_i32_s],
  u32: [3, op.f64_convert_i32_u],
};

/** Exponents of what is infinite or a NaN, and of the smallest normal numbers, as the upper word of the number has them. */
const largest = { 32: 0x7f800000, 64: 0x7ff00000 } as const;
const smallest = { 32: 0x00800000, 64: 0x00100000 } as const;

/** For checks of doubles. */
const [wide, part]: readonly [number, number] = [firstFree + maximumDoubles - 1, firstFree + maximumDoubles - 2];

const unchecked: ReadonlySet<string> = new Set(["f64_s32", "f64_u32"]);
const conversion = /^(round_)?[fsu](32|64)_[fsu](32|64)$/;

/** Is it made by what may meet an exception? */
export function isChecked(name: string): boolean {
  return (
    arithmetic[name] !== undefined || name.startsWith("fcompare") || (conversion.test(name) && !unchecked.has(name))
  );
}

/**
 * Writes floating-point arithmetic by the host's, which rounds to nearest, flushes nothing to zero, and says nothing of exceptions. So a value
 * is good where the FPSCR asks for no more, it is neither a NaN nor infinite nor so small that it may have been rounded as a subnormal number,
 * and that it is inexact, which most are, has been noted before. Anything else is left to the instruction's routine.
 */
export abstract class FloatEmitter extends ValueEmitter {
  protected override floatingPoint(node: Node): void {
    const { op: name, args } = node;
    const [x, y] = args as [Node, Node];
    const operation = arithmetic[name];
    if (operation !== undefined) this.#arithmetic(node, operation);
    else if (name.startsWith("fcompare")) this.#compare(x, y, name === "fcompare64" ? 64 : 32);
    else if (name.startsWith("f32_") && name !== "f32_f64") this.#ofInteger32(x, name === "f32_s32");
    else if (name === "f64_s32" || name === "f64_u32") {
      this.value(x);
      this.code.op(name === "f64_s32" ? op.f64_convert_i32_s : op.f64_convert_i32_u);
    } else if (name === "f64_f32") this.#widen(x);
    else if (name === "f32_f64") this.#narrow(x);
    else this.#toInteger(name, x);
  }

  /** Pushes the bits of the FPSCR under the mask. */
  #status(mask: number): void {
    this.code
      .get(coreLocal)
      .memory(op.i32_load, 4 * cell.fpscr)
      .constant(mask)
      .op(op.i32_and);
  }

  #arithmetic({ op: name, args }: Node, operation: number): void {
    const { code } = this;
    const size = name.endsWith("64") ? 64 : 32;
    this.#mayBeInexact(() => this.#inexact(name, size, args, operation));
    for (const arg of args) {
      this.value(arg);
      if (size === 32) code.op(op.f32_reinterpret_i32);
    }
    code.op(operation);
    const [x, y] = args;
    if (name.startsWith("fmul")) this.#normal(size, size, [x!, y!]);
    else if (name.startsWith("fdiv")) this.#normal(size, size, [x!]);
    else this.#finite(size);
  }

  /** Keeps the number on the stack, and pushes what of its bits has sign and exponent. */
  #top(size: 32 | 64): void {
    const { code } = this;
    if (size === 32) code.op(op.i32_reinterpret_f32).tee(scratch).get(scratch);
    else code.tee(wide).get(wide).op(op.i64_reinterpret_f64, op.i64_const, 32, op.i64_shr_u, op.i32_wrap_i64);
    code.constant(0x7fffffff).op(op.i32_and);
  }

  /** The number on the stack is no NaN and not infinite. A sum that is too small to be normal is exact. */
  #finite(size: 32 | 64): void {
    this.#top(size);
    this.code.constant(largest[size]).op(op.i32_ge_u);
    this.faultIf();
  }

  /** The number on the stack is normal, and was so before it was rounded; or zero, as one of those it was made from, of `from` bits, is. */
  #normal(size: 32 | 64, from: 32 | 64, nodes: readonly Node[]): void {
    const { code } = this;
    this.#top(size);
    // What is just above the smallest normal number may have been rounded up to it.
    const least = smallest[size] + 1;
    code
      .constant(least)
      .op(op.i32_sub)
      .constant(largest[size] - least)
      .op(op.i32_ge_u, op.if, type.none);
    this.labels.push(undefined);
    // What is made here must not be taken for made in what follows.
    const { known } = this;
    this.known = new Map(known);
    const isZero = (): void => {
      code.op(op.f64_const, 0, 0, 0, 0, 0, 0, 0, 0, op.f64_eq);
    };
    if (size === 32) code.get(scratch).op(op.f32_reinterpret_i32, op.f64_promote_f32);
    else code.get(wide);
    isZero();
    nodes.forEach((node, i) => {
      this.value(node);
      if (from === 32) code.op(op.f32_reinterpret_i32, op.f64_promote_f32);
      isZero();
      if (i > 0) code.op(op.i32_or);
    });
    code.op(op.i32_and, op.i32_eqz);
    this.faultIf();
    this.known = known;
    this.labels.pop();
    code.op(op.end);
  }

  /** Where rounding is as the host's, and nothing flushed: what `isInexact` says must not be, or have been noted before. */
  #mayBeInexact(isInexact: () => void): void {
    const { code } = this;
    this.#status(bits.RMode | bits.FZ | bits.IXC);
    code.constant(bits.IXC).op(op.i32_ne, op.if, type.none);
    this.labels.push(undefined);
    this.#status(bits.RMode | bits.FZ);
    this.faultIf();
    // What is made here must not be taken for made in what follows.
    const { known } = this;
    this.known = new Map(known);
    isInexact();
    this.faultIf();
    this.known = known;
    this.labels.pop();
    code.op(op.end);
  }

  /** Pushes whether the host's result of an operation is other than exact. */
  #inexact(name: string, size: 32 | 64, args: readonly Node[], operation: number): void {
    const { code } = this;
    const asDouble = (node: Node): void => {
      this.value(node);
      if (size === 32) code.op(op.f32_reinterpret_i32, op.f64_promote_f32);
    };
    const x = (): void => asDouble(args[0]!);
    const y = (): void => asDouble(args[1]!);
    if (/^f(add|sub)/.test(name)) {
      this.#inexactSum(x, y, name.startsWith("fsub"));
      if (size === 32) code.get(wide).get(wide).op(op.f32_demote_f64, op.f64_promote_f32, op.f64_ne, op.i32_or);
      return;
    }
    for (const arg of args) {
      this.value(arg);
      if (size === 32) code.op(op.f32_reinterpret_i32);
    }
    code.op(operation);
    if (size === 32) code.op(op.f64_promote_f32);
    code.set(wide);
    const result = (): Code => code.get(wide);
    // Which two are to have which product.
    const [a, b, product] = name.startsWith("fmul")
      ? [x, y, result]
      : name.startsWith("fdiv")
        ? [result, y, x]
        : [result, result, x];
    a();
    b();
    // Of numbers in single precision the product is one in double precision.
    if (size === 32) code.op(op.f64_mul);
    product();
    if (size === 32) code.op(op.f64_ne);
    else
      code
        .op(op.call)
        .u32(askedBehind("exact", this.context.caches !== undefined))
        .op(op.i32_eqz);
  }

  /** Pushes whether a sum in double precision has an error, and keeps the sum: what either number is not in it. */
  #inexactSum(x: () => void, y: () => void, isDifference: boolean): void {
    const { code } = this;
    const second = (): void => {
      y();
      if (isDifference) code.op(op.f64_neg);
    };
    x();
    second();
    code.op(op.f64_add).tee(wide);
    x();
    code.op(op.f64_sub).set(part);
    x();
    code.get(wide).get(part).op(op.f64_sub, op.f64_sub);
    second();
    code.get(part).op(op.f64_sub, op.f64_add, op.f64_const, 0, 0, 0, 0, 0, 0, 0, 0, op.f64_ne);
  }

  #ofInteger32(x: Node, isSigned: boolean): void {
    const { code } = this;
    const single = (): void => {
      this.value(x);
      code.op(isSigned ? op.f32_convert_i32_s : op.f32_convert_i32_u);
    };
    this.#mayBeInexact(() => {
      single();
      code.op(op.f64_promote_f32);
      this.value(x);
      code.op(isSigned ? op.f64_convert_i32_s : op.f64_convert_i32_u, op.f64_ne);
    });
    single();
    code.op(op.i32_reinterpret_f32);
  }

  #widen(x: Node): void {
    const { code } = this;
    this.#status(bits.FZ);
    this.faultIf();
    this.value(x);
    // Only a NaN is no number in either precision.
    code.op(op.f32_reinterpret_i32, op.f64_promote_f32).tee(wide).get(wide).get(wide).op(op.f64_ne);
    this.faultIf();
  }

  #narrow(x: Node): void {
    const { code } = this;
    this.#mayBeInexact(() => {
      this.value(x);
      code.op(op.f32_demote_f64, op.f64_promote_f32);
      this.value(x);
      code.op(op.f64_ne);
    });
    this.value(x);
    code.op(op.f32_demote_f64);
    this.#normal(32, 64, [x]);
  }

  /** An integer that is the number itself is exact; any other, where it is in range and no more than inexact, which has been noted before. */
  #toInteger(name: string, x: Node): void {
    const { code } = this;
    const rounds = name.startsWith("round_");
    const [kind, from] = (rounds ? name.slice("round_".length) : name).split("_") as [string, string];
    const [to, back] = integers[kind]!;
    const whole = rounds ? op.f64_nearest : op.f64_trunc;
    const differs = (): void => {
      code.get(scratch).op(back, op.f64_ne);
    };
    this.value(x);
    if (from === "f32") code.op(op.f32_reinterpret_i32, op.f64_promote_f32);
    code.tee(wide).op(whole, op.saturating, to).set(scratch);
    code.get(wide);
    differs();
    const mask = (rounds ? bits.RMode : 0) | bits.FZ | bits.IXC;
    this.#status(mask);
    code.constant(bits.IXC).op(op.i32_ne);
    code.get(wide).op(whole);
    differs();
    code.op(op.i32_or, op.i32_and);
    this.faultIf();
    code.get(scratch);
  }

  #compare(x: Node, y: Node, size: 32 | 64): void {
    const { code } = this;
    const pair = (operation: number): void => {
      for (const node of [x, y]) {
        this.value(node);
        if (size === 32) code.op(op.f32_reinterpret_i32);
      }
      code.op(operation);
    };
    this.#status(bits.FZ);
    this.faultIf();
    code.constant(6).constant(8).constant(2).constant(3);
    pair(size === 64 ? op.f64_gt : op.f32_gt);
    code.op(op.select);
    pair(size === 64 ? op.f64_lt : op.f32_lt);
    code.op(op.select);
    pair(size === 64 ? op.f64_eq : op.f32_eq);
    code.op(op.select).tee(scratch).get(scratch).constant(3).op(op.i32_eq);
    this.faultIf();
  }
}
