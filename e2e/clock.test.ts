import { equal, match, ok } from "node:assert/strict";
import { globSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newDataFolder } from "./data-folder.ts";
import { assertProblem } from "./problem.ts";
import { endLeftovers, startServer } from "./server.ts";
import { expectStatus, makeKey, makeTenant } from "./things.ts";

const LEASE_SECONDS = 1;
const SEEN_WITHIN_MS = 15_000;
const POLL_MS = 50;
/** Of the clock of every other process (`npm test -- --clock`); libfaketime ignores it, and counts from the machine's clock. */
const OFFSET_OF_ALL = Number(process.env.KEYWRIGHT_TEST_CLOCK_OFFSET ?? 0);

after(endLeftovers);

test("a node whose clock is five minutes behind accepts no key that has ended: it refuses until its clock is right again", async () => {
	const data_dir = newDataFolder();
	const offset = join(data_dir, "offset");
	const setClock = (seconds: number) => writeFileSync(offset, `${OFFSET_OF_ALL + seconds}\n`.replace(/^(?!-)/, "+"));
	setClock(0);
	const server = await startServer({
		data_dir,
		env: {
			KEYWRIGHT_LEASE_SECONDS: String(LEASE_SECONDS),
			LD_PRELOAD: globSync("/usr/lib/*/faketime/libfaketime.so.1")[0] ?? "",
			FAKETIME_TIMESTAMP_FILE: offset,
			FAKETIME_NO_CACHE: "1",
			FAKETIME_DONT_FAKE_MONOTONIC: "1",
		},
	});
	const tenant = await makeTenant(server);
	const [lasting, ending] = [
		await makeKey(server, tenant.id),
		await makeKey(server, tenant.id, { expires_at: new Date(Date.now() + 60_000).toISOString() }),
	];
	const whoami = (raw_key: string) => server.keyed(raw_key, "GET", "/whoami");
	const statusBecomes = async (status: number) => {
		const until = performance.now() + SEEN_WITHIN_MS;
		let answer = await whoami(lasting.raw_key);
		for (; answer.status !== status; answer = await whoami(lasting.raw_key)) {
			ok(performance.now() < until, answer.text);
			await sleep(POLL_MS);
		}
		return answer;
	};
	for (const { raw_key } of [lasting, ending]) expectStatus(await whoami(raw_key), 200);

	setClock(-300);
	assertProblem(await statusBecomes(503), "unavailable");
	assertProblem(await whoami(ending.raw_key), "unavailable");
	equal((await server.send({ method: "GET", path: "/readyz" })).status, 503);
	const metrics = await server.send({ method: "GET", path: "/metrics", headers: server.bearer });
	match(metrics.text, /keywright_clock_skew_seconds -(299|300)\.\d/);
	await logged(/"skew_seconds":-(299|300)[.\d]*,"event":"clock_is_wrong"/);

	setClock(0);
	await statusBecomes(200);
	await logged(/"event":"clock_agrees"/);
	await server.stop();

	async function logged(line: RegExp): Promise<void> {
		const until = performance.now() + SEEN_WITHIN_MS;
		while (!line.test(server.logs.stdout) && performance.now() < until) await sleep(POLL_MS);
		match(server.logs.stdout, line);
	}
});
