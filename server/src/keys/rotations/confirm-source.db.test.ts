import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CallerName, from, type RotationFixture, rotationFixture } from "../../../testing/rotations.ts";
import type { MadeKey } from "../../../testing/verification.ts";
import { ApiError } from "../../core/error.ts";
import { parseAddress } from "../../core/network.ts";
import { headerFilter } from "../../core/secret-text.ts";
import { SourceMemo } from "../../usage/sources/memo.ts";
import { makeSource, type Source } from "../../usage/sources/source.ts";
import { cancelRotation, completeRotation } from "./complete-or-cancel.ts";
import { confirmSource } from "./confirm-source.ts";
import { completeRotations } from "./end-due.ts";
import { getRotation } from "./read.ts";
import { rotateKeyForHandover } from "./rotate.ts";

const DAY_SECONDS = 86_400;
const EVERYONE: readonly CallerName[] = ["orders", "reports", "backup"];
/** The request headers of two programs that cannot be distinguished. */
const REPORTS = from("203.0.113.7", "python-requests/2.32");
const INVOICES = from("203.0.113.9", "python-requests/2.31");

let fixture: RotationFixture;
before(async () => {
	fixture = await rotationFixture();
});
after(() => fixture.close());

async function toApiError(run: Promise<unknown>): Promise<ApiError> {
	const failure = await run.then(
		() => null,
		(error: unknown) => error,
	);
	ok(failure instanceof ApiError, `it is refused: ${String(failure)}`);
	return failure;
}

/** A key that each of `callers` has used often enough for its usual gap to be known. */
async function usedKey(callers: readonly (CallerName | Source)[]): Promise<MadeKey> {
	const key = await fixture.key(await fixture.verification.tenant(fixture.main.node));
	for (let round = 0; round < 4; round += 1) {
		for (const caller of callers) equal(await fixture.present(key.raw_key, caller), "allowed");
		await fixture.pass(10);
	}
	return key;
}

/** Actions on the key's rotation, by people and by time. */
async function begin(key: MadeKey) {
	const { raw_key, rotation } = await fixture.rotate(key);
	const ids = { tenant_id: key.tenant_id, key_id: key.key_id, rotation_id: rotation.id };
	return {
		ids,
		raw_key,
		look: () => getRotation(fixture.context(), ids),
		confirm: (source: Pick<Source, "id">) => confirmSource(fixture.context(), { ...ids, source_id: source.id }),
		complete: () => completeRotation(fixture.context(), ids),
		/** Runs the rotation loop. */
		async byItself() {
			await completeRotations(fixture.context());
			return (await getRotation(fixture.context(), ids)).status;
		},
	};
}

const getConfirmations = async (tenant_id: string) =>
	(await fixture.verification.behind("select action, details from keywright.audit_entries where chain = $1 order by seq", [tenant_id])).filter(
		({ action }) => action === "rotation.source_confirmed",
	);

test("two python-requests clients behind one address need a confirmation, which is void once the old secret is used there again", async () => {
	equal(REPORTS.id, INVOICES.id);
	const key = await usedKey([REPORTS, INVOICES]);
	const rotation = await begin(key);
	equal(await fixture.use(rotation.raw_key, REPORTS), "allowed");
	await fixture.pass(DAY_SECONDS);
	equal(await rotation.byItself(), "proving", "the other one is silent, which proves nothing");
	const waiting = await rotation.look();
	const [source] = waiting.sources;
	ok(source);
	deepEqual(
		[source.told_apart, source.not_told_apart?.code, source.tell_apart_by, source.silence_seconds, source.may_be_confirmed, source.confirmation],
		[false, "library", "X-Keywright-Client", null, true, null],
	);
	equal(source.silent_since, source.old?.last_seen_at);
	match(source.reason ?? "", /HTTP library alone.* A person must confirm/);
	match(waiting.evidence_limit, /calls less often than the required silence/);
	equal((await toApiError(rotation.complete())).code, "old_secret_still_in_use");

	const confirmed = await rotation.confirm(REPORTS);
	deepEqual([confirmed.status, confirmed.safe_to_complete, confirmed.sources[0]?.moved, confirmed.reasons], ["moved", true, true, []]);
	deepEqual([confirmed.sources[0]?.confirmation?.by.name, confirmed.sources[0]?.confirmation?.void], ["operator token", false]);
	deepEqual(await rotation.confirm(REPORTS), confirmed, "a repeat changes nothing");
	equal((await getConfirmations(key.tenant_id)).length, 1);
	await fixture.pass(DAY_SECONDS);
	equal(await rotation.byItself(), "moved", "a person's word alone ends nothing by itself");

	equal(await fixture.use(key.raw_key, INVOICES), "allowed");
	const again = await rotation.look();
	deepEqual([again.safe_to_complete, again.sources[0]?.moved, again.sources[0]?.confirmation?.void], [false, false, true]);
	equal((await toApiError(rotation.complete())).code, "old_secret_still_in_use");
	equal(await fixture.use(key.raw_key, INVOICES), "allowed");

	equal(await fixture.use(rotation.raw_key, INVOICES), "allowed");
	await fixture.pass(1);
	equal((await rotation.confirm(REPORTS)).safe_to_complete, true);
	const done = await rotation.complete();
	deepEqual([done.status, done.ended_how, done.force_reason], ["completed", "completed", null]);
	equal(await fixture.use(key.raw_key, REPORTS), "key_rotated");
	const audited = await getConfirmations(key.tenant_id);
	equal(audited.length, 2);
	match(JSON.stringify(audited), /python-requests at 203\.0\.113\.0\/24/);
});

