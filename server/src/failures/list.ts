import { ApiError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { type PageRequest, toPage, windowByTime } from "../http/input/cursor.ts";
import { parseTimes, type TimesQuery } from "../http/input/times.ts";
import { readRefusalCounts } from "../usage/refusals/store.ts";
import { keyExists } from "../usage/reports/report-store.ts";
import { type Failure, type KeyFailure, readFailures, readMostFrequent, readUnknownFailures, type UnknownFailure } from "./list-store.ts";
import { type FailurePageAnswer, getStatus, type UnknownFailurePageAnswer } from "./schema.ts";

const FREQUENT_MAX = 20;

type FailuresInput = PageRequest & TimesQuery & { readonly tenant_id: string; code?: string; key_id?: string; source_id?: string; proven?: boolean };
type UnknownInput = PageRequest & TimesQuery & { code?: string; address?: string; kid?: string };

function toFailureResponse({ request_id, at, code, check, operation, facts }: Failure) {
	return {
		request_id,
		at: at.toISOString(),
		code,
		status: getStatus(code),
		check,
		operation,
		facts: { ...facts } as FailurePageAnswer["data"][0]["facts"],
	};
}

function toKeyFailureResponse(failure: KeyFailure): FailurePageAnswer["data"][0] {
	const { key_id, key_name, kid, proven, source_id: id, source_name: name, network, agent, client } = failure;
	return { ...toFailureResponse(failure), key_id, key_name, kid, proven, source: { id, name, network, agent, client } };
}

function toUnknownResponse(failure: UnknownFailure): UnknownFailurePageAnswer["data"][0] {
	const { kid, address, requests, source_id: id, network, agent, client } = failure;
	return { ...toFailureResponse(failure), kid, address, requests, source: { id, network, agent, client } };
}

const toCursor = ({ at, request_id }: Failure) => [at.toISOString(), request_id];

/** A page of the stored refusals of a tenant, newest first, and the exact counts of all that match. 404 `not_found` for an unknown key. */
export async function listFailures(context: DatabaseContext, input: FailuresInput): Promise<FailurePageAnswer> {
	const window = windowByTime(input);
	const { tenant_id, code, key_id, source_id, proven } = input;
	const filter = { tenant_id, code, key_id, source_id, proven, ...parseTimes(input) };
	return read(context, async (tx) => {
		if (key_id !== undefined && !(await keyExists(tx, tenant_id, key_id))) throw new ApiError("not_found", "There is no API key with this id.");
		const page = toPage(await readFailures(tx, filter, window), window, toCursor);
		return { ...page, data: page.data.map(toKeyFailureResponse), counts: await readRefusalCounts(tx, filter) };
	});
}

/** A page of the refusals that belong to no tenant, newest first, and the addresses and unknown kids with the most. */
export async function listUnknownFailures(context: DatabaseContext, input: UnknownInput): Promise<UnknownFailurePageAnswer> {
	const window = windowByTime(input);
	const { code, address, kid } = input;
	return read(context, async (tx) => {
		const page = toPage(await readUnknownFailures(tx, { code, address, kid, ...parseTimes(input) }, window), window, toCursor);
		const addresses = await readMostFrequent(tx, "address", FREQUENT_MAX);
		const kids = await readMostFrequent(tx, "kid", FREQUENT_MAX);
		return {
			...page,
			data: page.data.map(toUnknownResponse),
			addresses: addresses.map(({ name, requests }) => ({ address: name, requests })),
			kids: kids.map(({ name, requests }) => ({ kid: name, requests })),
		};
	});
}
