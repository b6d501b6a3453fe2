import { deepEqual, ok } from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "..");
const TEXTS = [
	"*.md",
	"*.json",
	"{.ci,bench,client,dashboard,docs,e2e,examples,python,scripts,server}/**/*.{md,ts,tsx,mjs,cjs,js,json,py,sh,toml,yml,yaml}",
];
const NOT_OURS = /(^|\/)(node_modules|dist|\.venv)(\/|$)/;
/** Commands that run a package by name and download it if it is not installed, with the options before our package's name. */
const RUNS_BY_NAME = /\b(?:npx|npm exec|npm x|pnpm dlx|yarn dlx|bunx)((?: +-[\w-]+)*) +@?keywright/g;
const LOADS_NOTHING = /--(no|offline)\b/;

test("no text has a command that would download and run a third party's package if ours is not installed", () => {
	const found: string[] = [];
	let offered = 0;
	for (const path of globSync(TEXTS, { cwd: ROOT, exclude: (name) => NOT_OURS.test(name) })) {
		for (const { 0: command, 1: options = "" } of readFileSync(join(ROOT, path), "utf8").matchAll(RUNS_BY_NAME)) {
			offered += 1;
			if (!LOADS_NOTHING.test(options)) found.push(`${path}: ${command}`);
		}
	}
	deepEqual(found, []);
	ok(offered >= 5, "the commands of the guides are looked at");
});