test("named programs on hidden networks each need a confirmation, unless they send a client instance", async () => {
	const memo = new SourceMemo({ addresses: false, filterHeader: headerFilter() });
	const hidden = (agent: string, client: string | null = null) => memo.find(parseAddress("203.0.113.7"), agent, client);
	const [orders, sync, named] = [hidden("order-bot/1.2"), hidden("crm-sync/3"), hidden("curl/8.5.0", "backup-1")];
	const key = await usedKey([orders, sync, named]);
	const rotation = await begin(key);
	for (const source of [orders, sync, named]) equal(await fixture.use(rotation.raw_key, source), "allowed");
	await fixture.pass(DAY_SECONDS);
	equal(await rotation.byItself(), "proving");
	const waiting = await rotation.look();
	const byId = new Map(waiting.sources.map((source) => [source.id, source]));
	deepEqual(
		[orders, sync, named].map(({ id }) => [byId.get(id)?.not_told_apart?.code ?? null, byId.get(id)?.moved]),
		[
			["network_hidden", false],
			["network_hidden", false],
			[null, true],
		],
	);
	equal((await rotation.confirm(orders)).safe_to_complete, false);
	equal((await toApiError(rotation.complete())).code, "old_secret_still_in_use");
	equal((await rotation.confirm(sync)).safe_to_complete, true);
	equal((await rotation.complete()).status, "completed");
});

test("one source that is not identified keeps a rotation from completing automatically", async () => {
	const stored_before = makeSource("203.0.113.0/24", "other", null);
	const key = await usedKey([...EVERYONE, stored_before]);
	const rotation = await begin(key);
	for (const caller of [...EVERYONE, stored_before]) equal(await fixture.use(rotation.raw_key, caller), "allowed");
	await fixture.pass(DAY_SECONDS);
	equal(await rotation.byItself(), "proving");
	const { reasons, sources } = await rotation.look();
	deepEqual(
		reasons.map(({ code, source_id }) => [code, source_id]),
		[["sources_not_told_apart", stored_before.id]],
	);
	equal(sources.filter(({ moved }) => moved).length, 3);
	equal((await rotation.confirm(stored_before)).safe_to_complete, true);
	equal(await rotation.byItself(), "moved");
	equal((await rotation.complete()).ended_how, "completed");
});

test("a source with evidence, an unknown source and an ended rotation cannot be confirmed", async () => {
	const key = await usedKey(["orders", REPORTS]);
	const rotation = await begin(key);
	equal(await fixture.use(rotation.raw_key, "orders"), "allowed");
	equal(await fixture.use(rotation.raw_key, "backup"), "allowed");
	const { sources } = await rotation.look();
	const getId = (agent: string) => ({ id: sources.find((source) => source.agent === agent)?.id ?? "" });
	match((await toApiError(rotation.confirm(getId("order-bot")))).detail, /is identified/);
	match((await toApiError(rotation.confirm(getId("backup-job")))).detail, /nothing to confirm/);
	equal((await toApiError(rotation.confirm({ id: "src_none" }))).code, "not_found");
	const other = await fixture.key(await fixture.verification.tenant(fixture.main.node));
	const foreign = { ...rotation.ids, tenant_id: other.tenant_id, source_id: REPORTS.id };
	equal((await toApiError(confirmSource(fixture.context({ scope: other.tenant_id }), foreign))).code, "not_found");
	await cancelRotation(fixture.context(), { ...rotation.ids, force: true });
	equal((await toApiError(rotation.confirm(REPORTS))).code, "conflict");
	const waiting = await rotateKeyForHandover(fixture.handoverContext(), { tenant_id: key.tenant_id, key_id: key.key_id, handover: {} });
	const early = { ...rotation.ids, rotation_id: waiting.rotation.id, source_id: REPORTS.id };
	match((await toApiError(confirmSource(fixture.context(), early))).detail, /not been revealed/);
	deepEqual(await getConfirmations(key.tenant_id), []);
});
