import { askedInvalidate, CacheEmitter } from "./emit-caches.js";
import { FloatEmitter } from "./emit-float.js";
import type { Window } from "./guest-memory.js";
import { cell, pageBits, pageReadable, pageSize, pageWritable } from "./layout.js";
import { coreLocal, scratch } from "./locals.js";
import { mode } from "./modes.js";
import type { Node } from "./node.js";
import type { EmitContext } from "./values.js";
import { op, type } from "./wasm-encoder.js";

/** Writes loads and stores. */
export class AccessEmitter extends FloatEmitter {
  /** What caches do, if there are any. */
  protected readonly caches: CacheEmitter | undefined;

  constructor(context: EmitContext) {
    super(context);
    if (context.caches !== undefined) this.caches = new CacheEmitter(this.code, context);
  }

  /** @param at - of the node in its program; `checked`: bases whose accesses of the kind may pass */
  protected load(node: Node, at: number, checked: Map<Node, "load" | "store">): void {
    this.#check(node, at, checked, "load");
    if (this.caches !== undefined) {
      this.value(node.args[0]!);
      this.code.set(scratch);
      this.caches.load();
    }
    this.keep(node);
  }

  protected store(node: Node, at: number, checked: Map<Node, "load" | "store">): void {
    this.#check(node, at, checked, "store");
    const { access, args, number: size } = node;
    if (this.caches !== undefined) {
      this.value(args[0]!);
      this.code.set(scratch);
      if (size > 1 && !access.aligned) {
        this.caches.crosses(size);
        this.faultIf();
      }
      this.caches.store(size);
    }
    this.#put(size, args[0]!, args[1]!);
  }

  /** LDREX: a load that opens the core's monitor. */
  protected loadExclusive(node: Node, at: number, checked: Map<Node, "load" | "store">): void {
    this.#check(node, at, checked, "load");
    this.keep(node);
    if (node.number === 8) {
      const high = this.fresh(node);
      this.address(node.args[0]!);
      this.code.memory(op.i32_load, this.context.ram + 4).set(high);
      this.highWords.set(node, high);
    }
    this.code
      .get(coreLocal)
      .get(scratch)
      .memory(op.i32_store, 4 * cell.exclusiveAddress);
    this.#monitor(node.number);
  }

  /** STREX: stores where the monitor is open for the address, and closes it; 0 when it stored. The monitor is looked at first. */
  protected storeExclusive(node: Node, at: number, checked: Map<Node, "load" | "store">): void {
    const { code } = this;
    const [address, value, high] = node.args;
    const result = this.fresh(node);
    const own = (word: number): void => {
      code.get(coreLocal).memory(op.i32_load, 4 * word);
    };
    // What is made in one arm must not be taken for made in what follows.
    const known = new Map(this.known);
    own(cell.exclusiveSize);
    code.constant(node.number).op(op.i32_eq);
    own(cell.exclusiveAddress);
    this.value(address!);
    code.op(op.i32_eq, op.i32_and, op.if, type.none);
    this.labels.push(undefined);
    this.#check(node, at, checked, "store");
    this.#put(Math.min(node.number, 4), address!, value!);
    if (high !== undefined) this.#put(4, address!, high, 4);
    code.constant(0).set(result).op(op.else).constant(1).set(result).op(op.end);
    this.labels.pop();
    this.known = known;
    known.set(node, result);
    this.#monitor(0);
  }

  /** CLREX. */
  protected clearExclusive(): void {
    this.#monitor(0);
  }

