import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const TREES = ["server/src", "server/testing", "client/src", "client/testing", "dashboard/src", "scripts", "bench", "e2e", "examples"];
const CODE = /\.(?:[cm]?[jt]s|tsx)$/;
const NOT_OURS = new Set(["node_modules", "dist", ".keywright"]);
const DEPTH_MAX = 20;

/** One code file; `path` is relative to the root, with forward slashes. */
export interface Source {
	readonly path: string;
	readonly text: string;
	readonly tree: ts.SourceFile;
	/** `*.test.ts`, and what tests share in `server/testing` and `client/testing`. */
	readonly is_test: boolean;
	readonly is_generated: boolean;
}

export interface Violation {
	path: string;
	line: number;
	message: string;
}

export function isTestPath(path: string): boolean {
	return /\.test\.tsx?$/.test(path) || /^(?:server|client)\/testing\//.test(path);
}

function pathsBelow(root: string, directory: string, depth: number): string[] {
	if (depth === 0 || !existsSync(join(root, directory))) return [];
	const paths: string[] = [];
	for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
		const path = `${directory}/${entry.name}`;
		if (entry.isDirectory() && !NOT_OURS.has(entry.name)) paths.push(...pathsBelow(root, path, depth - 1));
		else if (entry.isFile() && CODE.test(entry.name) && !entry.name.endsWith(".d.ts")) paths.push(path);
	}
	return paths.sort();
}

/** Every code file of the repository at `root`; folders that do not exist hold none. */
export function readSources(root: string): Source[] {
	return TREES.flatMap((tree) => pathsBelow(root, tree, DEPTH_MAX)).map((path) => {
		const text = readFileSync(join(root, path), "utf8");
		return {
			path,
			text,
			tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true),
			is_test: isTestPath(path),
			is_generated: path.endsWith(".gen.ts") || /^\/\/ Generated /.test(text),
		};
	});
}

export function violation(source: Source, position: number, message: string): Violation {
	return { path: source.path, line: source.tree.getLineAndCharacterOfPosition(position).line + 1, message };
}

export function getLineCount({ text }: Source): number {
	return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

/** Calls `visit` for every syntax node of the file, outermost first. */
export function eachNode(source: Source, visit: (node: ts.Node) => void): void {
	const walk = (node: ts.Node): void => {
		visit(node);
		ts.forEachChild(node, walk);
	};
	walk(source.tree);
}

/** Every comment with its position, once; comment marks inside strings are none. */
export function listComments(source: Source): { position: number; text: string }[] {
	const found = new Map<number, string>();
	const collect = (ranges: ts.CommentRange[] | undefined): void => {
		for (const range of ranges ?? []) found.set(range.pos, source.text.slice(range.pos, range.end));
	};
	const walk = (node: ts.Node): void => {
		if (ts.isToken(node)) {
			collect(ts.getLeadingCommentRanges(source.text, node.pos));
			collect(ts.getTrailingCommentRanges(source.text, node.end));
		} else for (const child of node.getChildren(source.tree)) walk(child);
	};
	walk(source.tree);
	return [...found].map(([position, text]) => ({ position, text }));
}
