import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Violation } from "./source.ts";
import { BANNED } from "./words.ts";

const LINES_MAX = 250;

/** Everything that is read as text: documentation, Python, and the recipes and tools in other languages. */
const DOCUMENTS: readonly string[] = [
	"*.md",
	"{docs,server,client,python,e2e,bench,examples}/**/*.{md,py,lua,sh,conf,cfg}",
	"docs/proxies/Caddyfile",
	"dashboard/src/**/*.css",
	"scripts/*.c",
	".ci/run",
];
const NOT_OURS = ["**/node_modules/**", "**/dist/**", "*/**/.*/**"];
/** Decisions are dated records, which are not rewritten. */
const RECORDS = /^docs\/decisions\//;
/** The glossary quotes the words themselves. */
const QUOTES: Readonly<Record<string, RegExp>> = { "CONTRIBUTING.md": /^## Glossary$[\s\S]*?(?=^## )/m };

export interface Document {
	/** Relative to the root, with forward slashes. */
	readonly path: string;
	readonly text: string;
}

/** Every document of the repository at `root`, sorted. */
export function readDocuments(root: string): Document[] {
	const found = globSync([...DOCUMENTS], { cwd: root, exclude: NOT_OURS }).filter((path) => !RECORDS.test(path) && existsSync(join(root, path)));
	return [...new Set(found)].sort().map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** The lines of a document without what only quotes: the glossary, and the addresses of links. Names in Python are read as words. */
function getLines({ path, text }: Document): string[] {
	const quoted = QUOTES[path];
	const own = quoted ? text.replace(quoted, (match) => match.replace(/[^\n]/g, "")) : text;
	const words = path.endsWith(".py") ? own.replaceAll("_", " ") : own;
	return words.replace(/\]\([^)\n]*\)/g, "]").split("\n");
}

/** A Python file is as short as one in TypeScript, its tests included. */
function checkLength({ path, text }: Document): Violation[] {
	const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
	if (!path.endsWith(".py") || lines <= LINES_MAX) return [];
	return [{ path, line: lines, message: `${lines} lines, more than ${LINES_MAX}: split the file` }];
}

/** Documents use the field's words, as comments and texts in code do. */
export function checkDocument(document: Document): Violation[] {
	return [...checkLength(document), ...checkDocumentWords(document)];
}

function checkDocumentWords(document: Document): Violation[] {
	return getLines(document).flatMap((line, index) =>
		BANNED.flatMap(({ pattern, instead }) => {
			const match = pattern.exec(line);
			return match === null ? [] : [{ path: document.path, line: index + 1, message: `the word "${match[0]}": ${instead}` }];
		}),
	);
}
