import Type from "typebox";
import { ChosenId } from "../plans/schema.ts";
import { TENANT_STATUSES } from "../tenants/tenant.ts";

const SEARCH_CHARACTERS_MAX = 200;
const ROWS_MAX = 100;
const PAGE_MAX = 100_000;
const Status = Type.Enum([...TENANT_STATUSES]);
const Named = Type.Object({ id: Type.String(), name: Type.String() });
const Count = Type.Integer();

export const TenantsQuery = Type.Object(
	{
		search: Type.Optional(Type.String({ maxLength: SEARCH_CHARACTERS_MAX, description: "A part of the name, the id or the external id" })),
		plan_id: Type.Optional(ChosenId),
		status: Type.Optional(Status),
		sort: Type.Optional(Type.Enum(["name", "created_at", "keys", "requests_24h"], { default: "requests_24h" })),
		order: Type.Optional(Type.Enum(["asc", "desc"], { default: "desc" })),
		page: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX, default: 1 })),
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: ROWS_MAX, default: 25 })),
	},
	{ additionalProperties: false },
);

export const TenantsOverview = Type.Object({
	data: Type.Array(
		Type.Object({
			id: Type.String(),
			name: Type.String(),
			external_id: Type.Union([Type.String(), Type.Null()]),
			status: Status,
			created_at: Type.String({ format: "date-time" }),
			plan: Named,
			has_api: Type.Boolean({ description: "Whether the plan includes `m2m_api`" }),
			keys: Type.Integer({ description: "Keys that are neither revoked nor expired" }),
			requests_24h: Type.Object({ allowed: Count, refused: Count }),
			ever_called: Type.Boolean({ description: "Whether usage of any time is stored" }),
			quota: Type.Union([Type.Object({ requests: Count, used: Count }), Type.Null()]),
		}),
	),
	total: Type.Integer({ description: "All that match" }),
});

export const PlanPreviewQuery = Type.Object({ plan_id: ChosenId }, { additionalProperties: false });

const over = { api_keys: Count, sites: Count, documents: Count, storage_bytes: Count, requests: Count };

export const PlanImpactSchema = Type.Object({
	tenants: Type.Integer({ description: "Tenants that the change affects" }),
	keys: Type.Integer({ description: "Their keys that are neither revoked nor expired" }),
	over: Type.Object(over, { description: "For each limit, the number of tenants above the new maximum that were not above the old one" }),
	lost_capabilities: Type.Array(Type.String()),
	lost_permissions: Type.Array(Type.Object({ permission: Type.String(), capability: Type.String(), keys: Count })),
	losing: Type.Object({
		keys: Type.Integer({ description: "Keys that lose a permission" }),
		tenants: Type.Integer({ description: "Their tenants" }),
		most: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), keys: Count }), { description: "The tenants with the most such keys" }),
	}),
	replay: Type.Union(
		[
			Type.Object({
				requests: Type.Integer({ description: "Of live keys, allowed in the last 30 days" }),
				would_refuse: Type.Integer({ description: "Of these, what needs a lost capability, at least" }),
				would_refuse_at_most: Count,
				exact: Type.Boolean({ description: "Whether both are the same" }),
				unknown: Type.Boolean({ description: "Whether some requests are counted together with others, so that nothing is known about them" }),
				keys: Type.Integer({ description: "Keys with such requests" }),
			}),
			Type.Null(),
		],
		{ description: "Null where no capability is lost, and for more than 20,000 keys. Rate limits, quotas and maximum numbers are not part of it" },
	),
});

export const HealthSchema = Type.Object({
	version: Type.String({ description: "The server's version" }),
	node_id: Type.String({ description: "The node that answered" }),
	ready: Type.Boolean({ description: "Whether it answers keyed requests: it holds a lease" }),
	clock_skew_seconds: Type.Number({ description: "Proven minimum by which its clock is ahead of the database's; negative: behind" }),
	usage_lost: Type.Integer({ description: "Usage counts that it lost since its start, because memory for them was full" }),
	grants: Type.Integer({ description: "Grants in its memory" }),
	failing_webhooks: Type.Array(
		Type.Object({
			webhook_id: Type.String(),
			url_origin: Type.String(),
			failing_since: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
			disabled: Type.Union([Type.String({ description: "`gone` or `failing`" }), Type.Null()]),
		}),
		{ description: "The operator's webhooks that have accepted nothing for an hour, or were disabled for it" },
	),
	mail: Type.Object({ enabled: Type.Boolean({ description: "Whether a mail server is configured" }) }),
	database: Type.Object({
		version: Type.String({ description: "Version of PostgreSQL" }),
		embedded: Type.Boolean({ description: "Whether the server runs its own PostgreSQL" }),
		size_bytes: Count,
		round_trip_ms: Type.Number({ description: "Duration of the transaction of this response" }),
		changes: Type.Integer({ description: "Number of the latest change" }),
	}),
});

const Time = Type.String({ format: "date-time" });

export const NodesSchema = Type.Object({
	data: Type.Array(
		Type.Object({
			id: Type.String(),
			version: Type.String(),
			started_at: Time,
			renewed_at: Time,
			lease_seconds: Type.Number(),
			holds_lease: Type.Boolean({ description: "Whether it renewed within its lease, by the database's clock" }),
			fenced_at: Type.Union([Time, Type.Null()]),
			behind: Type.Integer({ description: "Changes that it has not confirmed" }),
			is_this: Type.Boolean({ description: "Whether it is the node that answered" }),
		}),
	),
});

export const PlanUse = Type.Object({ data: Type.Array(Type.Object({ plan_id: Type.String(), tenants: Count, keys: Count })) });
