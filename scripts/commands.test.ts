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
/** What runs a package by its name, and loads it from a registry where it is not installed; with what is between it and a name of ours. */
const RUNS_BY_NAME = /\b(?:npx|npm exec|npm x|pnpm dlx|yarn dlx|bunx)((?: +-[\w-]+)*) +@?keywright/g;
const LOADS_NOTHING = /--(no|offline)\b/;

test("no text offers a command that would load and run a stranger's package where ours is not installed", () => {
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
