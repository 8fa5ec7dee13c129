// Brings real kernels to try cmodx on: Debian's newest armhf kernel, its modules and its unstripped vmlinux, into real-inputs/.
//
//   node scripts/real-inputs.mjs             (Debian or Ubuntu; apt-get, dpkg-deb, tar; 700 MB to download, 450 MB on disk)
//   node scripts/real-inputs.mjs --flavour rt-armmp
//   node scripts/real-inputs.mjs --architecture armel --flavour marvell
//
// Running it again does nothing until Debian has a newer kernel. apt gets lists, cache and status of its own, so the system's
// packages are never touched. The folder is ignored by git: these are Debian's files, not ours.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    architecture: { type: "string", default: "armhf" },
    flavour: { type: "string", default: "armmp" },
  },
});
const root = join(dirname(dirname(fileURLToPath(import.meta.url))), "real-inputs");
const apt = join(root, ".apt", options.architecture);
for (const folder of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(apt, folder), { recursive: true });
writeFileSync(join(apt, "status"), "");

const aptOptions = [
  `APT::Architecture=${options.architecture}`,
  `APT::Architectures=${options.architecture}`,
  "APT::Sandbox::User=root",
  `Dir::State::Lists=${join(apt, "lists")}`,
  `Dir::State::status=${join(apt, "status")}`,
  `Dir::Cache=${join(apt, "cache")}`,
  "Dir::Etc::SourceParts=/etc/apt/sources.list.d",
].flatMap((option) => ["-o", option]);

/** Says what went wrong and what to do, and ends. */
function fail(what, remedy) {
  console.error(`real-inputs: ${what}; ${remedy}`);
  process.exit(2);
}

/** Runs apt with our own state; its progress goes to the terminal. */
function aptGet(args, cwd = root) {
  const { status, error } = spawnSync("apt-get", [...aptOptions, ...args], { cwd, stdio: "inherit" });
  if (error) fail(`apt-get: ${error.message}`, "run this on Debian or Ubuntu");
  return status === 0;
}

function aptCache(...args) {
  return spawnSync("apt-cache", [...aptOptions, ...args], { encoding: "utf8", maxBuffer: 1 << 28 }).stdout ?? "";
}

/** The newest `linux-image-RELEASE-FLAVOUR`: the highest release by number, since packages of several ABIs coexist. */
function newestImage() {
  const name = new RegExp(`^linux-image-\\d[\\w.+~]*(-\\d[\\w.]*)?-${options.flavour}$`);
  return aptCache("pkgnames", "linux-image-")
    .split("\n")
    .filter((line) => name.test(line) && aptCache("madison", line) !== "" && aptCache("madison", `${line}-dbg`) !== "")
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
}

/** Downloads a package into the apt cache folder unless it is there whole, and gives the path of its .deb. */
function download(packageName) {
  const folder = join(apt, "deb");
  mkdirSync(folder, { recursive: true });
  if (!aptGet(["download", packageName], folder))
    fail(`cannot download ${packageName}`, "check the network and run again");
  const file = readdirSync(folder).find((entry) => entry.startsWith(`${packageName}_`) && entry.endsWith(".deb"));
  if (file === undefined) fail(`apt-get download left no ${packageName}_*.deb`, "run again");
  return join(folder, file);
}

/** Unpacks the members that match `patterns`; a pipe, because the dbg package holds 2.6 GB that nobody needs. */
async function unpack(deb, into, patterns) {
  mkdirSync(into, { recursive: true });
  const source = spawn("dpkg-deb", ["--fsys-tarfile", deb], { stdio: ["ignore", "pipe", "inherit"] });
  const sink = spawn("tar", ["-x", "-C", into, "--wildcards", ...patterns], { stdio: ["pipe", "inherit", "inherit"] });
  source.stdout.pipe(sink.stdin);
  sink.stdin.on("error", () => {});
  const ends = (child) =>
    new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
  const [, status] = await Promise.all([ends(source), ends(sink)]);
  if (status !== 0) fail(`tar could not unpack ${deb}`, "delete real-inputs/.apt and run again");
}

console.log("real-inputs: reading the package lists");
// One broken suite (security mirrors lag) must not stop the rest: what counts is whether the package is found.
aptGet(["update", "-q"]);
const image = newestImage();
if (image === undefined) {
  fail(
    `no linux-image-*-${options.flavour} for ${options.architecture}`,
    "check that the apt sources name a Debian mirror",
  );
}
const release = image.slice("linux-image-".length);
const home = join(root, release);
if (existsSync(join(home, ".complete"))) {
  console.log(`real-inputs: ${release} is here already`);
  process.exit(0);
}

const work = join(root, `.unpack-${release}`);
rmSync(work, { recursive: true, force: true });
for (const [packageName, patterns] of [
  [image, ["./boot/config-*", "./boot/vmlinuz-*", "./lib/modules/*", "./usr/lib/modules/*"]],
  [`${image}-dbg`, ["./usr/lib/debug/boot/vmlinux*"]],
]) {
  console.log(`real-inputs: downloading ${packageName}`);
  const deb = download(packageName);
  console.log(`real-inputs: unpacking ${packageName} (${Math.round(statSync(deb).size / 1e6)} MB)`);
  // Debian moved modules to /usr/lib/modules: one of the two patterns matches nothing, which tar would call an error.
  const listed =
    packageName === image ? spawnSync("dpkg-deb", ["-c", deb], { encoding: "utf8", maxBuffer: 1 << 28 }).stdout : "";
  const present =
    packageName === image ? patterns.filter((p) => listed.includes(` ${p.replace(/\*$/, "")}`)) : patterns;
  await unpack(deb, work, present);
  rmSync(deb);
}

const boot = join(work, "boot");
mkdirSync(home, { recursive: true });
for (const [from, to] of [
  [join(work, "usr/lib/debug/boot", `vmlinux-${release}`), "vmlinux"],
  [join(boot, `vmlinuz-${release}`), "vmlinuz"],
  [join(boot, `config-${release}`), "config"],
  [join(work, "lib/modules", release), "modules"],
  [join(work, "usr/lib/modules", release), "modules"],
]) {
  if (existsSync(from)) renameSync(from, join(home, to));
}
if (!existsSync(join(home, "vmlinux")))
  fail(`${image}-dbg holds no vmlinux-${release}`, "report this: the package's layout changed");
rmSync(work, { recursive: true, force: true });
writeFileSync(join(home, ".complete"), "");
console.log(`real-inputs: ${release} is in ${home}`);
