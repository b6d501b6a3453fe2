import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { TEST_PEPPER, type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { testLog } from "../../../testing/database.ts";
import { verifyChain } from "../../audit/verify.ts";
import { checksum } from "../../core/checksum.ts";
import { parseServiceCredential, type ServiceCredential } from "../../core/credential.ts";
import { ApiError } from "../../core/error.ts";
import { parsePeppers } from "../../core/pepper.ts";
import { Node } from "../../nodes/node.ts";
import { ServiceCache } from "./cache.ts";
import { type ServiceContext, type ServiceKeys, serviceKeysFrom } from "./service.ts";
import { createService, listServices, rekeyService, revokeService } from "./services.ts";

const service_keys = serviceKeysFrom(parsePeppers(TEST_PEPPER));
let db: TestDatabase;
let superuser: pg.Client;

before(async () => {
	db = await testDatabase();
	superuser = new pg.Client({ connectionString: db.superuserUrl });
	await superuser.connect();
	await superuser.query("set search_path = keywright");
});
after(async () => {
	await superuser.end();
	await db.close();
});

function operator(over: Partial<ServiceContext> = {}): ServiceContext {
	return { ...db.context(), service_keys, ...over };
}

function makeCache(over: Partial<ConstructorParameters<typeof ServiceCache>[0]> = {}): ServiceCache {
	return new ServiceCache({ database: db.database, node: db.node, service_keys, ...over });
}

/** The credential with another secret and a valid checksum. */
function withWrongSecret(credential: string): string {
	const body = credential.slice(0, -6);
	const other = body.slice(0, -1) + (body.endsWith("a") ? "b" : "a");
	return other + checksum(other);
}

test("a credential is returned once; the list has its last four characters, and the database not its secret", async () => {
	const { service, credential } = await createService(operator(), { name: " Orders API " });
	equal(service.name, "Orders API");
	equal(service.last4, credential.slice(-4));
	match(credential, /^kws_[0-9A-Za-z]{50}$/);
	const listed = await listServices(operator(), {});
	deepEqual(listed.data[0], service);
	const { rows } = await superuser.query<{ row: string }>("select s::text as row from services s union all select a::text from audit_entries a");
	const secret = parseServiceCredential(credential)?.secret ?? "";
	equal(secret.length, 32);
	ok(rows.every(({ row }) => !row.includes(secret) && !row.includes(Buffer.from(secret).toString("hex"))));
});

test("a repeat with the same Idempotency-Key creates no second service and returns no credential", async () => {
	const { service } = await createService(operator({ idempotency_key: "svc-once" }), { name: "Once" });
	await rejects(createService(operator({ idempotency_key: "svc-once" }), { name: "Once" }), (error) => {
		ok(error instanceof ApiError);
		equal(error.code, "secret_already_issued");
		deepEqual(error.metadata.members, { service_id: service.id });
		return true;
	});
	equal((await listServices(operator(), {})).data.filter(({ name }) => name === "Once").length, 1);
});

test("a valid credential is accepted, any other is not", async () => {
	const cache = makeCache();
	const { service, credential } = await createService(operator(), { name: "Known" });
	const { credential: other } = await createService(operator(), { name: "Other" });
	for (let repeat = 0; repeat < 2; repeat += 1) {
		deepEqual(await cache.verify(credential), { id: service.id, name: "Known" });
		equal(await cache.verify(withWrongSecret(credential)), null);
	}
	const swapped = credential.slice(0, 16) + other.slice(16, 48);
	for (const wrong of ["", "kws_", credential.slice(0, -1), `${credential}x`, credential.toLowerCase(), swapped + checksum(swapped)])
		equal(await cache.verify(wrong), null);
});

test("a cached credential costs no query, nor does a malformed one", async () => {
	const { credential } = await createService(operator(), { name: "Warm" });
	let reads = 0;
	const counting = new Proxy(db.database, {
		get(target, name, receiver) {
			if (name === "queries") reads += 1;
			return Reflect.get(target, name, receiver) as unknown;
		},
	});
	const cache = makeCache({ database: counting });
	equal(await cache.verify(credential.replace("kws_", "kwt_")), null);
	equal(reads, 0);
	await Promise.all(Array.from({ length: 20 }, () => cache.verify(credential)));
	equal(reads, 1);
	notEqual(cache.verify(credential), null);
	equal(reads, 1);
	equal(cache.verify(withWrongSecret(credential)), null);
	equal(reads, 1);
});

test("once revocation has returned, no node accepts the credential, although every cache had it", async () => {
	const second = new Node({ database: db.database, clock: db.context().clock, log: testLog, lease_seconds: 5, version: "test", single_node: false });
	await second.start();
	try {
		const caches = [makeCache(), makeCache({ node: second })];
		for (let round = 0; round < 10; round += 1) {
			const { service, credential } = await createService(operator(), { name: "Short" });
			for (const cache of caches) ok(await cache.verify(credential));
			await revokeService(operator(), { service_id: service.id });
			for (const cache of caches) equal(await cache.verify(credential), null);
		}
	} finally {
		await second.stop();
	}
});

test("a node without its lease reads the database each time", async () => {
	const cache = makeCache();
	const { service, credential } = await createService(operator(), { name: "Lease" });
	ok(await cache.verify(credential));
	db.node.lease.end();
	await superuser.query("update services set revoked_at = now() where id = $1", [service.id]);
	equal(await cache.verify(credential), null);
	await superuser.query("update services set revoked_at = null where id = $1", [service.id]);
	ok(await cache.verify(credential));
	db.node.lease.grant({ monotonic: db.context().clock.monotonic(), now: db.context().clock.now() }, 5);
});

test("a row forged or swapped in the database is not accepted", async () => {
	const first = await createService(operator(), { name: "First" });
	const second = await createService(operator(), { name: "Second" });
	await superuser.query("update services set mac = (select mac from services where id = $1) where id = $2", [first.service.id, second.service.id]);
	equal(await makeCache().verify(second.credential), null);
	await superuser.query("update services set mac = '\\x00' where id = $1", [second.service.id]);
	equal(await makeCache().verify(second.credential), null);
	ok(await makeCache().verify(first.credential));
});

test("after a pepper rotation a credential stays valid, and its MAC is recomputed on use", async () => {
	const { service, credential } = await createService(operator(), { name: "Rotated" });
	const both: ServiceKeys = serviceKeysFrom(parsePeppers(`another-pepper-of-the-tests-0123456789,${TEST_PEPPER}`));
	const old: ServiceCredential[] = [];
	const cache = makeCache({ service_keys: both, onOldPepper: (seen) => void old.push(seen) });
	for (let repeat = 0; repeat < 3; repeat += 1) ok(await cache.verify(credential));
	equal(old.length, 1);
	const [seen] = old;
	ok(seen);
	equal(await rekeyService(operator({ service_keys: both }), { ...seen, secret: `${seen.secret}x` }), false);
	equal(await rekeyService(operator({ service_keys: both }), seen), true);
	equal(await rekeyService(operator({ service_keys: both }), seen), false);
	const only_new = serviceKeysFrom(parsePeppers("another-pepper-of-the-tests-0123456789"));
	deepEqual(await makeCache({ service_keys: only_new }).verify(credential), { id: service.id, name: "Rotated" });
	equal(await makeCache().verify(credential), null);
});

test("revocation is idempotent, an unknown service is 404, and the audit chain is valid", async () => {
	const { service } = await createService(operator(), { name: "Twice" });
	await revokeService(operator(), { service_id: service.id });
	await revokeService(operator(), { service_id: service.id });
	await rejects(revokeService(operator(), { service_id: "svc_none" }), (error) => error instanceof ApiError && error.code === "not_found");
	equal((await verifyChain(db.context(), "*")).intact, true);
	const { rows } = await superuser.query("select action from audit_entries where target_id = $1 order by seq", [service.id]);
	deepEqual(
		rows.map((row: { action: string }) => row.action),
		["service.created", "service.revoked"],
	);
});
