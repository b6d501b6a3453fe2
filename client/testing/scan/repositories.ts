import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readReport, runKeywright } from "./command.ts";
import { git } from "./corpus.ts";

/** An empty repository in `folder`. */
export function makeRepository(folder: string, name: string): string {
	const path = join(folder, name);
	mkdirSync(path);
	git(path, "init", "--quiet");
	return path;
}

/** Writes files, commits all and returns the id of the commit. */
export function commit(path: string, files: Record<string, string | Buffer>, message = "Change"): string {
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(join(path, name, ".."), { recursive: true });
		writeFileSync(join(path, name), content);
	}
	git(path, "add", "--all");
	git(path, "commit", "--quiet", "--allow-empty", "-m", message);
	return git(path, "rev-parse", "HEAD").trim();
}

/** The report of a scan with `args`. */
export async function scan(path: string, ...args: string[]) {
	return readReport((await runKeywright(path, ["scan", "--json", ...args])).stdout);
}
