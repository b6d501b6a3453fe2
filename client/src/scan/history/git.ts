import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { devNull } from "node:os";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";

const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/** Git is missing, or refused; the message is shown and has nothing of git's output. */
export class GitError extends Error {}

export interface Git {
	/** A folder in the repository. */
	readonly folder: string;
	/** The index to read, if the caller is a hook of a commit of some files only. */
	readonly index_file: string | null;
}

/**
 * Options under which nothing that a repository configures is run or asked: no hooks, no monitor, no signatures, no other hosts. Then the repository of another
 * user, as in containers, can be read safely.
 */
const SAFE = [
	"--no-pager",
	"--no-replace-objects",
	"--no-optional-locks",
	...["safe.directory=*", "core.fsmonitor=false", "protocol.allow=never"].flatMap((setting) => ["-c", setting]),
];
const NO_HOOKS = ["-c", `core.hooksPath=${devNull}`];

/** The environment of git: the caller's without its GIT_* variables, which name another repository within hooks. `own` keeps the caller's configuration. */
function makeEnvironment(git: Git, configuration: "none" | "own" = "none"): NodeJS.ProcessEnv {
	const removed = configuration === "own" ? /^(?:GIT_(?!CONFIG)|SSH_ASKPASS)/i : /^(?:GIT_|SSH_ASKPASS)/i;
	const inherited = Object.entries(process.env).filter(([name]) => !removed.test(name));
	return {
		...Object.fromEntries(inherited),
		...(configuration === "own" ? {} : { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: devNull }),
		GIT_TERMINAL_PROMPT: "0",
		GIT_NO_LAZY_FETCH: "1",
		GIT_NO_REPLACE_OBJECTS: "1",
		GIT_ALLOW_PROTOCOL: "",
		LC_ALL: "C",
		...(git.index_file === null ? {} : { GIT_INDEX_FILE: git.index_file }),
	};
}

/** The index that git passes to a hook, as an absolute path. */
export function indexFileOfHook(): string | null {
	const { GIT_INDEX_FILE } = process.env;
	return GIT_INDEX_FILE ? resolve(GIT_INDEX_FILE) : null;
}

/** What git prints. Null if it ends with another code than 0. Throws `GitError` if it is not installed. */
export function askGit(git: Git, args: readonly string[], input?: string, configuration: "none" | "own" = "none"): Promise<Buffer | null> {
	const { promise, resolve: answer, reject } = Promise.withResolvers<Buffer | null>();
	const all = [...SAFE, ...(configuration === "none" ? NO_HOOKS : []), "-C", git.folder, ...args];
	const child = execFile(
		"git",
		all,
		{ env: makeEnvironment(git, configuration), encoding: "buffer", maxBuffer: OUTPUT_BYTES_MAX, windowsHide: true },
		(error, stdout) => {
			if (error && "code" in error && error.code === "ENOENT") reject(new GitError("git is not installed"));
			else answer(error ? null : stdout);
		},
	);
	child.stdin?.on("error", () => undefined);
	child.stdin?.end(input);
	return promise;
}

/** One line of text that git prints, or null. */
export async function askGitLine(git: Git, args: readonly string[]): Promise<string | null> {
	const output = await askGit(git, args);
	return output === null ? null : output.toString("utf8").replace(/\r?\n$/, "");
}

export type RunningGit = ChildProcessByStdio<Writable, Readable, null>;

/** Starts git; its output is read as it comes. */
export function startGit(git: Git, args: readonly string[]): RunningGit {
	const child = spawn("git", [...SAFE, ...NO_HOOKS, "-C", git.folder, ...args], {
		env: makeEnvironment(git),
		stdio: ["pipe", "pipe", "ignore"],
		windowsHide: true,
	});
	child.stdin.on("error", () => undefined);
	return child;
}

/** Waits until git has ended; whether it ended well. */
export async function hasSucceeded(child: RunningGit): Promise<boolean> {
	if (child.exitCode !== null || child.signalCode !== null) return child.exitCode === 0;
	const { promise, resolve: answer } = Promise.withResolvers<boolean>();
	child.once("close", (code) => answer(code === 0));
	child.once("error", () => answer(false));
	return promise;
}
