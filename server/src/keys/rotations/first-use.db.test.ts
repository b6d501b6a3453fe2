import { deepEqual, equal, fail, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pausable } from "../../../testing/nodes.ts";
import { type RotationFixture, rotationFixture } from "../../../testing/rotations.ts";
import { getCode, type MadeKey } from "../../../testing/verification.ts";
import { record } from "../../audit/record.ts";
import { ApiError } from "../../core/error.ts";
import { asRecord, inTransaction } from "../../database/transaction.ts";
import { rotateSelf } from "../../m2m/self-rotation.ts";
import { recordFirstUses } from "../../usage/sources/evidence-store.ts";
import { createKeyForHandover } from "../handovers/create-key.ts";
import { handOverKey } from "../handovers/hand-over.ts";
import { revealKey } from "../handovers/reveal.ts";
import { pauseKey } from "../pause.ts";
import { reissueKey } from "../secrets/reissue.ts";
import { cancelRotation } from "./complete-or-cancel.ts";
import { getRotation } from "./read.ts";

const LOOK_AGAIN_MS = 5;
const WAITS_WITHIN_MS = 15_000;

let fixture: RotationFixture;
let tenant_id: string;
before(async () => {
	fixture = await rotationFixture();
	tenant_id = await fixture.verification.tenant(fixture.main.node);
});
after(() => fixture.close());

/** An unused secret and an action that would end it. */
interface Unused {
	readonly raw_key: string;
	/** Ends the unused secret: `raw_key` is refused after this returns. */
	undo(): Promise<unknown>;
	/** The error code of the action if the secret was used before it. */
	readonly refused: string;
}

const getIds = ({ key_id }: Pick<MadeKey, "key_id">) => ({ tenant_id, key_id });
const getToken = (url: string) => url.slice(url.indexOf("#") + 1);

async function unusedSuccessor(): Promise<Unused> {
	const key = await fixture.key(tenant_id);
	const { raw_key, rotation } = await fixture.rotate(key);
	return { raw_key, undo: () => cancelRotation(fixture.context(), { ...getIds(key), rotation_id: rotation.id }), refused: "successor_in_use" };
}

async function unusedKey(): Promise<Unused> {
	const key = await fixture.key(tenant_id);
	return { raw_key: key.raw_key, undo: () => reissueKey(fixture.context(), getIds(key)), refused: "conflict" };
}

async function revealedKey(): Promise<Unused> {
	const input = { tenant_id, name: "prod-bot", environment: "prod", owner: "Ada Lovelace" } as const;
	const first = await createKeyForHandover(fixture.handoverContext(), { ...input, handover: {} });
	const { raw_key } = await revealKey(fixture.recipient(), { token: getToken(first.handover_url), name: "Grace" });
	const again = await handOverKey(fixture.handoverContext(), { ...getIds({ key_id: first.key.id }) });
	return { raw_key, undo: () => revealKey(fixture.recipient(), { token: getToken(again.handover_url), name: "Grace" }), refused: "conflict" };
}

const UNDOING = { "cancelling a rotation": unusedSuccessor, "issuing again": unusedKey, "revealing again": revealedKey };

/** Resolves when that many statements wait for a lock. Fails if they do not: the use and the change would then not exclude each other. */
async function untilWaiting(statements: number): Promise<void> {
	for (const until = performance.now() + WAITS_WITHIN_MS; performance.now() < until; ) {
		await fixture.verification.behind("select pg_stat_clear_snapshot()");
		const [row] = await fixture.verification.behind(
			"select count(*)::integer as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
		);
		if (Number(row?.waiting) >= statements) return;
		await sleep(LOOK_AGAIN_MS);
	}
	await fixture.verification.behind("rollback");
	fail("the first use of a secret and a change that would end it do not wait for each other");
}

async function codeOfFailure(run: Promise<unknown>): Promise<string> {
	return run.then(
		() => "done",
		(error: unknown) => {
			ok(error instanceof ApiError, String(error));
			return error.code;
		},
	);
}

/** A key that has started its own rotation, and a repeat of that request. */
async function selfRotated() {
	const key = await fixture.verification.key(fixture.main.node, tenant_id, { permissions: ["key:rotate"] });
	const begin = async () => rotateSelf(await fixture.self(key.raw_key, `attempt-${key.key_id}`), {});
	return { key, begin };
}

