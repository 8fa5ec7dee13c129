/** Why words differ from LLVM's C API, which decodes words that it marks as little as words that it rejects. */
export const llvmClasses: Readonly<Record<string, { readonly why: string; readonly keys: RegExp }>> = {};

/** The class that a count belongs to; undefined when it is not explained. */
export function classOf(key: string): string | undefined {
  return Object.keys(llvmClasses).find((name) => llvmClasses[name]!.keys.test(key));
}
