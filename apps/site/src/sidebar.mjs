// In the order in which a reader would take the pages. What has no place of its own here comes by what it is, in the order of the build.
const page = (label, slug) => ({ label, slug });

/** @param pages - every page that is built, as `{ slug, title }` */
export function sidebarOf(pages) {
  const placed = new Set(["", ...slugsOf(ordered)]);
  const below = (folder) => {
    const found = pages.filter(({ slug }) => slug.startsWith(`${folder}/`) && !placed.has(slug));
    for (const { slug } of found) placed.add(slug);
    return found.map(({ title, slug }) => page(title, slug));
  };
  const exists = ({ slug }) => pages.some((each) => each.slug === slug);
  const fill = (entry) => {
    if ("below" in entry) return below(entry.below);
    if (entry.items !== undefined) return [{ ...entry, items: entry.items.flatMap(fill) }];
    return exists(entry) ? [entry] : [];
  };
  const filled = ordered.flatMap(fill);
  const rest = pages.filter(({ slug }) => !placed.has(slug)).map(({ title, slug }) => page(title, slug));
  return filled.map((group) => (group.label === "How it is" ? { ...group, items: [...group.items, ...rest] } : group));
}

const slugsOf = (items) => items.flatMap((item) => [item.slug, ...slugsOf(item.items ?? [])]);

const ordered = [
  {
    label: "Try it",
    items: [
      page("Quick start", "guides/quick-start"),
      page("Playground", "playground"),
      page("Encoding explorer", "encodings"),
      page("Trace viewer", "traces"),
    ],
  },
  {
    label: "Learn",
    items: [
      page("Six lessons", "learn"),
      page("1. Fetch and caches", "learn/1-fetch-and-caches"),
      page("2. The lists", "learn/2-the-lists"),
      page("3. Torn instructions", "learn/3-torn-instructions"),
      page("4. Barriers and maintenance", "learn/4-barriers-and-maintenance"),
      page("5. Stopping the machine", "learn/5-stopping-the-machine"),
      page("6. Tracers, keys, probes", "learn/6-tracers-keys-probes"),
    ],
  },
  {
    label: "Guides",
    items: [
      page("Kernel developer", "guides/kernel-developer"),
      page("JIT author", "guides/jit-author"),
      page("Hypervisor", "guides/hypervisor"),
      page("Instrumentation", "guides/instrumentation"),
      page("Emulator", "guides/emulator"),
      page("Teacher", "guides/teacher"),
      page("Auditing an image", "audit"),
      page("Tracing a program", "tracing"),
      page("What tracing costs", "ftrace-costs"),
      page("Kprobes", "kprobes"),
      page("Campaigns", "campaigns"),
    ],
  },
  {
    label: "How it is",
    items: [
      page("The rules", "rules"),
      page("Every pair of kinds", "rules-table"),
      page("Protocols", "protocols"),
      {
        label: "Each protocol",
        collapsed: true,
        items: [{ below: "protocols" }],
      },
      page("Proofs", "proofs"),
      page("The model", "model"),
      page("What surprises", "surprises"),
      page("The codec", "codec"),
      page("Limits", "guides/limits"),
      page("How it was validated", "guides/validation"),
      page("The thread of 2012", "seed-thread"),
      page("Glossary", "glossary"),
    ],
  },
  {
    label: "Catalogues",
    items: [
      page("Protocols", "catalogue/protocols"),
      page("Incidents", "catalogue/incidents"),
      page("Incidents, told", "incidents"),
      page("Litmus tests", "catalogue/litmus"),
      page("Litmus tests, told", "litmus"),
      page("Audit findings", "catalogue/findings"),
      page("Errors", "errors"),
    ],
  },
  {
    label: "The command",
    items: [page("Overview", "commands"), { below: "commands" }],
  },
  {
    label: "Packages",
    collapsed: true,
    items: [{ below: "packages" }, page("Samples", "samples")],
  },
  {
    label: "API",
    collapsed: true,
    items: [{ below: "api" }],
  },
  {
    label: "About",
    collapsed: true,
    items: [
      page("Benchmarks", "guides/benchmarks"),
      page("What was measured", "benchmarks"),
      page("Citing", "guides/citing"),
      page("Decisions", "decisions"),
      { label: "Each decision", collapsed: true, items: [{ below: "decisions" }] },
    ],
  },
];
