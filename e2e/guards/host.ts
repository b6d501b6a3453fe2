/** Hosts in separate processes, started as described in `README.md`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { CREDENTIAL } from "../../client/testing/peer.ts";
import type { Host } from "../../client/testing/run-behaviour.ts";

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;
const OUTPUT_CHARACTERS_MAX = 10_000;

export interface HostCommand {
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd: string;
	readonly env?: Readonly<Record<string, string>>;
	/** The output line with the address, for programs that print a different one. */
	readonly listening_line?: RegExp;
}

const LISTENING = /^listening (http:\/\/127\.0\.0\.1:\d+)$/;

/** A function that starts the host to ask a Keywright at `url`; rejects with the host's output if it does not start. */
export function createHostStarter(command: HostCommand): (url: string) => Promise<Host> {
	return async (url) => {
		const child = spawn(command.command, command.args, {
			cwd: command.cwd,
			env: { ...process.env, KEYWRIGHT_URL: url, KEYWRIGHT_CREDENTIAL: CREDENTIAL, ...command.env },
			stdio: ["ignore", "pipe", "pipe"],
		});
		try {
			return { url: await getAddress(child, command.listening_line ?? LISTENING), close: () => stop(child) };
		} catch (error) {
			await stop(child);
			throw error;
		}
	};
}

function getAddress(child: ChildProcess, listening_line: RegExp): Promise<string> {
	return new Promise((resolve, reject) => {
		let output = "";
		const fail = (why: string): void => reject(new Error(`the host ${why}:\n${output}`));
		const deadline = setTimeout(() => fail(`did not listen within ${START_DEADLINE_MS} ms`), START_DEADLINE_MS);
		const keep = (line: string): void => {
			output = `${output}${line}\n`.slice(-OUTPUT_CHARACTERS_MAX);
		};
		child.on("error", (error) => fail(`cannot be started, ${error.message}`));
		child.on("exit", (code) => fail(`ended with ${code}`));
		if (child.stderr) createInterface({ input: child.stderr }).on("line", keep);
		if (!child.stdout) return;
		createInterface({ input: child.stdout }).on("line", (line) => {
			keep(line);
			const url = listening_line.exec(line)?.[1];
			if (url === undefined) return;
			clearTimeout(deadline);
			resolve(url);
		});
	});
}

async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
	const ended = once(child, "exit");
	child.kill("SIGTERM");
	const late = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
	await ended;
	clearTimeout(late);
}
