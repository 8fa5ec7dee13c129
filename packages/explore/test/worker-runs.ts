import { checkWithWorkers, type WorkerOptions } from "../src/node.js";

// Run by packed.test.ts in a process of its own: searches with workers, each as the JSON on the command line says.
const runs = JSON.parse(process.argv[2]!) as {
  /** The benchmark's model, when left out. */
  readonly module?: string;
  readonly name: string;
  readonly how: object;
  readonly options: WorkerOptions;
}[];
const benchmark = new URL("./two-halves.js", import.meta.url).href;
const results: unknown[] = [];
for (const { module = benchmark, name, how, options } of runs) {
  try {
    results.push(await checkWithWorkers({ module, name, arguments: [how] }, options));
  } catch (error) {
    results.push({ code: (error as { code?: string }).code });
  }
}
process.stdout.write(JSON.stringify(results));
