import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../client.ts";
import { ORDERS } from "./attack.ts";
import { attempt } from "./caller.ts";
import { Echo } from "./echo.ts";
import { PROXY_NAMES, type RunningProxy, startProxy } from "./proxy.ts";
import { BROKEN, StandIn } from "./stand-in.ts";

/** The maximum time to a response; the recipes' own time-out is two seconds. */
const PATIENCE_MS = 4_000;
const SETTLE_MS = 15;
const QUESTION = Buffer.from(
	`GET ${ORDERS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: any\r\nX-Keywright-Tenant: acme\r\nX-Keywright-Key-Id: key_any\r\n\r\n`,
);

let echo: Echo;

before(async () => {
	echo = await Echo.start();
});

after(() => echo?.stop());

for (const name of PROXY_NAMES) {
	describe(`${name} without Keywright`, () => {
		let proxy: RunningProxy;
		let stand_in: StandIn;

		before(async () => {
			stand_in = await StandIn.create();
			proxy = await startProxy(name, { keywright: stand_in.port, app: echo.port });
		});

		after(async () => {
			await stand_in?.stop();
			await proxy?.stop();
		});

		async function answered(): Promise<Answer> {
			echo.take();
			const answer = await attempt(proxy.port, QUESTION, PATIENCE_MS);
			await sleep(SETTLE_MS);
			deepEqual(echo.take(), [], "nothing got through");
			ok(answer, "the caller gets a response in time");
			return answer;
		}

		test("connection refused: 503, and no request reaches the API", async () => {
			const answer = await answered();
			equal(answer.status, 503);
			match(answer.header("content-type"), /^application\/problem\+json/);
			equal(answer.header("cache-control"), "no-store");
			ok(Number(answer.header("retry-after")) > 0);
			match(answer.text, /"code":"unavailable"/);
		});

		for (const [what, behaviour] of BROKEN) {
			test(`the upstream ${what}: no request reaches the API, and the caller gets a response soon`, async () => {
				stand_in.behaviour = behaviour;
				await stand_in.listen();
				const answer = await answered();
				ok(answer.status >= 300, `${answer.status} ${answer.text}`);
				await stand_in.stop();
			});
		}
	});
}
