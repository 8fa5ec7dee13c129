import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { parseJobs } from "../src/campaign/job.js";
import { documentsOf } from "../src/campaign/result.js";
import { runCommand } from "./run-command.js";

const folder = mkdtempSync(join(tmpdir(), "cmodx-campaign-"));
const file = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const prove = (address: number, protocol: string) =>
  `prove --isa a32 --at ${address} --from nop --to 'b 0x9000' --protocol ${protocol} --json`;

describe("a line of jobs", () => {
  test("is words as a shell has them", () => {
    const text = `
      # all of them
      cmodx check --to 'b 0x9000' --from "n\\"op" a#b   # and this
      audit a\\ b.elf ''`;
    expect(parseJobs(text, "jobs")).toEqual([
      ["check", "--to", "b 0x9000", "--from", 'n"op', "a#b"],
      ["audit", "a b.elf", ""],
    ]);
  });

  test.each([
    ["audit 'a", "a quote is not closed"],
    ["patch a -o b", '"patch" is no job'],
    ["campaign jobs", '"campaign" is no job'],
    ["run a.elf --trace-out=x.json", "writes a file"],
  ])("%s is refused", (line, why) => {
    expect(() => parseJobs(`asm x\n${line}`, "jobs")).toThrow(why);
  });
});

test("documents lose the times in them, and text stays text", () => {
  expect(documentsOf('{"a":{"seconds":1,"b":2}}\n{"c":3}\n')).toEqual([{ a: { b: 2 } }, { c: 3 }]);
  expect(documentsOf("{no json\n")).toBe("{no json\n");
});

