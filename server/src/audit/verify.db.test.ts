import { deepEqual, equal } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import pg from "pg";
import { TEST_PEPPER, type TestDatabase, testDatabase } from "../../testing/audit.ts";
import { parsePeppers } from "../core/pepper.ts";
import { change } from "./change.ts";
import { auditKeysFrom } from "./entry.ts";
import { type ChainFinding, verifyChain } from "./verify.ts";

const OTHER_PEPPER = "another-pepper-0123456789-abcdefghijklmnop";

suite("the audit chain", () => {
	let db: TestDatabase;
	let behind: pg.Client;
	let made = 0;

	before(async () => {
		db = await testDatabase();
		behind = new pg.Client({ connectionString: db.superuserUrl });
		await behind.connect();
	});
	after(async () => {
		await behind.end();
		await db.close();
	});

	async function append(chain: string, id: number, context = db.context()): Promise<void> {
		await change(context, async () => ({
			result: null,
			audit: [{ action: "thing.made", target: { kind: "thing", id: `thing-${id}` }, details: { number: id }, tenant_id: chain }],
		}));
	}

	/** A chain of six entries, on which a superuser then runs `statement` ($1 is the chain). */
	async function tampered(...statements: string[]): Promise<ChainFinding> {
		made += 1;
		const chain = `chain-${made}`;
		for (let id = 1; id <= 6; id += 1) await append(chain, id);
		deepEqual(await verifyChain(db.context(), chain), { intact: true, entries: 6 });
		for (const statement of statements) await behind.query(statement, [chain]);
		return verifyChain(db.context(), chain);
	}

	const edited = (seq: number) => ({ intact: false, seq, reason: "the entry was edited" });

	test("a chain without entries is intact and empty", async () => {
		deepEqual(await verifyChain(db.context(), "nobody"), { intact: true, entries: 0 });
	});

	for (const [column, value] of [
		["action", "'thing.unmade'"],
		["target_kind", "'other'"],
		["target_id", "'thing-9'"],
		["request_id", "'req_other'"],
		["at", "at + interval '1 millisecond'"],
		["details_digest", "sha256('x')"],
		["mac", "sha256('x')"],
		["chain", "'somewhere-else'"],
	] as const) {
		test(`an edited ${column} is found`, async () => {
			const finding = await tampered(`update keywright.audit_entries set ${column} = ${value} where chain = $1 and seq = 3`);
			equal(finding.intact, false);
			if (!finding.intact) equal(finding.seq, 3);
		});
	}

	test("edited details are found", async () => {
		const finding = await tampered(
			`update keywright.audit_entries set details = jsonb_set(details, '{facts,number}', '7') where chain = $1 and seq = 3`,
		);
		deepEqual(finding, { intact: false, seq: 3, reason: "its details were edited" });
	});

	test("details edited together with their digest are found", async () => {
		const finding = await tampered(
			`update keywright.audit_entries set details = '{"actor": null}', details_digest = sha256('{"actor":null}') where chain = $1 and seq = 3`,
		);
		deepEqual(finding, edited(3));
	});

	test("a removed entry is found, wherever it stood", async () => {
		const removed = (seq: number) => `delete from keywright.audit_entries where chain = $1 and seq = ${seq}`;
		deepEqual(await tampered(removed(1)), { intact: false, seq: 1, reason: "an entry is missing" });
		deepEqual(await tampered(removed(4)), { intact: false, seq: 4, reason: "an entry is missing" });
		deepEqual(await tampered(removed(6)), { intact: false, seq: 6, reason: "the last entries were removed" });
		deepEqual(await tampered("delete from keywright.audit_entries where chain = $1"), {
			intact: false,
			seq: 1,
			reason: "the last entries were removed",
		});
	});

	test("a removed entry is found when the later ones are moved up", async () => {
		const finding = await tampered(
			"delete from keywright.audit_entries where chain = $1 and seq = 3",
			"update keywright.audit_entries set seq = seq - 1 where chain = $1 and seq = 4",
			"update keywright.audit_entries set seq = seq - 1 where chain = $1 and seq = 5",
			"update keywright.audit_entries set seq = seq - 1 where chain = $1 and seq = 6",
			"update keywright.audit_heads set seq = 5 where chain = $1",
		);
		deepEqual(finding, edited(3));
	});

	test("two entries that changed places are found", async () => {
		const finding = await tampered(
			"update keywright.audit_entries set seq = 100 where chain = $1 and seq = 2",
			"update keywright.audit_entries set seq = 2 where chain = $1 and seq = 3",
			"update keywright.audit_entries set seq = 3 where chain = $1 and seq = 100",
		);
		deepEqual(finding, edited(2));
	});

	test("a head that was set back is found while the entries are there", async () => {
		const finding = await tampered(
			`update keywright.audit_heads set seq = 4, mac = (select mac from keywright.audit_entries e where e.chain = $1 and e.seq = 4) where chain = $1`,
		);
		deepEqual(finding, { intact: false, seq: 5, reason: "entries were added after the recorded end" });
	});

	test("a forged entry is found: only Keywright has the MAC key", async () => {
		const finding = await tampered(
			`insert into keywright.audit_entries select chain, 7, at, action, target_kind, target_id, request_id, details, details_digest, audit_key_id, mac
			from keywright.audit_entries where chain = $1 and seq = 6`,
			"update keywright.audit_heads set seq = 7 where chain = $1",
		);
		deepEqual(finding, edited(7));
	});

	test("an entry moved from another chain is found", async () => {
		await append("donor", 1);
		const finding = await tampered(
			"delete from keywright.audit_entries where chain = $1 and seq > 1",
			`update keywright.audit_entries e set action = d.action, at = d.at, target_id = d.target_id, request_id = d.request_id,
			details = d.details, details_digest = d.details_digest, mac = d.mac
			from keywright.audit_entries d where d.chain = 'donor' and e.chain = $1`,
			"update keywright.audit_heads set seq = 1, mac = (select mac from keywright.audit_heads h where h.chain = 'donor') where chain = $1",
		);
		deepEqual(finding, edited(1));
	});

	test("erasing the details keeps the chain whole", async () => {
		const finding = await tampered("select keywright.erase_audit_details($1)");
		deepEqual(finding, { intact: true, entries: 6 });
		const left = await behind.query("select count(*)::int as n from keywright.audit_entries where chain = $1 and details is not null", [
			`chain-${made}`,
		]);
		equal(left.rows[0]?.n, 0);
	});

	test("a chain continues under a new pepper, and is verified with both", async () => {
		await append("renewed", 1);
		const both = auditKeysFrom(parsePeppers(`${OTHER_PEPPER},${TEST_PEPPER}`));
		await append("renewed", 2, db.context({ audit_keys: both }));
		deepEqual(await verifyChain({ ...db.context(), audit_keys: both }, "renewed"), { intact: true, entries: 2 });
		deepEqual(await verifyChain(db.context(), "renewed"), { intact: false, seq: 2, reason: "its pepper is not configured" });
	});

	test("a chain of several pages is read to its end", async () => {
		await change(db.context(), async () => {
			const note = (id: number) => ({ action: "thing.made", target: { kind: "thing", id: String(id) }, tenant_id: "long" });
			return { result: null, audit: [note(0), ...Array.from({ length: 1_999 }, (_, index) => note(index + 1))] };
		});
		deepEqual(await verifyChain(db.context(), "long"), { intact: true, entries: 2_000 });
		await behind.query("delete from keywright.audit_entries where chain = 'long' and seq = 2000");
		deepEqual(await verifyChain(db.context(), "long"), { intact: false, seq: 2_000, reason: "the last entries were removed" });
	});

	test("a chain that is being written is whole whenever it is looked at", async () => {
		let writing = true;
		const writer = (async () => {
			for (let id = 0; id < 60; id += 1) await append("busy", id);
			writing = false;
		})();
		const findings: ChainFinding[] = [];
		while (writing) findings.push(await verifyChain(db.context(), "busy"));
		await writer;
		deepEqual(
			findings.filter((finding) => !finding.intact),
			[],
		);
	});
});
