import type { ElfImage } from "@cmodx/elf";
import { type TableSite, tableSite } from "./subject.js";

/**
 * Where the tracer's entries call what traces: rewritten whenever a tracer comes or goes. No table has them.
 *
 * @see linux arch/arm/kernel/entry-ftrace.S, arch/arm/kernel/ftrace.c
 */
const tracerCalls = ["ftrace_call", "ftrace_regs_call", "ftrace_graph_call", "ftrace_graph_regs_call"] as const;

export function tracerCallSites(image: ElfImage): TableSite[] {
  return image.relocatable ? [] : tracerCalls.flatMap((name) => siteAt(image, name));
}

/**
 * The helpers whose first two words become a division and a return at boot, on a processor that divides.
 *
 * A kernel built with CONFIG_ARM_PATCH_IDIV aligns both to eight bytes, and nothing else in the image tells that it was: where
 * both are, these are the sites.
 *
 * @see linux arch/arm/kernel/setup.c patch_aeabi_idiv, arch/arm/lib/lib1funcs.S
 */
export function divisionSites(image: ElfImage): TableSite[] {
  const isKernel = !image.relocatable && image.symbols.find("__proc_info_begin") >= 0;
  const helpers = isKernel ? ["__aeabi_uidiv", "__aeabi_idiv"].flatMap((name) => siteAt(image, name)) : [];
  if (helpers.length < 2 || helpers.some(({ place }) => place.address % 8 !== 0)) return [];
  return helpers.flatMap(({ place }) => [tableSite(place), tableSite({ ...place, address: place.address + 4 })]);
}

/**
 * The first entries of a module's PLTs, which the loader makes for the tracer whether a call needs them or not: a call site that
 * does not reach the tracer's entry goes through them. Only a kernel with CONFIG_ARM_MODULE_PLTS gives its modules these sections,
 * and only a module with call sites makes these entries matter.
 *
 * @see linux arch/arm/kernel/module-plts.c
 */
export function modulePltSites(image: ElfImage): TableSite[] {
  if (!image.relocatable || image.sectionsNamed("__mcount_loc").length === 0) return [];
  return [".plt", ".init.plt"].flatMap((name) =>
    image
      .sectionsNamed(name)
      .flatMap((section) =>
        ["ftrace_caller", "__gnu_mcount_nc"].map((callee, entry) =>
          tableSite(
            { section, address: entry * pltEntryBytes, flags: 0 },
            { section: undefined, address: 0, external: callee },
          ),
        ),
      ),
  );
}

/** A load of the PC; the words that it loads lie behind the loads of a cache line. */
const pltEntryBytes = 4;

function siteAt(image: ElfImage, name: string): TableSite[] {
  const index = image.symbols.find(name);
  if (index < 0 || !image.symbols.defined(index)) return [];
  // A label has no Thumb bit, a function has: the mapping symbols tell either way.
  const address = (image.symbols.address(index) & ~1) >>> 0;
  return [tableSite({ ...image.locate(address), flags: image.symbols.value[index]! & 1 })];
}
