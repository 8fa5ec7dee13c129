// `npm start`, `npm test` and friends, from nothing but Node: installs what is missing, builds, then does what was asked.
// Uses no dependency, because it is what brings the dependencies.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [verb = "build", ...rest] = process.argv.slice(2);

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`cmodx: Node ${process.versions.node} is too old; install Node 20.19 or newer`);
  process.exit(2);
}

const env = {
  ...process.env,
  PATH: join(root, "node_modules", ".bin") + delimiter + process.env.PATH,
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
};

/** Runs one command in the root and ends this process with its status when it fails. */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: "inherit" });
  if (error) console.error(`cmodx: ${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function install() {
  const stamp = join(root, "node_modules", ".modules.yaml");
  const lock = join(root, "pnpm-lock.yaml");
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  run("npx", ["--yes", packageManager, "install", "--frozen-lockfile", "--reporter=append-only"]);
}

function build() {
  run("tsc", ["-b"]);
  // The tour needs no pages.
  const without = verb === "start" ? ["--filter=!@cmodx/site"] : [];
  run("turbo", ["run", "build", "--output-logs=errors-only", ...without]);
}

/** Runs every package's tests and closes with the one line that scripts read. */
function test() {
  const report = join(root, ".cache", "test.json");
  rmSync(report, { force: true });
  const { status } = spawnSync("vitest", ["run", ...rest], { cwd: root, env, stdio: "inherit" });
  if (!existsSync(report)) {
    console.error("cmodx: the test runner wrote no report; look above for its error");
    process.exit(status || 1);
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, success, testResults } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  // A file that fails to load has no test of its own to fail: count it, so that it cannot vanish from the sum.
  const unloaded = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  const skipped = numPendingTests + numTodoTests;
  const failed = numFailedTests + unloaded;
  console.log(`${numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
  process.exit(success && failed === 0 ? status : status || 1);
}

const check = ["types", "style", "unused", "api", "packages", "size"];

install();
build();
if (verb === "start") run("node", [join("apps", "cli", "dist", "cmodx.js"), "demo", ...rest]);
if (verb === "test") test();
if (verb === "check") for (const name of check) run("npm", ["run", "--silent", `check:${name}`]);
