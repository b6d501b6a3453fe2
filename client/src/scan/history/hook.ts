import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { askGit, GitError } from "./git.ts";

const EXECUTABLE = 0o755;

/** The hook: it refuses a commit that adds a key. `npx --no` runs the installed command and installs nothing. */
export const HOOK = `#!/bin/sh
# Refuses a commit that adds an API key: see "keywright scan --help".
exec npx --no -- keywright scan --staged .
`;

/** Writes the pre-commit hook of the repository at `folder`, and returns its path. Throws `GitError` if there is one already, which is left as it is. */
export async function installHook(folder: string): Promise<string> {
	const git = { folder: resolve(folder), index_file: null };
	const output = await askGit(git, ["rev-parse", "--git-path", "hooks/pre-commit"], undefined, "configured");
	if (output === null) throw new GitError("this is not a repository");
	const file = resolve(git.folder, output.toString("utf8").trimEnd());
	if (existsSync(file))
		throw new GitError('there is a pre-commit hook already: add the line "npx --no -- keywright scan --staged . || exit 1" to it');
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, HOOK, { mode: EXECUTABLE, flag: "wx" });
	return file;
}
