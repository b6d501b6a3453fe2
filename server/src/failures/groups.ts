import { ApiError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { isTime, type PageRequest, toPage, windowByTexts } from "../http/input/cursor.ts";
import { parseTimes, type TimesQuery } from "../http/input/times.ts";
import { keyExists } from "../usage/reports/report-store.ts";
import type { FailureGroupPageAnswer, FailureHoursAnswer } from "./groups-schema.ts";
import { type FailureGroup, type GroupSort, readFailureGroups, readFailureHours } from "./groups-store.ts";
import { getStatus } from "./schema.ts";

type GroupsInput = PageRequest &
	TimesQuery & { readonly tenant_id: string; code?: string; key_id?: string; source_id?: string; proven?: boolean; sort?: GroupSort };

const IS_COUNT = /^\d{1,15}$/;

function toGroupResponse(group: FailureGroup): FailureGroupPageAnswer["data"][0] {
	const { id, code, proven, key_id, key_name, check, operation, subject, requests, request_id } = group;
	const { source_id, source_name: name, network, agent, client } = group;
	return {
		id,
		code,
		status: getStatus(code),
		proven,
		key: key_id === null ? null : { id: key_id, name: key_name ?? key_id },
		source: { id: source_id, name, network, agent, client },
		check,
		operation,
		subject,
		requests,
		first_at: group.first_at.toISOString(),
		last_at: group.last_at.toISOString(),
		last_request_id: request_id,
	};
}

/**
 * A page of the refusals of a tenant, grouped by code, key and source, with exact counts. Counts grow while pages are read: a group may then
 * appear on two. 404 `not_found` for an unknown key.
 */
export async function listFailureGroups(context: DatabaseContext, input: GroupsInput): Promise<FailureGroupPageAnswer> {
	const { tenant_id, code, key_id, source_id, proven, sort = "requests" } = input;
	const window = windowByTexts(input, 2, ([value = ""]) => (sort === "requests" ? IS_COUNT.test(value) : isTime(value)));
	const filter = { tenant_id, code, key_id, source_id, proven, ...parseTimes(input) };
	return read(context, async (tx) => {
		if (key_id !== undefined && !(await keyExists(tx, tenant_id, key_id))) throw new ApiError("not_found", "There is no API key with this id.");
		const rows = await readFailureGroups(tx, filter, sort, window);
		const page = toPage(rows, window, (group) => [sort === "requests" ? String(group.requests) : group.last_at.toISOString(), group.id]);
		return { ...page, data: page.data.map(toGroupResponse), groups: rows[0]?.all_groups ?? 0, requests: rows[0]?.all_requests ?? 0 };
	});
}

/** The refusals of a tenant by hour, exactly. */
export async function listFailureHours(context: DatabaseContext, input: TimesQuery & { readonly tenant_id: string }): Promise<FailureHoursAnswer> {
	const filter = { tenant_id: input.tenant_id, ...parseTimes(input) };
	const hours = await read(context, (tx) => readFailureHours(tx, filter));
	return { data: hours.map(({ start, requests, unproven }) => ({ start: start.toISOString(), requests, unproven })) };
}