describe("a campaign", () => {
  const lines = [
    prove(0x8000, "store-only"),
    prove(0x8004, "sync-cores"),
    "check --isa a32 --at 0x8000 --from nop --to 'b 0x9000'",
    "audit samples/sites-arm.elf --json",
    "audit missing.elf --json",
  ];
  writeFileSync(file("jobs"), lines.join("\n"));
  const run = (args: string) => runCommand(`campaign ${file("jobs")} ${args}`);
  const text = (name: string) => readFileSync(file(name), "utf8");

  test("in parts is what it is as a whole, however many processes there are", async () => {
    const whole = await run(`-o ${file("whole")} --jobs 2`);
    expect([whole.exit, whole.stdout, whole.stderr]).toEqual([
      2,
      "",
      "5 jobs, 1 with a bad answer, 1 without an answer\n",
    ]);
    for (const part of [1, 2]) await run(`--shard ${part}/2 -o ${file(`part${part}`)}`);
    const merged = await runCommand(`merge ${file("part2")} ${file("part1")} ${file("part2")}`);
    expect([merged.exit, merged.stdout, merged.stderr]).toEqual([2, text("whole"), whole.stderr]);
    const first = JSON.parse(text("whole").split("\n")[0]!) as { exit: number; out: { verdict: string }[] };
    expect([first.exit, first.out[0]!.verdict]).toEqual([1, "violated"]);
    const streamed = await run("");
    expect(streamed.stdout).toBe(text("whole"));
  });

  test("goes on where it was interrupted, in the middle of a line", async () => {
    const whole = text("whole");
    const [one, two] = whole.split("\n");
    writeFileSync(file("resumed"), `${two}\n${one!.slice(0, 40)}`);
    await run(`-o ${file("resumed")}`);
    expect(text("resumed")).toBe(whole);
    // What is there is believed: nothing is run again.
    writeFileSync(file("resumed"), whole.replace('"verdict":"violated"', '"verdict":"believed"'));
    await run(`-o ${file("resumed")}`);
    expect(text("resumed")).toContain("believed");
  });

  test("a job that does not end is given up and told, and tried again the next time", async () => {
    writeFileSync(
      file("slow"),
      `prove --isa t32 --at 0x8002 --from nop.w --to 'b.w 0x9000' --protocol stop-machine-all --executors 8 --calls 16 --json`,
    );
    for (const _ of [1, 2]) {
      const { exit, stderr } = await runCommand(`campaign ${file("slow")} --timeout 1 -o ${file("slow.jsonl")}`);
      expect([exit, stderr.split("\n").slice(-3)]).toEqual([
        2,
        [expect.stringContaining("did not end within 1 s"), "1 job, 1 that did not end", ""],
      ]);
    }
  });

  test("what cannot be merged is told", async () => {
    const whole = text("whole");
    writeFileSync(file("other"), whole.replaceAll(/"campaign":"[^"]*"/g, '"campaign":"another"'));
    writeFileSync(file("wrong"), whole.replace('"verdict":"violated"', '"verdict":"holds"'));
    writeFileSync(file("few"), whole.split("\n").slice(1).join("\n"));
    writeFileSync(file("none"), "{}\n");
    const told = async (args: string) => {
      const { exit, stderr } = await runCommand(`merge ${args}`);
      return [exit, stderr.replaceAll(folder, "").trim()];
    };
    expect(await told(`${file("whole")} ${file("other")}`)).toEqual([
      2,
      "cmodx: /other: is of another campaign than /whole; merge the results of one campaign",
    ]);
    expect(await told(`${file("whole")} ${file("wrong")}`)).toEqual([
      2,
      "cmodx: /wrong: answers job 0 otherwise than /whole; run that job again",
    ]);
    expect(await told(file("few"))).toEqual([2, "4 jobs of 5, incomplete, 1 without an answer"]);
    expect((await told(file("none")))[1]).toContain("is no result of a job");
    const strange = await run(`-o ${file("other")}`);
    expect([strange.exit, strange.stderr]).toEqual([2, expect.stringContaining("has results of other jobs")]);
  });
});

const redis = spawnSync("redis-server", ["--version"]).status === 0;
if (!redis) process.stderr.write("cmodx: no redis-server on the PATH: campaigns on a queue are not tried\n");

describe.skipIf(!redis)("on a queue", () => {
  const command = fileURLToPath(new URL("../dist/cmodx.js", import.meta.url));
  const started: ChildProcess[] = [];
  const start = (program: string, args: readonly string[]): ChildProcess => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
    started.push(child);
    return child;
  };
  afterAll(() => {
    for (const child of started) child.kill("SIGKILL");
  });
  /** Resolves when the process has printed this. */
  const says = (child: ChildProcess, what: RegExp) =>
    new Promise<void>((resolve, reject) => {
      let text = "";
      const more = (chunk: Buffer) => {
        text += chunk.toString();
        if (what.test(text)) resolve();
      };
      child.stdout!.on("data", more);
      child.stderr!.on("data", more);
      child.on("exit", () => reject(new Error(`ended after: ${text}`)));
    });

  test("a job lost with its worker is run again, and the results are those of a local run", {
    timeout: 120_000,
  }, async () => {
    const port = 20_000 + (process.pid % 20_000);
    const address = `redis://127.0.0.1:${port}`;
    await says(
      start("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]),
      /Ready to accept/,
    );
    const jobs = Array.from({ length: 12 }, (_, i) =>
      prove(0x8000 + 4 * i, i % 3 === 0 ? "store-only" : "stop-machine"),
    );
    writeFileSync(file("queued"), jobs.join("\n"));
    const worker = () => start(process.execPath, [command, "work", "--redis", address, "--silence", "2"]);
    const lost = worker();
    const queued = runCommand(
      `campaign ${file("queued")} --engine bullmq --redis ${address} -o ${file("queue.jsonl")}`,
    );
    await says(lost, /exit/);
    // It has taken its next job by now, and never gives an answer.
    lost.removeAllListeners("exit");
    lost.kill("SIGKILL");
    worker();
    const { exit, stderr } = await queued;
    expect([exit, stderr]).toEqual([1, "12 jobs, 4 with a bad answer\n"]);
    await runCommand(`campaign ${file("queued")} -o ${file("local.jsonl")} --jobs 2`);
    expect(readFileSync(file("queue.jsonl"), "utf8")).toBe(readFileSync(file("local.jsonl"), "utf8"));
  });

  test("no server is told", { timeout: 30_000 }, async () => {
    const { exit, stderr } = await runCommand(`campaign ${file("jobs")} --engine bullmq --redis redis://127.0.0.1:1`);
    expect([exit, stderr]).toEqual([2, expect.stringContaining("no server answers at redis://127.0.0.1:1")]);
  });
});
