#!/usr/bin/env node
// The entry: refuses a Node.js that is too old with one clear line, before anything newer than it is loaded.
const [major = 0, minor = 0, patch = 0] = process.versions.node.split(".").map(Number);
const enough =
	major > 26 ||
	(major === 26 && (minor > 5 || (minor === 5 && patch >= 1))) ||
	(major === 24 && (minor > 18 || (minor === 18 && patch >= 1))) ||
	(major === 22 && (minor > 23 || (minor === 23 && patch >= 2)));
if (!enough) {
	console.error(
		`Keywright needs Node.js ^22.23.2, ^24.18.1 or >=26.5.1; this is ${process.versions.node}. In the repository, \`npm start\` brings its own.`,
	);
	process.exit(1);
}
const { run } = await import("./cli/run.ts");
await run(process.argv.slice(2));

export {};
