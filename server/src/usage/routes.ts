import Type from "typebox";
import type { ChangeContext } from "../audit/change.ts";
import type { DatabaseContext } from "../database/database.ts";
import { pageQuery, pageSchema } from "../http/input/cursor.ts";
import { type Route, route } from "../http/route.ts";
import { BUCKETS_MAX, BY_SOURCE_DAYS, GRANULARITIES } from "./period.ts";
import { HOURS_FORMATS, listHours } from "./reports/hours.ts";
import { USAGE_FORMATS, usageReport } from "./reports/report.ts";

const KEY_ID_CHARACTERS_MAX = 64;
const TENANT_ID_CHARACTERS_MAX = 64;

const TIME = { format: "date-time" };
const Granularity = Type.Enum([...GRANULARITIES], {
	description: `Default: hour (by source: day); at most ${BUCKETS_MAX} buckets. Minutes go back 48 hours, hours 90 days; all in UTC`,
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
const TENANT_GROUPS = ["code", "key", "site", "operation", "source"] as const;
const KEY_GROUPS = ["key", "secret", "source"] as const;
const BY_SOURCE = `With \`source\` the granularity is \`day\`, up to ${BY_SOURCE_DAYS} days ago`;
const TenantQuery = Type.Object(
	{
		...period,
		group_by: Type.Optional(
			Type.Enum([...TENANT_GROUPS], {
				description: `What is counted apart, beside the time and the code. Default: \`code\`, nothing else. ${BY_SOURCE}`,
			}),
		),
		by_key: Type.Optional(Type.Boolean({ description: "The same as `group_by=key`" })),
	},
	{ additionalProperties: false },
);
const KeyQuery = Type.Object(
	{
		...period,
		group_by: Type.Optional(
			Type.Enum([...KEY_GROUPS], {
				description: `What is counted apart, beside the time and the code. Default: \`key\`, nothing else. ${BY_SOURCE}`,
			}),
		),
		by_secret: Type.Optional(Type.Boolean({ description: "The same as `group_by=secret`" })),
	},
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
			site_id: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: "Null: requests that name no site" })),
			operation: Type.Optional(Type.String({ description: "The route, or what a service or a proxy's rule calls it" })),
			source_id: Type.Optional(
				Type.Union([Type.String(), Type.Null()], {
					description: "Null: requests beyond the 200 rows of usage by source that a key has on a day; their sources are not known",
				}),
			),
			name: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: "The name that a member gave the source" })),
			network: Type.Optional(Type.Union([Type.String(), Type.Null()])),
			agent: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: "The program" })),
			client: Type.Optional(Type.Union([Type.String(), Type.Null()])),
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
		formats: USAGE_FORMATS,
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
		formats: USAGE_FORMATS,
		reads_usage: true,
		run: usageReport,
	}),
];

const HoursQuery = Type.Object(
	{
		from: Type.Optional(Type.String({ ...TIME, description: "Inclusive, in whole hours (UTC); default: 24 hours before `to`" })),
		to: Type.Optional(Type.String({ ...TIME, description: "Exclusive; default, and at most: `complete_until`" })),
		tenant_id: Type.Optional(Type.String({ maxLength: TENANT_ID_CHARACTERS_MAX })),
		...pageQuery,
	},
	{ additionalProperties: false },
);
const Hours = Type.Object({
	...pageSchema(
		Type.Object({
			id: Type.String({ description: "The same in every export: replace what you stored under it" }),
			tenant_id: Type.String(),
			external_id: Type.Union([Type.String(), Type.Null()], { description: "The customer id of your billing system" }),
			hour: Type.String(TIME),
			allowed: Type.Integer(),
			refused: Type.Integer(),
		}),
	).properties,
	complete_until: Type.String({ ...TIME, description: "Every node has stored its counts of the hours before" }),
});

export const operatorUsageRoutes: readonly Route<ChangeContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/usage",
		access: "operator",
		summary: "Requests of all tenants by complete hours, for billing",
		status: 200,
		query: HoursQuery,
		output: Hours,
		formats: HOURS_FORMATS,
		reads_usage: true,
		run: listHours,
	}),
];
