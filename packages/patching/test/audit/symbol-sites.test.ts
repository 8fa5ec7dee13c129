import type { Site } from "@cmodx/patching";
import { expect, test } from "vitest";
import { auditBytes, Damaged, renamed, type SampleName } from "./samples.js";

const sitesOf = (bytes: Uint8Array, kind: "ftrace_call" | "idiv") => auditBytes(bytes, { kinds: [kind] }).sites;
const changes = ({ transitions }: Site) => transitions.map(({ name, to }) => `${name}: ${to.text}`);

test("the calls in the tracer's entries are sites, known by their labels", () => {
  const at = new Damaged("sites-arm.elf").addressOf("square");
  const bytes = renamed("sites-arm.elf", {
    triangle: { to: "ftrace_call", value: at + 8 },
    mix: { to: "ftrace_graph_call", value: at + 12 },
    work: { to: "arch_ftrace_ops_list_func" },
    gather: { to: "ftrace_graph_caller" },
  });
  const target = (name: string) => `0x${new Damaged("sites-arm.elf").addressOf(name).toString(16)}`;
  expect(sitesOf(bytes, "ftrace_call").map((site) => [site.address - at, ...changes(site)])).toEqual([
    [8, `on: bl ${target("work")}`, `off: bl ${target("__gnu_mcount_nc")}`],
    [12, `on: b ${target("gather")}`, "off: mov r4, r0"],
  ]);
});

const helpers = (name: SampleName, uidiv: number, kernel = true) => {
  const at = new Damaged(name).addressOf("print") & ~7;
  return renamed(name, {
    square: { to: "__aeabi_idiv", value: at },
    triangle: { to: "__aeabi_uidiv", value: at + uidiv },
    work: { to: kernel ? "__proc_info_begin" : "elsewhere" },
  });
};

test("the division helpers become a division and a return at boot", () => {
  const sites = sitesOf(helpers("sites-arm.elf", 16), "idiv");
  expect(sites.map(({ transitions }) => transitions.map(({ name, to }) => `${name}: ${to.bytes}`))).toEqual([
    ["boot: 10f130e7"],
    ["boot: 1eff2fe1"],
    ["boot: 10f110e7"],
    ["boot: 1eff2fe1"],
  ]);
});

test("helpers that no kernel replaces are no sites", () => {
  expect(sitesOf(helpers("sites-arm.elf", 12), "idiv")).toEqual([]);
  expect(sitesOf(helpers("sites-arm.elf", 16, false), "idiv")).toEqual([]);
});

test("the second word of a Thumb helper need not begin an instruction", () => {
  const image = new Damaged("sites-thumb2.elf");
  const at = (image.addressOf("square") + 7) & ~7;
  const bytes = renamed("sites-thumb2.elf", {
    square: { to: "__aeabi_idiv", value: at },
    triangle: { to: "__aeabi_uidiv", value: at },
    work: { to: "__proc_info_begin" },
  });
  // Two bytes, four, two.
  bytes.set([0x00, 0xbf, 0xaf, 0xf3, 0x00, 0x80, 0x00, 0xbf], image.offsetOf(at));
  const sites = sitesOf(bytes, "idiv");
  expect(sites.map(({ address }) => address - at)).toEqual([0, 4, 0, 4]);
  expect(sites.flatMap(({ findings }) => findings.map(({ id }) => id))).not.toContain("not-boundary");
});

test("the loader makes entries for the tracer in a module's PLTs", () => {
  const pltOf = (name: "sites-arm.ko" | "sites-arm.elf") => {
    const bytes = new Damaged(name).bytes;
    bytes.set(new TextEncoder().encode(".plt\0"), Buffer.from(bytes).lastIndexOf(".comment"));
    return auditBytes(bytes, { kinds: ["module_plt"] });
  };
  const { sites, summary } = pltOf("sites-arm.ko");
  expect(sites.map(({ section, address, targetSymbol }) => [section, address, targetSymbol])).toEqual([
    [".plt", 0, "ftrace_caller"],
    [".plt", 4, "__gnu_mcount_nc"],
  ]);
  expect(summary.module_plt?.byForm).toEqual({ data: 2 });
  expect(pltOf("sites-arm.elf").sites).toEqual([]);
});
