#!/usr/bin/env node
import { main } from "./frame/main.js";
import { processIo } from "./frame/process-io.js";

process.exitCode = await main(process.argv.slice(2), processIo());
