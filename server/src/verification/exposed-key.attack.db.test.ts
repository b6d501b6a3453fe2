import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { testLog } from "../../testing/database.ts";
import { type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { type Address, parseAddress } from "../core/network.ts";
import { asKid, makeRawKey, newKid } from "../keys/secrets/format.ts";
import { getSource } from "../usage/sources/source.ts";
import { ExposedKeys } from "./exposed-key.ts";

function address(text: string): Address {
	const parsed = parseAddress(text);
	ok(parsed);
	return parsed;
}

const invented = (kid: string = newKid()) => makeRawKey({ brand: "kw", environment: "prod", kid: asKid(kid), secret: "s".repeat(32) });

describe("anonymous requests with invented keys in wrong places", () => {
	let fixture: VerificationFixture;
	before(async () => {
		fixture = await verificationFixture();
	});
	after(() => fixture.close());

	async function start() {
		const process = await fixture.process();
		const proven: string[] = [];
		const asked: string[] = [];
		const keys = new ExposedKeys({
			verifier: {
				brand: process.verifier.brand,
				sources: process.verifier.sources,
				examine: (question) => {
					asked.push(question.address?.text ?? "");
					return process.verifier.examine(question);
				},
			},
			recorder: { add: (kid) => void proven.push(kid), addCanary: () => {} },
			failures: process.failures,
			trusted_proxies: null,
			clock: fixture.clock,
			log: testLog,
		});
		const send = (raw_key: string, from: Address, page_site: string | null = null) =>
			keys.report({ place: "url", raw_key }, { source: getSource(from, null, null), address: from, request_id: null, page_site });
		/** Until all that waits is proven or dismissed. */
		const settle = async (raw_key: string, kid: string) => {
			send(raw_key, address("2001:db8::1"));
			while (!proven.includes(kid)) await new Promise((resolve) => setImmediate(resolve));
		};
		const last = await fixture.key(process.node, await fixture.tenant(process.node));
		return { ...process, proven, asked, send, settle: () => settle(last.raw_key, last.kid), last };
	}

	test("count as wrong keys of their address, which is in the slow lane from then on and is not looked up", async () => {
		const { failures, asked, proven, send, settle, ...process } = await start();
		const attacker = address("192.0.2.1");
		for (let round = 0; round < 10; round += 1) {
			for (let sent = 0; sent < 10; sent += 1) send(invented(), attacker);
			proven.length = 0;
			await settle();
		}
		equal(failures.laneOf(attacker), "slow");
		equal(asked.filter((from) => from === attacker.text).length, 30, "from 30 wrong keys in a minute on, none is looked up");
		const { raw_key, kid } = await fixture.key(process.node, await fixture.tenant(process.node));
		send(invented(kid), address("192.0.2.7"));
		send(raw_key, address("192.0.2.7"));
		proven.length = 0;
		await settle();
		ok(proven.includes(kid));
		equal(failures.laneOf(address("192.0.2.7")), "normal");
	});

	test("do not displace what another address reports at the same time", async () => {
		const { asked, proven, send, settle, last } = await start();
		for (let sent = 0; sent < 500; sent += 1) send(invented(), address("192.0.2.2"));
		await settle();
		deepEqual(proven, [last.kid]);
		equal(asked.filter((from) => from === "192.0.2.2").length, 10);
	});

	test("do not count against the address of a browser that another site's page made send them, and few are looked up of one site or address", async () => {
		const { failures, asked, proven, send, settle, ...process } = await start();
		const visitor = address("192.0.2.4");
		for (let round = 0; round < 10; round += 1) {
			for (let sent = 0; sent < 10; sent += 1) send(invented(), visitor, `site-${round}.example`);
			proven.length = 0;
			await settle();
		}
		equal(failures.laneOf(visitor), "normal");
		equal(asked.filter((from) => from === visitor.text).length, 20);
		fixture.clock.advance(120_000);
		const { raw_key, kid } = await fixture.key(process.node, await fixture.tenant(process.node));
		send(raw_key, visitor, "shop.example");
		proven.length = 0;
		await settle();
		ok(proven.includes(kid), "a key that is real is found in such a request, too");
	});

	test("of a hostile page with many addresses do not hide what another page exposes at the same time, and all pages together have few looked up", async () => {
		const { asked, proven, send, settle, ...process } = await start();
		const { raw_key, kid } = await fixture.key(process.node, await fixture.tenant(process.node));
		/** Ten at a time, and what waits is proven in between: so it is the minute that bounds them. */
		const flood = async (rounds: number, site: (number: number) => string) => {
			for (let round = 0; round < rounds; round += 1) {
				for (let sent = 0; sent < 10; sent += 1) send(invented(), address(`198.51.100.${(round * 10 + sent) % 250}`), site(round));
				proven.length = 0;
				await settle();
			}
		};
		const flooded = () => asked.filter((from) => from.startsWith("198.51.100.")).length;
		await flood(4, () => "evil.example");
		equal(flooded(), 20);
		send(raw_key, address("192.0.2.4"), "shop.example");
		proven.length = 0;
		await settle();
		ok(proven.includes(kid));
		await flood(30, (number) => `evil-${number}.example`);
		equal(flooded(), 239, "of all pages together 240 are looked up in a minute, and one was the exposed key");
	});

	test("cost nothing where the checksum is wrong", async () => {
		const { asked, send, settle } = await start();
		send(`${invented().slice(0, -1)}-`, address("192.0.2.3"));
		send(`kw_prod_${"0".repeat(50)}`, address("192.0.2.3"));
		await settle();
		deepEqual(asked, ["2001:db8::1"]);
	});
});
