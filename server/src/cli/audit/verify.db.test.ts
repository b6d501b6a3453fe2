import { deepEqual, equal, match, ok } from "node:assert/strict";
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { TEST_PEPPER } from "../../../testing/audit.ts";
import { type KeysFixture, keysFixture } from "../../../testing/keys.ts";
import { CombinedHeads, formatHead, parseHead } from "../../audit/checkpoints/combined.ts";
import { emitCheckpoints } from "../../audit/checkpoints/emit.ts";
import { findFileFault } from "../../audit/checkpoints/file.ts";
import { noteKeysFrom } from "../../audit/checkpoints/note.ts";
import { CheckpointWriter } from "../../audit/checkpoints/write.ts";
import { auditKeysFrom } from "../../audit/entry.ts";
import { systemClock } from "../../core/clock.ts";
import { parsePeppers } from "../../core/pepper.ts";
import { HOUR_MS } from "../../core/time.ts";
import { createKey } from "../../keys/create.ts";
import { pauseKey, resumeKey } from "../../keys/pause.ts";
import { revokeKey } from "../../keys/revocation/revoke.ts";
import { rotateKey } from "../../keys/rotations/rotate.ts";
import { updateKeySettings } from "../../keys/update.ts";
import { deleteSite } from "../../tenants/sites/sites.ts";
import { type Finding, verifyAudit } from "./verify.ts";

const NOTE_KEYS = noteKeysFrom(parsePeppers(TEST_PEPPER));

