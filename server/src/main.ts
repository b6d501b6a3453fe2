#!/usr/bin/env node
// The entry point, in syntax that every Node.js version parses. `main.ts` is a link to this file, because old versions reject the extension .ts.
// An unsupported version exits with one clear line before newer syntax is loaded.
const [major = 0, minor = 0, patch = 0] = process.versions.node.split(".").map(Number);
const enough =
	major > 26 ||
	(major === 26 && (minor > 5 || (minor === 5 && patch >= 1))) ||
	(major === 24 && (minor > 18 || (minor === 18 && patch >= 1))) ||
	(major === 22 && (minor > 23 || (minor === 23 && patch >= 2)));
if (enough) void import("./cli/run.ts").then(({ run }) => run(process.argv.slice(2)));
else {
	console.error(
		`Keywright needs Node.js ^22.23.2, ^24.18.1 or >=26.5.1; this is ${process.versions.node}. In the repository, \`npm start\` brings its own.`,
	);
	process.exitCode = 1;
}
