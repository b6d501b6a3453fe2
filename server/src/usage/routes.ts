import Type from "typebox";
import type { DatabaseContext } from "../database/database.ts";
import { type Route, route } from "../http/route.ts";
import { BUCKETS_MAX, GRANULARITIES } from "./period.ts";
import { usageReport } from "./report.ts";

const KEY_ID_CHARACTERS_MAX = 64;

const TIME = { format: "date-time" };
const Granularity = Type.Enum([...GRANULARITIES], {
	description: `Default: hour; at most ${BUCKETS_MAX} buckets. Minutes go back 48 hours, hours 90 days; all in UTC`,
});

const period = {
	from: Type.Optional(Type.String({ ...TIME, description: "Inclusive; default: 24 hours before `to`" })),
	to: Type.Optional(Type.String({ ...TIME, description: "Exclusive; default: now" })),
	granularity: Type.Optional(Granularity),
};

const ByKeyQuery = Type.Object(
	{ ...period, key_id: Type.Optional(Type.String({ maxLength: KEY_ID_CHARACTERS_MAX })) },
	{ additionalProperties: false },
);
const TenantQuery = Type.Object(
	{ ...period, by_key: Type.Optional(Type.Boolean({ description: "Return counts per key" })) },
	{ additionalProperties: false },
);
const KeyQuery = Type.Object(
	{ ...period, by_secret: Type.Optional(Type.Boolean({ description: "Return counts per secret" })) },
	{ additionalProperties: false },
);

const Usage = Type.Object({
	from: Type.String(TIME),
	to: Type.String(TIME),
	granularity: Type.Enum([...GRANULARITIES]),
	data: Type.Array(
		Type.Object({
			start: Type.String(TIME),
			key_id: Type.Optional(Type.String()),
			kid: Type.Optional(Type.String({ description: "The secret, where counts are stored per secret" })),
			code: Type.String({ description: "`allowed`, or the code of the refusal" }),
			requests: Type.Integer(),
		}),
	),
});

export const keyedUsageRoutes: readonly Route<DatabaseContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/m2m/tenants/:tenant_id/usage",
		access: "key",
		permission: "usage:read",
		summary: "How many requests each of the tenant's keys made",
		status: 200,
		query: ByKeyQuery,
		output: Usage,
		reads_usage: true,
		run: (context: DatabaseContext, input) => usageReport(context, { ...input, by_key: true }),
	}),
];

export const managementUsageRoutes: readonly Route<DatabaseContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/usage",
		access: "viewer",
		summary: "How many requests the tenant's keys made",
		status: 200,
		query: TenantQuery,
		output: Usage,
		reads_usage: true,
		run: usageReport,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/usage",
		access: "viewer",
		summary: "How many requests one key made",
		status: 200,
		query: KeyQuery,
		output: Usage,
		reads_usage: true,
		run: usageReport,
	}),
];
