import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { testLog } from "../../../testing/database.ts";
import { verifyChain } from "../../audit/verify.ts";
import { systemClock } from "../../core/clock.ts";
import { ApiError } from "../../core/error.ts";
import { read } from "../../database/transaction.ts";
import { Node } from "../../nodes/node.ts";
import { getProfile, putProfile } from "./edit.ts";
import { LiveProfile } from "./live.ts";
import { defaultProfile } from "./profile.ts";

const PUBLIC_URL = "https://keys.example";
const FOLLOWS_WITHIN_MS = 1_000;
const LOGO = `data:image/png;base64,${Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(20)]).toString("base64")}`;

let db: TestDatabase;
let profile: LiveProfile;

before(async () => {
	db = await testDatabase();
	profile = new LiveProfile({ database: db.database, node: db.node, log: testLog, public_url: PUBLIC_URL });
	await profile.start();
});
after(async () => {
	await profile.stop();
	await db.close();
});

const context = () => ({ ...db.context(), profile });

async function entries() {
	const found = await verifyChain(db.context(), "*");
	ok(found.intact);
	return read(db.context(), (tx) => tx.selectFrom("audit_entries").select(["action", "details"]).where("chain", "=", "*").orderBy("seq").execute());
}

test("without settings the profile is the default", async () => {
	deepEqual(await getProfile(context()), defaultProfile(PUBLIC_URL));
});

test("a profile is replaced and applies at once, and equal content changes nothing; the audit log has no image", async () => {
	const put = await putProfile(context(), { product_name: "Orders", error_base_url: "https://orders.example/errors", logo_url: LOGO });
	deepEqual(put, { ...defaultProfile(PUBLIC_URL), product_name: "Orders", error_base_url: "https://orders.example/errors", logo_url: LOGO });
	deepEqual(profile.known, put);
	deepEqual(await getProfile(context()), put);
	deepEqual(await putProfile(context(), put), put);
	const next = await putProfile(context(), { product_name: "Orders 2" });
	deepEqual(next, { ...defaultProfile(PUBLIC_URL), product_name: "Orders 2" });
	const written = await entries();
	deepEqual(
		written.map(({ action }) => action),
		["api_profile.updated", "api_profile.updated"],
	);
	equal(JSON.stringify(written).includes("base64"), false);
	equal(JSON.stringify(written).includes("logo_sha256"), true);
});

test("an invalid profile is refused and nothing is written", async () => {
	const count = (await entries()).length;
	const refused = (error: unknown) => error instanceof ApiError && error.code === "invalid_request";
	await rejects(putProfile(context(), { support_url: "javascript:alert(1)" }), refused);
	equal((await entries()).length, count);
	equal(profile.known.product_name, "Orders 2");
});

test("concurrent PUTs leave one profile, known to all nodes, and an audit log without gaps", async () => {
	await Promise.all(Array.from({ length: 6 }, (_, index) => putProfile(context(), { product_name: `Racing ${index}` })));
	const kept = await getProfile(context());
	const fresh = new LiveProfile({ database: db.database, node: db.node, log: testLog, public_url: PUBLIC_URL });
	deepEqual(await fresh.current(), kept);
	await entries();
});

test("another node applies a change at once to requests, and within a second to error types", async () => {
	const node = new Node({ database: db.database, clock: systemClock, log: testLog, lease_seconds: 5, version: "test", single_node: false });
	await node.start();
	const other = new LiveProfile({ database: db.database, node, log: testLog, public_url: PUBLIC_URL });
	try {
		await other.start();
		await putProfile(context(), { product_name: "Followed", error_base_url: "https://followed.example" });
		equal((await other.current()).product_name, "Followed");
		await putProfile(context(), { error_base_url: "https://again.example" });
		const until = performance.now() + FOLLOWS_WITHIN_MS;
		while (other.known.error_base_url !== "https://again.example" && performance.now() < until) await sleep(10);
		equal(other.known.error_base_url, "https://again.example");
	} finally {
		await other.stop();
		await node.stop();
	}
});
