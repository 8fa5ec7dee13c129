import { fileURLToPath } from "node:url";
import { check, type Edit, editOf, type ProtocolName, plan, provePlanAsync } from "@cmodx/patching";
import type { Command } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import type { Verb } from "../frame/verbs.js";
import { paint } from "../text/paint.js";
import { auditText, readReport } from "./audit.js";
import { checkText } from "./check.js";
import { proofText } from "./prove.js";

export const verb: Verb = {
  examples: ["cmodx demo", "cmodx demo | less"],
  configure(_: Command, io: Io) {
    return async (): Promise<Exit> => {
      await tour(io);
      return EXIT.good;
    };
  },
};

/** Bundled beside the code, under the names they have in the repository. */
const SAMPLES = ["samples/sites-arm.elf", "samples/sites-thumb2.elf"];

/** A Thumb-2 kernel's jump label, as the compiler leaves it and as the kernel switches it on. */
const JUMP_LABEL = { isa: "t32", address: 0x8000, from: "nop.w", to: "b.w 0x9000" } as const;

async function tour(io: Io): Promise<void> {
  const chapter = (title: string, ...text: string[]) =>
    io.out(`${paint(io, "strong", title)}\n${text.map((line) => `${line}\n`).join("")}\n`);
  const edit = editOf(JUMP_LABEL);
  const shell = `--isa ${edit.isa} --at 0x8000 --from '${JUMP_LABEL.from}' --to '${JUMP_LABEL.to}'`;

  chapter(
    "1. What is there to patch?",
    "One small program with static branches and -pg call sites, as a kernel has by the ten thousand, in ARM and in Thumb-2.",
    `  $ cmodx audit ${SAMPLES.join(" ")}`,
  );
  for (const path of SAMPLES) {
    const report = readReport(fileURLToPath(new URL(`./${path}`, import.meta.url)));
    io.out(`${auditText({ ...report, image: { ...report.image, path } }, io)}\n`);
  }

  chapter(
    "2. May one of them be changed while other cores execute it?",
    "A static branch of a Thumb-2 kernel: NOP.W becomes B.W, four bytes, word-aligned.",
    `  $ cmodx check ${shell}`,
  );
  io.out(`${checkText(edit, check(edit), io)}\n`);

  chapter(
    "3. What happens to whoever does it all the same?",
    "One aligned word store is single-copy atomic. The fetch of a T32 instruction is not.",
    `  $ cmodx prove ${shell} --protocol store-only`,
  );
  await proved(edit, "store-only", io);

  chapter(
    "4. And how is it done right?",
    "Every other core waits elsewhere while one writes, and executes an ISB before it goes on.",
    `  $ cmodx prove ${shell} --protocol stop-machine`,
  );
  await proved(edit, "stop-machine", io);

  chapter("Now yours", "  $ cmodx audit vmlinux", "  $ cmodx --help");
}

async function proved(edit: Edit, protocol: ProtocolName, io: Io): Promise<void> {
  const made = plan(edit, protocol);
  io.out(`${proofText(made, await provePlanAsync(made, { signal: io.signal }), io)}\n`);
}
