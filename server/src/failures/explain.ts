import { ApiError } from "../core/error.ts";
import { timeOfRequestId } from "../core/request-id.ts";
import { DAY_MS } from "../core/time.ts";
import type { DatabaseContext } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { readLastSuccess } from "../usage/activity-store.ts";
import { readRefusalsAround } from "../usage/refusals/store.ts";
import { explainRefusal, type KeyFacts } from "./explanation.ts";
import { countAlike, readCountedSource } from "./groups-store.ts";
import {
	countKept,
	type Failure,
	type FailureScope,
	type KeyFailure,
	readFailure,
	readKeyFacts,
	readNearestFailure,
	readUnknownFailure,
} from "./list-store.ts";
import { getOutcomes } from "./refusal.ts";
import type { ExplanationAnswer, OperatorExplanationAnswer } from "./schema.ts";
import { getStatus } from "./schema.ts";

/** A younger refusal may still be written, by any node, so no other one is explained instead. */
const WRITTEN_WITHIN_MS = 3_000;

interface Input {
	readonly request_id: string;
}

interface Wanted extends Input {
	readonly scope: FailureScope & { readonly tenant_id: string };
	/** Unix time in milliseconds. */
	readonly now: number;
}

/** The same for an id that never was, one of another tenant, and one of a request that was allowed. */
function nothingToExplain(): ApiError {
	return new ApiError(
		"not_found",
		"No refusal with this request id is kept here. Copy the id from the response that refused the request; requests that were allowed are not kept, and those with an unknown key or none are explained to the operator.",
	);
}

type Around = Pick<ExplanationAnswer, "key" | "source" | "alike" | "last_success" | "exact" | "asked_at">;

function toExplanation(failure: Failure, key: KeyFacts | null, around: Around): ExplanationAnswer {
	const { request_id, at, code, check, operation, proven, detail } = failure;
	const { summary, cause, cure } = explainRefusal(failure, key);
	const copied = cause.map(({ fact, value }) => ({ fact, value: typeof value === "object" && value !== null ? [...value] : value }));
	const answered = { code, status: getStatus(code), detail };
	const reason = { check, checks: getOutcomes(check), summary, cause: copied, cure };
	return { request_id, at: at.toISOString(), allowed: false, operation, proven, ...answered, ...reason, ...around };
}

/** The stored refusal that is nearest to an unstored one of the same minute; null unless refusals of that minute were not stored. */
async function findNearest(tx: ReadTx, { scope, request_id, now }: Wanted): Promise<KeyFailure | null> {
	const time = timeOfRequestId(request_id);
	if (time === null || now - time < WRITTEN_WITHIN_MS) return null;
	const at = new Date(time);
	const around = await readRefusalsAround(tx, { ...scope, at });
	if (around === null || around.requests <= (await countKept(tx, scope, around))) return null;
	return readNearestFailure(tx, scope, at);
}

type Reader = Pick<Wanted, "now"> & { readonly scope: FailureScope };

/** A key learns neither what members call its clients, nor about requests that only named it together with others. */
async function explainKeyFailure(tx: ReadTx, failure: KeyFailure, { scope, now }: Reader, asked_at: string | null): Promise<ExplanationAnswer> {
	const { tenant_id, key_id, key_name, source_id: id, network, agent, client } = failure;
	const last = await readLastSuccess(tx, tenant_id, key_id);
	const last_success = last === null ? null : { at: last.at.toISOString(), operation: last.operation };
	const facts = await readKeyFacts(tx, failure);
	const of_one_key = failure.proven || scope.key_id !== null;
	const counted = { tenant_id, key_id: of_one_key ? key_id : null, code: failure.code, proven: failure.proven };
	const source_id = await readCountedSource(tx, failure);
	const alike = await countAlike(tx, { ...counted, source_id }, new Date(now - DAY_MS));
	return toExplanation(failure, facts, {
		key: { id: key_id, name: key_name, last4: facts?.last4 ?? null },
		source: { id, name: scope.key_id === null ? failure.source_name : null, network, agent, client },
		alike: alike === null ? null : { source_id, ...alike, first_at: alike.first_at.toISOString() },
		last_success,
		exact: asked_at === null,
		asked_at,
	});
}

/** Explains a refusal of the tenant, or of one of its keys. 404 `not_found` for every other id. */
async function explainIn(tx: ReadTx, wanted: Wanted): Promise<ExplanationAnswer> {
	const kept = await readFailure(tx, wanted.scope, wanted.request_id);
	if (kept) return explainKeyFailure(tx, kept, wanted, null);
	const nearest = await findNearest(tx, wanted);
	if (nearest === null) throw nothingToExplain();
	const time = timeOfRequestId(wanted.request_id);
	return explainKeyFailure(tx, nearest, wanted, new Date(time ?? nearest.at).toISOString());
}

/**
 * Explains why a request of the tenant was refused. If that refusal was not stored, the nearest stored one is explained instead. 404 `not_found`.
 */
export async function explainRequest(context: DatabaseContext, input: Input & { tenant_id: string }): Promise<ExplanationAnswer> {
	const scope = { tenant_id: input.tenant_id, key_id: null };
	const wanted = { scope, request_id: input.request_id, now: context.clock.now() };
	return read(context, (tx) => explainIn(tx, wanted));
}

/** The same for a key, about requests that were made with it. 404 `not_found`. */
export async function explainOwnRequest(
	context: DatabaseContext & { readonly grant: { readonly key_id: string; readonly tenant: { readonly id: string } } },
	input: Input,
): Promise<ExplanationAnswer> {
	const { grant } = context;
	const scope = { tenant_id: grant.tenant.id, key_id: grant.key_id };
	const wanted = { scope, request_id: input.request_id, now: context.clock.now() };
	return read(context, (tx) => explainIn(tx, wanted));
}

/** The same for the operator, about requests of every tenant and of none. 404 `not_found`. */
export async function explainAnyRequest(context: DatabaseContext, { request_id }: Input): Promise<OperatorExplanationAnswer> {
	return read(context, async (tx) => {
		const scope = { tenant_id: null, key_id: null };
		const kept = await readFailure(tx, scope, request_id);
		if (kept)
			return {
				...(await explainKeyFailure(tx, kept, { scope, now: context.clock.now() }, null)),
				tenant_id: kept.tenant_id,
				key_id: kept.key_id,
				address: null,
			};
		const unknown = await readUnknownFailure(tx, request_id);
		if (unknown === null) throw nothingToExplain();
		const { source_id: id, network, agent, client, address } = unknown;
		const around = { key: null, source: { id, name: null, network, agent, client }, alike: null, last_success: null, exact: true, asked_at: null };
		return { ...toExplanation(unknown, null, around), tenant_id: null, key_id: null, address };
	});
}
