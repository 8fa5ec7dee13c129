/** What the instruction at a static branch's site is: it falls through, or it jumps to the entry's target. */
export type SiteForm = "nop" | "branch";

/**
 * The form that the compiler puts at a site, and that a freshly loaded module has.
 *
 * @param initiallyTrue - the key's type: `DEFINE_STATIC_KEY_TRUE` or `_FALSE`
 * @param likely - the branch's: `static_branch_likely` or `_unlikely`
 *
 * @example
 * ```ts
 * compiledForm(false, false); // "nop"
 * compiledForm(false, true); // "branch"
 * ```
 *
 * @see linux include/linux/jump_label.h
 */
export function compiledForm(initiallyTrue: boolean, likely: boolean): SiteForm {
  return initiallyTrue === likely ? "nop" : "branch";
}

/**
 * The form at a site of the deprecated accessors, `static_key_true(key)` (likely) and `static_key_false(key)` (unlikely), which do not
 * know the key's type: always a NOP.
 *
 * That is right for a true key read by the one and a false key read by the other. On the other two memory starts out wrong, and stays so
 * until the key is switched: boot and module load compare the types they compute, not what is there. {@link untypedIsWrong} says when.
 *
 * @example
 * ```ts
 * untypedForm(); // "nop"
 * ```
 *
 * @see linux include/linux/jump_label.h
 */
export function untypedForm(): SiteForm {
  return "nop";
}

/**
 * Whether a deprecated accessor's site tells the opposite of its key until that is switched for the first time.
 *
 * @param initiallyTrue - what the key was declared as
 * @param likely - what the accessor says of the branch
 *
 * @example
 * ```ts
 * untypedIsWrong(false, false); // false
 * untypedIsWrong(true, false); // true
 * ```
 */
export function untypedIsWrong(initiallyTrue: boolean, likely: boolean): boolean {
  return untypedForm() !== compiledForm(initiallyTrue, likely);
}

/**
 * The form that a site has once its key was switched.
 *
 * @param enabled - whether the key is on
 * @param likely - what the accessor says of the branch
 *
 * @example
 * ```ts
 * formNow(true, false); // "branch"
 * formNow(true, true); // "nop"
 * ```
 *
 * @see linux kernel/jump_label.c jump_label_type
 */
export function formNow(enabled: boolean, likely: boolean): SiteForm {
  return enabled === likely ? "nop" : "branch";
}
