import { existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { getReason } from "../files/walk.ts";
import { askGit, askGitLine, type Git, GitError } from "./git.ts";
import { findTop, isWithin } from "./repository.ts";

const EXECUTABLE = 0o755;

/** The hook: it refuses a commit that adds a key. `npx --no` runs the installed command and installs nothing. */
export const HOOK = `#!/bin/sh
# Refuses a commit that adds an API key: see "keywright scan --help".
exec npx --no -- keywright scan --staged .
`;

/** Writes the pre-commit hook of the repository at `folder`, and returns its path. Throws `GitError` if there is one already, which is left as it is. */
export async function installHook(folder: string): Promise<string> {
	if (!existsSync(folder)) throw new GitError("there is no such folder");
	const given: Git = { folder: realpathSync(resolve(folder)), index_file: null };
	const common = await askGitLine(given, ["rev-parse", "--git-common-dir"]);
	if (common === null) throw new GitError("this is not a repository");
	const store = realpathSync(resolve(given.folder, common));
	const top = await findTop(given);
	// Git runs hooks at the top of the work tree; a relative path in the configuration begins there.
	const git: Git = { folder: top ?? given.folder, index_file: null };
	const output = await askGit(git, ["rev-parse", "--git-path", "hooks/pre-commit"], undefined, "own");
	if (output === null) throw new GitError("git could not say where its hooks are");
	const file = resolve(git.folder, output.toString("utf8").trimEnd());
	if (![store, top].some((place) => place !== null && isWithin(getRealPath(dirname(file)), place)))
		throw new GitError(
			'your git configuration (core.hooksPath) takes the hooks from a folder outside this repository: add the line "npx --no -- keywright scan --staged . || exit 1" to the pre-commit hook there, or set core.hooksPath for this repository',
		);
	if (existsSync(file))
		throw new GitError('there is a pre-commit hook already: add the line "npx --no -- keywright scan --staged . || exit 1" to it');
	try {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, HOOK, { mode: EXECUTABLE, flag: "wx" });
	} catch (error) {
		throw new GitError(`the folder of the hooks cannot be written: ${getReason(error)}`);
	}
	return file;
}

/** The path with its links followed, as far as it exists. */
function getRealPath(path: string): string {
	return existsSync(path) || path === dirname(path) ? realpathSync(path) : resolve(getRealPath(dirname(path)), path.slice(dirname(path).length + 1));
}
