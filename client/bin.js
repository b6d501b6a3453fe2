#!/usr/bin/env node
// The command `keywright`.
import "./dist/cli/main.js";