  /** Opens the core's monitor for so many bytes, or closes it. */
  #monitor(bytes: number): void {
    this.code
      .get(coreLocal)
      .constant(bytes)
      .memory(op.i32_store, 4 * cell.exclusiveSize);
  }

  #put(size: number, address: Node, value: Node, offset = 0): void {
    this.address(address);
    this.value(value);
    const store = size === 4 ? op.i32_store : size === 2 ? op.i32_store16 : op.i32_store8;
    this.code.memory(store, this.context.ram + offset);
  }

  /** In user mode the interpreter has it. */
  protected privileged(): void {
    const { code } = this;
    code
      .get(coreLocal)
      .memory(op.i32_load, 4 * cell.cpsr)
      .constant(0x1f)
      .op(op.i32_and);
    code.constant(mode.usr).op(op.i32_eq);
    this.faultIf();
  }

  /** Without caches an invalidation says that code may have changed: declared sites change in place, for all else the interpreter has it. */
  protected invalidate({ args }: Node): void {
    const { code } = this;
    this.privileged();
    code.get(coreLocal);
    this.value(args[0]!);
    code.op(op.call).u32(askedInvalidate);
    this.faultIf();
  }

  /** Lets the access pass only where its page may be accessed in place, within one page, and aligned if it must be. */
  #check(node: Node, at: number, checked: Map<Node, "load" | "store">, kind: "load" | "store"): void {
    const address = node.args[0]!;
    const { base, offset } = split(address);
    // Words from one base, as LDM and STM access them, are checked together: first and last in one page.
    const others = this.program.nodes.filter(
      (other, i) =>
        i >= at && other.op === kind && other.number === 4 && node.number === 4 && split(other.args[0]!).base === base,
    );
    if (checked.get(base) === kind && others.length > 0) return;
    const last = others.reduce((most, other) => Math.max(most, split(other.args[0]!).offset), offset);
    const bytes = last - offset + node.number;
    if (others.length > 1) checked.set(base, kind);
    const isAligned = node.number > 1 && node.access.aligned === true;
    // What lies at a constant is found in the page table without work.
    const window =
      address.op === "constant" ? undefined : this.context.windowAt(this.program.address, kind, baseOf(address));
    if (window === undefined) this.#lookAtPage(node, bytes, kind, isAligned);
    else this.#lookThrough(window, address, bytes, isAligned ? node.number : 1);
  }

  /** Lets an access pass within a page that may be accessed in place. */
  #lookAtPage({ args, number: size }: Node, bytes: number, kind: "load" | "store", isAligned: boolean): void {
    const code = this.code;
    this.value(args[0]!);
    code.tee(scratch).constant(pageBits).op(op.i32_shr_u).memory(op.i32_load8_u, this.context.table);
    code.constant(kind === "load" ? pageReadable : pageWritable).op(op.i32_and, op.i32_eqz);
    this.faultIf();
    if (isAligned) {
      code
        .get(scratch)
        .constant(size - 1)
        .op(op.i32_and);
      this.faultIf();
    }
    // What is aligned and no longer than its alignment lies in one page.
    if (bytes === 1 || (bytes === size && isAligned)) return;
    code
      .get(scratch)
      .constant(pageSize - 1)
      .op(op.i32_and)
      .constant(pageSize - bytes)
      .op(op.i32_gt_u);
    this.faultIf();
  }

  /**
   * Lets an access pass in the pages it is expected in: one comparison. What is not aligned, where it must be, is far away when the bits that
   * say so are moved to the top. An address elsewhere is the interpreter's, and the compiler's when that comes again.
   */
  #lookThrough({ start, size }: Window, address: Node, bytes: number, alignment: number): void {
    const code = this.code;
    const bits = 31 - Math.clz32(alignment);
    this.value(address);
    code.tee(scratch).constant(start).op(op.i32_sub);
    if (bits > 0) code.constant(bits).op(op.i32_rotr);
    code.constant((size - bytes) >>> bits).op(op.i32_gt_u);
    this.faultIf();
  }
}

/** The register that an address starts from. */
function baseOf({ op: name, number, args }: Node): number | undefined {
  if (name === "register") return number;
  return name === "add" || name === "sub" ? baseOf(args[0]!) : undefined;
}

/** An address as a base and what is added to it. */
function split(address: Node): { readonly base: Node; readonly offset: number } {
  const [x, y] = address.args;
  if (address.op === "add" && y!.op === "constant" && y!.number >= 0 && y!.number < 256)
    return { base: x!, offset: y!.number };
  return { base: address, offset: 0 };
}
