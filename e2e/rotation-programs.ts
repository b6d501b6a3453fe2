/** Real programs with different user agents that call the API with one key from one address, like three deployments of an owner. */
import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentWith, type Server } from "./server.ts";

const TIMEOUT_MS = 30_000;
/** Uses that are one second apart count as two sightings. */
const PAUSE_SECONDS = 1.1;

const TEXTS = {
	curl: {
		command: "bash",
		file: "backup.sh",
		text: `for call in $(seq "$CALLS"); do
	[ "$call" = 1 ] || sleep "$PAUSE_SECONDS"
	curl -sS -A backup-job/0.9 -o /dev/null -w '%{http_code}\\n' -H "X-API-Key: $KEYWRIGHT_API_KEY" "$CHECK_URL"
done`,
	},
	node: {
		command: process.execPath,
		file: "orders.mjs",
		text: `import { setTimeout as sleep } from "node:timers/promises";
const { CALLS, CHECK_URL, KEYWRIGHT_API_KEY, PAUSE_SECONDS } = process.env;
for (let call = 0; call < Number(CALLS); call += 1) {
	if (call > 0) await sleep(Number(PAUSE_SECONDS) * 1_000);
	console.log((await fetch(CHECK_URL, { headers: { "X-API-Key": KEYWRIGHT_API_KEY, "User-Agent": "order-bot/1.2" } })).status);
}`,
	},
	python: {
		command: "/usr/bin/python3",
		file: "report.py",
		text: `import os, time, urllib.error, urllib.request
for call in range(int(os.environ["CALLS"])):
    if call > 0:
        time.sleep(float(os.environ["PAUSE_SECONDS"]))
    headers = {"X-API-Key": os.environ["KEYWRIGHT_API_KEY"], "User-Agent": "crm-sync/3"}
    request = urllib.request.Request(os.environ["CHECK_URL"], headers=headers)
    try:
        print(urllib.request.urlopen(request).status)
    except urllib.error.HTTPError as refused:
        print(refused.code)
`,
	},
} as const;
export type ProgramName = keyof typeof TEXTS;

/** The name that the server derives for each program. */
export const AGENTS: Readonly<Record<ProgramName, string>> = { curl: "backup-job", node: "order-bot", python: "crm-sync" };

export interface Programs {
	/** Runs one program with the key in its environment; returns the status of each call. Calls are more than one second apart. */
	call(name: ProgramName, raw_key: string, calls?: number): Promise<number[]>;
	/** Runs a shell script in the programs' folder. */
	shell(text: string, env: Readonly<Record<string, string>>): Promise<{ code: number; stdout: string; stderr: string }>;
	readonly folder: string;
	remove(): Promise<void>;
}

export function writePrograms(server: Server, tenant_id: string): Programs {
	const folder = mkdtempSync(join(tmpdir(), "keywright-programs-"));
	for (const { file, text } of Object.values(TEXTS)) writeFileSync(join(folder, file), text);
	const run = (command: string, file: string, env: Readonly<Record<string, string>>) =>
		new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
			execFile(command, [join(folder, file)], { cwd: folder, env: environmentWith(env), timeout: TIMEOUT_MS }, (error, stdout, stderr) =>
				resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr }),
			);
		});
	const check_url = `${server.url}/api/v1/m2m/tenants/${tenant_id}/limits`;
	return {
		folder,
		async call(name, raw_key, calls = 1) {
			const { command, file } = TEXTS[name];
			const env = { CALLS: String(calls), CHECK_URL: check_url, KEYWRIGHT_API_KEY: raw_key, PAUSE_SECONDS: String(PAUSE_SECONDS) };
			const { code, stdout, stderr } = await run(command, file, env);
			if (code !== 0) throw new Error(`${name} failed: ${stderr}`);
			return stdout.trim().split("\n").map(Number);
		},
		async shell(text, env) {
			writeFileSync(join(folder, "snippet.sh"), text);
			return run("bash", "snippet.sh", { KEYWRIGHT_URL: server.url, ...env });
		},
		remove: () => rm(folder, { recursive: true }),
	};
}