suite("audit verify", () => {
	let fixture: KeysFixture;
	let folder: string;
	let files = 0;

	before(async () => {
		fixture = await keysFixture();
		folder = mkdtempSync(join(tmpdir(), "keywright-test-"));
	});
	after(async () => {
		await fixture.close();
		rmSync(folder, { recursive: true });
	});

	function newFile(): string {
		files += 1;
		return join(folder, `checkpoints-${files}`);
	}

	const verification = () => ({
		database: fixture.db.database,
		clock: fixture.clock,
		audit_keys: auditKeysFrom(parsePeppers(TEST_PEPPER)),
		note_keys: NOTE_KEYS,
	});
	const verify = (checkpoint: string | null = null) => verifyAudit(verification(), checkpoint);
	const findings = async (checkpoint: string | null = null) => (await verify(checkpoint)).findings;
	const writer = (path: string) => new CheckpointWriter({ ...verification(), note_keys: NOTE_KEYS }, path);

	async function newKey(tenant_id: string, name: string): Promise<string> {
		const input = { tenant_id, name, environment: "prod", owner: "Olivia", permissions: ["documents:read"], site_ids: ["main"] } as const;
		return (await createKey(fixture.context(), { ...input, permissions: [...input.permissions], site_ids: [...input.site_ids] })).key.id;
	}

	async function world(): Promise<{ tenant_id: string; key_id: string }> {
		const tenant_id = await fixture.tenant();
		await fixture.site(tenant_id, "main", "prod");
		return { tenant_id, key_id: await newKey(tenant_id, "prod-order-bot") };
	}

	/** Changes a row past Keywright, reads the findings, and changes it back. */
	async function edited(what: string, back: string, values: string[]): Promise<readonly Finding[]> {
		await fixture.behind(what, values);
		try {
			return await findings();
		} finally {
			await fixture.behind(back, values);
		}
	}

	test("a log is whole and its keys have their rights after every kind of change", async () => {
		const { tenant_id, key_id } = await world();
		const of = { tenant_id, key_id };
		const context = fixture.context();
		await updateKeySettings(context, {
			...of,
			allowed_ips: ["203.0.113.0/24"],
			expires_at: new Date(fixture.clock.now() + 90 * 24 * HOUR_MS).toISOString(),
		});
		await pauseKey(context, of);
		await resumeKey(context, of);
		await rotateKey(context, { ...of, overlap_seconds: 600 });
		await deleteSite(context, { tenant_id, site_id: "main" });
		await revokeKey(context, { tenant_id, key_id: await newKeyWithoutSite(tenant_id), reason: "other" });
		const report = await verify();
		deepEqual(report.findings, []);
		equal(report.ok, true);
		ok(report.entries > 9 && report.keys >= 2 && report.chains >= 2);
	});

	async function newKeyWithoutSite(tenant_id: string): Promise<string> {
		return (await createKey(fixture.context(), { tenant_id, name: "prod-other-bot", environment: "prod", owner: "Olivia" })).key.id;
	}

	test("a right that was edited by SQL is found, with what the log says and since when", async () => {
		const { tenant_id, key_id } = await world();
		const created_at = new Date(fixture.clock.now()).toISOString();
		for (const [column, value, right, logged, found] of [
			["permissions", "array['documents:read','documents:write']", "permissions", ["documents:read"], ["documents:read", "documents:write"]],
			["site_ids", "null", "site_ids", ["main"], null],
			["environment", "'dev'", "environment", "prod", "dev"],
			["allowed_ips", "array['203.0.113.0/24']", "allowed_ips", null, ["203.0.113.0/24"]],
			["expires_at", "'2030-01-01T00:00:00Z'", "expires_at", null, "2030-01-01T00:00:00.000Z"],
			["paused_at", "now()", "paused", false, true],
		] as const) {
			const [row] = await fixture.behind(`select to_jsonb(k)->'${column}' as was from keys k where id = $1`, [key_id]);
			const back = `update keys set ${column} = (jsonb_populate_record(null::keys, jsonb_build_object('${column}', '${JSON.stringify(row?.was)}'::jsonb))).${column} where id = $1`;
			const [finding, ...others] = await edited(`update keys set ${column} = ${value} where id = $1`, back, [key_id]);
			deepEqual(others, [], column);
			deepEqual(finding, { kind: "right", chain: tenant_id, key_id, right, logged, found, since: created_at, until: null });
		}
		deepEqual(await findings(), []);
		await revokeKey(fixture.context(), { tenant_id, key_id, reason: "other" });
		await fixture.behind("update keys set revoked_at = null, revoked_by = null, revoke_reason = null where id = $1", [key_id]);
		const [revived] = await findings();
		deepEqual(revived && "right" in revived && [revived.right, revived.logged, revived.found], ["revoked", true, false]);
	});

	test("a right that was edited and then changed through Keywright is still found, with the period", async () => {
		const { tenant_id, key_id } = await world();
		const since = new Date(fixture.clock.now()).toISOString();
		fixture.clock.advance(60_000);
		await fixture.behind("update keys set permissions = array['documents:write'] where id = $1", [key_id]);
		await updateKeySettings(fixture.context(), { tenant_id, key_id, permissions: ["documents:read"] });
		const until = new Date(fixture.clock.now()).toISOString();
		const found = (await findings()).filter((finding) => finding.kind === "right" && finding.key_id === key_id);
		const expected = {
			kind: "right",
			chain: tenant_id,
			key_id,
			right: "permissions",
			logged: ["documents:read"],
			found: ["documents:write"],
			since,
			until,
		};
		deepEqual(found, [expected]);
		await fixture.behind("delete from keys where id = $1", [key_id]).catch(() => undefined);
	});

	test("checkpoints are written once an hour, and prove a whole log", async () => {
		await world();
		const path = newFile();
		const write = writer(path);
		equal((await write.write())?.number, 1);
		equal(await write.write(), null, "the hour is not over");
		equal(await write.write(true), null, "nothing has moved");
		fixture.clock.advance(HOUR_MS);
		await world();
		const second = await writer(path).write();
		equal(second?.number, 2, "another node continues the file");
		match(
			readFileSync(path, "utf8"),
			/^keywright-[0-9a-f]{16}\/audit\n1\n[A-Za-z0-9+/]{43}=\n(.+\n)+\n\u2014 keywright-[0-9a-f]{16} [A-Za-z0-9+/=]+\n/u,
		);
		const before = await findings();
		deepEqual((await findings(path)).slice(before.length), []);
		equal((await verify(path)).checkpoints?.count, 2);
		match(NOTE_KEYS[0].verifier_key, /^keywright-[0-9a-f]{16}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/);
	});

	test("a database that was rolled back is found, also after it was used again and after the next checkpoint", async () => {
		const { tenant_id } = await world();
		const path = newFile();
		await fixture.site(tenant_id, "second");
		await writer(path).write();
		const rollBack = async () => {
			await fixture.behind("delete from audit_entries where chain = $1 and seq = (select seq from audit_heads where chain = $1)", [tenant_id]);
			await fixture.behind(
				"update audit_heads h set seq = h.seq - 1, mac = e.mac from audit_entries e where h.chain = $1 and e.chain = $1 and e.seq = h.seq - 1",
				[tenant_id],
			);
		};
		await rollBack();
		const getReasons = async () =>
			(await findings(path)).flatMap((finding) => (finding.kind === "checkpoint" && finding.chain === tenant_id ? [finding.reason] : []));
		deepEqual(
			(await findings()).filter(({ chain }) => chain === tenant_id),
			[],
			"the log itself looks whole",
		);
		match((await getReasons())[0] ?? "", /rolled back/);
		fixture.clock.advance(HOUR_MS);
		const after_rollback = join(folder, "after-rollback");
		copyFileSync(path, after_rollback);
		await writer(after_rollback).write();
		const stepped = (await findings(after_rollback)).filter(({ chain }) => chain === tenant_id);
		match(stepped[0]?.kind === "checkpoint" ? stepped[0].reason : "", /rolled back between them/);
		await fixture.site(tenant_id, "third");
		match((await getReasons())[0] ?? "", /is not the one of the checkpoint/);
	});

	test("a file that was edited, forged, cut off or put out of order is found, and not continued", async () => {
		const path = newFile();
		await writer(path).write();
		fixture.clock.advance(HOUR_MS);
		await world();
		await writer(path).write();
		const whole = readFileSync(path, "utf8");
		const [first = "", second = ""] = whole.split(/(?<=\n\u2014 .+\n)/u);
		equal(first + second, whole);
		const foreign = noteKeysFrom(parsePeppers("the-pepper-of-another-instance-0123456789"));
		const other = newFile();
		await new CheckpointWriter({ ...verification(), note_keys: foreign }, other).write();
		for (const [name, text, reason] of [
			["edited", whole.replace(/^time 2/m, "time 1"), /edited or forged/],
			["a head exchanged", whole.replace(/(head \S+ )\d+/, "$11"), /edited or forged/],
			["of another instance", readFileSync(other, "utf8"), /another instance/],
			["without signature", first.replace(/\n\u2014 .*\n$/u, "\n\n"), /no signature|in the middle/],
			["cut off", whole.slice(0, -20), /in the middle/],
			["cut off in the text", whole.slice(0, first.length + 40), /in the middle/],
			["out of order", second + first, /missing, or they are out of order/],
			["its beginning removed", second, /missing, or they are out of order/],
			["something else", "hello\n", /in the middle of it, or holds something else/],
			["empty", "", /holds no checkpoint/],
		] as const) {
			const forged = newFile();
			writeFileSync(forged, text);
			const reasons = (await findings(forged)).flatMap((finding) => (finding.kind === "checkpoint" ? [finding.reason] : []));
			ok(
				reasons.some((found) => reason.test(found)),
				`${name}: ${reasons.join("; ")}`,
			);
			if (text !== "") match((await findFileFault(forged, NOTE_KEYS)) ?? "", /cannot be continued/, name);
		}
		fixture.clock.advance(3 * HOUR_MS);
		truncateSync(path, Buffer.byteLength(first));
		const cut = (await findings(path)).flatMap((finding) => (finding.kind === "checkpoint" ? [finding.reason] : []));
		ok(
			cut.some((reason) => /the end of the file is missing/.test(reason)),
			cut.join("; "),
		);
		appendFileSync(path, "garbage");
		await writer(path)
			.write(true)
			.then(
				() => ok(false, "a file with something else was continued"),
				(error: unknown) => match(String(error), /cannot be continued/),
			);
	});

	test("the combined head that mails carry proves the log of then, and finds a database that was rolled back or rewritten", async () => {
		const { tenant_id, key_id } = await world();
		fixture.clock.advance(2 * HOUR_MS);
		const head = await new CombinedHeads(fixture.db.database).at(fixture.clock.now());
		equal(Date.parse(head.at) % HOUR_MS, 0);
		deepEqual(parseHead(formatHead(head)), head);
		await pauseKey(fixture.context(), { tenant_id, key_id });
		const against = async () => (await verifyAudit(verification(), null, head)).head;
		deepEqual(await against(), { at: head.at, found: true }, "later entries do not matter");
		const [last] = await fixture.behind("select seq, to_jsonb(e) as row from audit_entries e where chain = $1 order by seq desc limit 1 offset 1", [
			tenant_id,
		]);
		await fixture.behind("update audit_entries set at = at + interval '1 day' where chain = $1 and seq >= $2", [tenant_id, last?.seq]);
		const report = await verifyAudit(verification(), null, head);
		deepEqual([report.ok, report.head?.found], [false, false]);
		ok(report.findings.some(({ kind }) => kind === "checkpoint"));
		await fixture.behind("update audit_entries set at = at - interval '1 day' where chain = $1 and seq >= $2", [tenant_id, last?.seq]);
		deepEqual(await against(), { at: head.at, found: true });
	});

	test("a tampered chain is found in the whole log, and the log of a tenant that was removed", async () => {
		const { tenant_id } = await world();
		await fixture.behind("update audit_entries set action = 'site.deleted' where chain = $1 and seq = 2", [tenant_id]);
		const gone = await world();
		await fixture.behind("delete from audit_entries where chain = $1", [gone.tenant_id]);
		await fixture.behind("delete from audit_heads where chain = $1", [gone.tenant_id]);
		const found = (await findings()).filter(({ kind }) => kind === "chain");
		deepEqual(found, [
			{ kind: "chain", chain: tenant_id, seq: 2, reason: "the entry was edited" },
			{ kind: "chain", chain: gone.tenant_id, seq: 1, reason: "the tenant has no entry: its log was removed" },
		]);
	});

	test("webhooks receive the head of a tenant's log once an hour while it grows, as a note that finds a rolled-back database", async () => {
		const [watched, silent] = [await world(), await world()];
		await fixture.behind(
			"insert into keywright.webhooks (tenant_id, id, url, events, pepper_id, secret, after_position, created_at) values ($1, 'whk_1', 'https://a.example/', $2, 'p', '', 0, now())",
			[watched.tenant_id, ["audit.checkpoint"]],
		);
		const emit = () => emitCheckpoints({ database: fixture.db.database, clock: systemClock, note_keys: NOTE_KEYS });
		const hourLater = () =>
			fixture.behind("update keywright.outbox set created_at = created_at - interval '1 hour' where type = 'audit.checkpoint'", []);
		const events = () => fixture.behind("select tenant_id, data from keywright.outbox where type = 'audit.checkpoint' order by position", []);
		await emit();
		await emit();
		await pauseKey(fixture.context(), watched);
		await pauseKey(fixture.context(), silent);
		await emit();
		equal((await events()).length, 1);
		await hourLater();
		await emit();
		await hourLater();
		await emit();
		const found = await events();
		deepEqual(
			found.map(({ tenant_id, data }) => [tenant_id, (data as { entries: number }).entries]),
			[3, 4].map((entries) => [watched.tenant_id, entries]),
			"none for a log that has not grown",
		);
		const path = newFile();
		writeFileSync(path, String((found[1]?.data as { note: string } | undefined)?.note));
		const rolledBack = async () => (await findings(path)).flatMap((finding) => (finding.kind === "checkpoint" ? [finding.chain] : []));
		deepEqual(await rolledBack(), []);
		equal((await verify(path)).checkpoints?.chain, watched.tenant_id, "the report says that the other chains were not compared");
		match((await findFileFault(path, NOTE_KEYS)) ?? "", /a checkpoint of one tenant/);
		await fixture.behind("delete from keywright.audit_entries where chain = $1 and seq = 4", [watched.tenant_id]);
		await fixture.behind(
			"update keywright.audit_heads set seq = 3, mac = (select mac from keywright.audit_entries where chain = $1 and seq = 3) where chain = $1",
			[watched.tenant_id],
		);
		deepEqual(await rolledBack(), [watched.tenant_id]);
	});
});