suite("the first use of a secret against actions that end an unused one", () => {
	for (const [verb, unused] of Object.entries(UNDOING)) {
		test(`${verb} is refused after a use that was recorded first`, async () => {
			const { raw_key, undo, refused } = await unused();
			// The use has locked the secret and waits for this row, which is rolled back afterwards.
			await fixture.verification.behind("begin");
			const kid = raw_key.slice(-50, -38);
			await fixture.verification.behind("insert into keywright.secret_activity values ($1, $2, now(), now())", [kid, tenant_id]);
			const asked = fixture.main.ask(raw_key);
			await untilWaiting(1);
			const undone = codeOfFailure(undo());
			await untilWaiting(2);
			await fixture.verification.behind("rollback");
			deepEqual([getCode(await asked), await undone], ["allowed", refused]);
			equal(getCode(await fixture.main.ask(raw_key)), "allowed");
		});

		test(`a use during ${verb} is refused, and no accepted request is broken`, async () => {
			const { raw_key, undo } = await unused();
			await fixture.main.grants.fill(raw_key.slice(-50, -38), "normal");
			// A change takes its number last, while it holds all of its locks.
			await fixture.verification.behind("begin");
			await fixture.verification.behind("select seq from keywright.change_sequence for update");
			const undone = codeOfFailure(undo());
			await untilWaiting(1);
			const asked = fixture.main.ask(raw_key);
			await untilWaiting(2);
			await fixture.verification.behind("commit");
			deepEqual([await undone, getCode(await asked)], ["done", "key_rotated"]);
		});
	}

	test("a repeat with the same Idempotency-Key does not show the raw key while its first use is being recorded", async () => {
		const { key, begin } = await selfRotated();
		const first = await begin();
		equal((await begin()).raw_key, first.raw_key, "an answer that was lost");
		await fixture.verification.behind("begin");
		const kid = first.raw_key.slice(-50, -38);
		await fixture.verification.behind("insert into keywright.secret_activity values ($1, $2, now(), now())", [kid, tenant_id]);
		const asked = fixture.main.ask(first.raw_key);
		await untilWaiting(1);
		const repeat = codeOfFailure(begin());
		await untilWaiting(2);
		await fixture.verification.behind("rollback");
		deepEqual([getCode(await asked), await repeat], ["allowed", "secret_already_issued"]);
		equal((await getRotation(fixture.context(), { ...getIds(key), rotation_id: first.rotation.id })).status, "proving");
	});

	test("any response to a live secret is a use; a response to an ended secret or a paused key is not", async () => {
		const codes: [string, string][] = [];
		for (const question of [{ permissions: ["nothing:here"] }, { tenant_id: "another" }]) {
			const { raw_key, undo } = await unusedSuccessor();
			codes.push([getCode(await fixture.main.ask(raw_key, question)), await codeOfFailure(undo())]);
		}
		deepEqual(codes, [
			["permission_missing", "successor_in_use"],
			["not_found", "successor_in_use"],
		]);
		const paused = await fixture.key(tenant_id);
		await pauseKey(fixture.context(), getIds(paused));
		equal(getCode(await fixture.main.ask(paused.raw_key)), "key_paused");
		equal(await codeOfFailure(reissueKey(fixture.context(), getIds(paused))), "done");
		equal(getCode(await fixture.main.ask(paused.raw_key)), "key_rotated");
	});

	test("concurrent requests on several nodes record the first use once", async () => {
		const second = await fixture.second();
		const { raw_key } = await unusedKey();
		const asked = await Promise.all([fixture.main, second].flatMap((process) => Array.from({ length: 20 }, () => process.ask(raw_key))));
		deepEqual(new Set(asked.map(getCode)), new Set(["allowed"]));
		const rows = await fixture.verification.behind("select first_used_at, last_used_at from keywright.secret_activity where kid = $1", [
			raw_key.slice(-50, -38),
		]);
		equal(rows.length, 1);
		equal(asked[0]?.grant?.first_use_recorded, true);
	});

	test("without the database the first use of a secret is 503 and consumes nothing; a secret in use keeps working", async () => {
		let cut = false;
		const held = pausable(fixture.verification.database, async () => {
			if (cut) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
		});
		const limit = { name: "burst", requests: 1, window_seconds: 60, per: "key" } as const;
		const limited = await fixture.verification.tenant(fixture.main.node, { rate_limits: [limit] });
		const process = await fixture.verification.process({ database: held.database });
		const [used, unused] = [await fixture.key(tenant_id), await fixture.key(limited)];
		equal(getCode(await process.ask(used.raw_key)), "allowed");
		await process.grants.fill(unused.kid, "normal");
		cut = true;
		deepEqual([getCode(await process.ask(unused.raw_key)), getCode(await process.ask(used.raw_key))], ["unavailable", "allowed"]);
		cut = false;
		equal(getCode(await process.ask(unused.raw_key)), "allowed");
		await process.node.stop();
	});

	test("a statement for many secrets skips those that a change has locked", async () => {
		const keys = [await fixture.key(tenant_id), await fixture.key(tenant_id), await fixture.key(tenant_id)];
		const kids = keys.map((key) => key.kid);
		const { database } = fixture.verification;
		const now = new Date(fixture.verification.clock.now());
		await fixture.verification.behind("begin");
		await fixture.verification.behind("select from keywright.secrets where kid = $1 for update", [kids[1]]);
		const recorded = await record({ database }, (tx) => recordFirstUses(tx, kids, now, false));
		deepEqual(new Set(recorded), new Set([kids[0], kids[2]]));
		const asked = fixture.main.ask(keys[1]?.raw_key ?? "");
		await untilWaiting(1);
		await fixture.verification.behind("commit");
		equal(getCode(await asked), "allowed");
		deepEqual(await inTransaction(database, "*", (tx) => recordFirstUses(asRecord(tx), kids, now, true)).then((all) => all.length), 3);
	});
});
