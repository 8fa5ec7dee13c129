import { main } from "./frame/main.js";
import { processIo } from "./frame/process-io.js";

void main(process.argv.slice(2), processIo()).then((exit) => {
  process.exitCode = exit;
});
