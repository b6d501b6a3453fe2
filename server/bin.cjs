#!/usr/bin/env node
// The command `keywright-server`: from the sources in a clone, from the build where the package is installed.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

if (existsSync(join(__dirname, "src", "main.cjs"))) require("./src/main.cjs");
else void import("./dist/main.js");
