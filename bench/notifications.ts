// What exposures, events and alerts cost keyed requests. Two servers with the same requests, changes and webhook beside the load; one of them neither
// searches for exposed keys nor delivers events nor evaluates alerts.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Side, start } from "./forward-auth.ts";
import { load, warmUpUntilSteady } from "./http.ts";
import { median } from "./measure.ts";

const WHOAMI = "/api/v1/m2m/whoami";
const HEADERS = { authorization: "Bearer operator-token-of-the-benchmark", "content-type": "application/json" };
const TENANT = "notified";
/** Twice a second: a key is made and revoked, then presented once, and another one sent in a URL. */
const EVENTFUL_EVERY_MS = 500;

export interface NotificationFigures {
	readonly notifying_per_second: number;
	readonly control_per_second: number;
	/** Median of the ratios of neighbouring rounds. */
	readonly ratio: number;
	/** Events that the receiver got, all from the server that delivers them. */
	readonly delivered: number;
	readonly rounds: number;
}

async function call(port: number, method: string, path: string, body: object): Promise<Record<string, unknown>> {
	const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, { method, headers: HEADERS, body: JSON.stringify(body) });
	const text = await response.text();
	if (!response.ok) throw new Error(`the benchmark could not prepare its tenant: ${response.status} ${text}`);
	return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function prepare(port: number, receiver: number): Promise<void> {
	await call(port, "PUT", `/operator/plans/${TENANT}`, { name: "Notified", capabilities: ["m2m_api"] });
	await call(port, "PUT", `/operator/tenants/${TENANT}`, { name: "Notified", plan_id: TENANT });
	await call(port, "POST", `/tenants/${TENANT}/webhooks`, { url: `http://127.0.0.1:${receiver}/` });
}

/** Causes exposures, events and alerts until stopped. */
function beginEvents(port: number): { stop(): Promise<void> } {
	let going = true;
	async function once(): Promise<void> {
		const body = { name: "prod-notified", environment: "prod", owner: "bench", permissions: ["tenant:read"] };
		const made = await call(port, "POST", `/tenants/${TENANT}/api-keys`, body);
		const { key, raw_key } = made as { key: { id: string }; raw_key: string };
		await (await fetch(`http://127.0.0.1:${port}${WHOAMI}?key=${raw_key}`)).text();
		await call(port, "POST", `/tenants/${TENANT}/api-keys/${key.id}/revoke`, { reason: "other" });
		await (await fetch(`http://127.0.0.1:${port}${WHOAMI}`, { headers: { "x-api-key": raw_key } })).text();
	}
	const done = (async () => {
		while (going) await Promise.all([once(), new Promise((resolve) => setTimeout(resolve, EVENTFUL_EVERY_MS))]);
	})();
	return {
		async stop() {
			going = false;
			await done;
		},
	};
}

async function measure(port: number, seconds: number, keysFile: string): Promise<number> {
	const events = beginEvents(port);
	const rate = await load(port, WHOAMI, seconds, keysFile);
	await events.stop();
	return rate;
}

export async function measureNotifications(options: { keys: number; rounds: number; seconds: number }): Promise<NotificationFigures> {
	const folder = mkdtempSync(join(tmpdir(), "keywright-bench-notifications-"));
	const started: Side[] = [];
	let delivered = 0;
	const receiver = createServer((request, response) => {
		delivered += 1;
		request.resume();
		response.writeHead(204).end();
	});
	await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
	const address = receiver.address();
	const receives_at = typeof address === "object" && address !== null ? address.port : 0;
	try {
		const sides: { port: number; keysFile: string; rates: number[] }[] = [];
		for (const way of ["with-notifications", "without-notifications"] as const) {
			const keysFile = join(folder, way);
			const side = await start("http-server.ts", [String(options.keys), keysFile, way]);
			started.push(side);
			await prepare(side.port, receives_at);
			await warmUpUntilSteady(side.port, WHOAMI, keysFile, options.keys);
			sides.push({ port: side.port, keysFile, rates: [] });
		}
		for (let round = 0; round < options.rounds; round += 1) {
			for (const side of round % 2 === 0 ? sides : sides.toReversed()) side.rates.push(await measure(side.port, options.seconds, side.keysFile));
		}
		const [notifying = [], control = []] = sides.map(({ rates }) => rates);
		const ratios = notifying.map((rate, index) => rate / (control[index] ?? Number.NaN));
		if (delivered === 0) throw new Error("no event of the benchmark was delivered");
		return { notifying_per_second: median(notifying), control_per_second: median(control), ratio: median(ratios), delivered, rounds: options.rounds };
	} finally {
		for (const side of started) await side.stop();
		receiver.close();
		rmSync(folder, { recursive: true, force: true });
	}
}
