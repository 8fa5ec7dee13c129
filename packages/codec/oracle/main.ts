// What makes the generated modules may not need them.
if (process.argv.includes("--generate")) (await import("./generate.js")).generate();
else await import("./run.js");

export {};
