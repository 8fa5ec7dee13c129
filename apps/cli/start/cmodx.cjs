#!/usr/bin/env node
// The first file of the command. Newer Nodes keep compiled code by themselves; for Node 20 the package brings some.
const { enableCompileCache } = require("node:module");

if (enableCompileCache === undefined) require("./compiled.js").load("main.js");
else {
  enableCompileCache();
  require("./main.js");
}
