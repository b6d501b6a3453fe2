/** The Next app of this folder, built in a temporary copy, so that Next's output stays out of the repository. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { CREDENTIAL } from "../../client/testing/peer.ts";
import type { Host } from "../../client/testing/run-behaviour.ts";
import { readSnippets } from "../../client/testing/snippets.ts";
import { ROOT } from "../server.ts";
import { createHostStarter } from "./host.ts";

const BUILD_DEADLINE_MS = 180_000;
const NEXT = join(ROOT, "node_modules/next/dist/bin/next");
const QUIET = { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" } as const;

/** Builds (types of its routes are checked by Next) and starts; `close` removes the build. */
export async function startNext(url: string): Promise<Host> {
	const folder = await mkdtemp(join(import.meta.dirname, ".next-app-"));
	const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
	try {
		await cp(join(import.meta.dirname, "next-app"), folder, { recursive: true });
		await addReadme(folder, url);
		await build(folder);
		// The variable of the README, in addition to that of the hosts.
		const env = { ...QUIET, KEYWRIGHT_SERVICE_CREDENTIAL: CREDENTIAL };
		const args = [NEXT, "start", "--port", "0", "--hostname", "127.0.0.1"];
		const listening_line = /(http:\/\/127\.0\.0\.1:\d+)/;
		const host = await createHostStarter({ command: process.execPath, args, cwd: folder, env, listening_line })(url);
		return {
			url: host.url,
			close: async () => {
				await host.close();
				await remove();
			},
		};
	} catch (error) {
		await remove();
		throw error;
	}
}

/** The snippets of the client's README become files of the app. */
async function addReadme(folder: string, url: string): Promise<void> {
	for (const { name, text } of readSnippets(join(ROOT, "client/README.md")).snippets) {
		if (!name.startsWith("next ")) continue;
		const file = join(folder, name.slice("next ".length));
		await mkdir(dirname(file), { recursive: true });
		await writeFile(file, text.replace("http://127.0.0.1:8787", url));
	}
}

async function build(folder: string): Promise<void> {
	const options = { cwd: folder, env: { ...process.env, ...QUIET }, timeout: BUILD_DEADLINE_MS };
	try {
		await promisify(execFile)(process.execPath, [NEXT, "build"], options);
	} catch (error) {
		throw new Error(`next build failed:\n${getOutput(error)}`);
	}
}

function getOutput(error: unknown): string {
	if (typeof error !== "object" || error === null) return String(error);
	return ["stdout", "stderr", "message"].map((name) => String(Reflect.get(error, name) ?? "")).join("\n");
}
