import Type from "typebox";
import { type Route, route } from "../http/route.ts";
import { BUDGETS_MAX } from "../keys/budgets/budget.ts";
import { PERMISSION_PATTERN } from "../plans/catalogue/permission.ts";
import { Capability, LIMIT_NAME_PATTERN, LimitName } from "../plans/schema.ts";
import { type VerifyContext, verify } from "./verify.ts";

const text = (maxLength: number) => Type.String({ maxLength });
const Cost = { minimum: 1, maximum: 1_000_000 };
const NAMED_LIMITS_MAX = 8;
const Headers = Type.Record(Type.String(), Type.String());

const VerifyQuestion = Type.Object(
	{
		raw_key: Type.String({ maxLength: 4096, writeOnly: true, description: "The text that was presented as X-API-Key, as it came." }),
		tenant_id: Type.Optional(
			Type.String({ minLength: 1, maxLength: 200, description: "The tenant of the requested resource; a key of another tenant gets 404." }),
		),
		site_id: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
		permissions: Type.Optional(Type.Array(Type.String({ pattern: PERMISSION_PATTERN }), { maxItems: 32, description: "All are required." })),
		capability: Type.Optional(Capability),
		cost: Type.Optional(Type.Integer({ ...Cost, description: "How many requests this one counts for; default 1." })),
		limits: Type.Optional(
			Type.Array(Type.Object({ name: LimitName, cost: Type.Integer(Cost) }, { additionalProperties: false }), {
				maxItems: NAMED_LIMITS_MAX,
				description:
					"What it spends of the plan's limits that count only requests that name them, or of others in place of `cost`. A name that the tenant's plan has not is no limit.",
			}),
		),
		budgets: Type.Optional(
			Type.Record(Type.String({ pattern: LIMIT_NAME_PATTERN }), Type.Integer({ ...Cost, minimum: 0 }), {
				additionalProperties: false,
				maxProperties: BUDGETS_MAX,
				description: "What it spends of the key's budgets by name, in place of `cost`. A name that the key has not is no budget.",
			}),
		),
		request: Type.Optional(
			Type.Object(
				{
					method: Type.Optional(text(32)),
					path: Type.Optional(text(8192)),
					ip: Type.Optional(text(64)),
					user_agent: Type.Optional(text(2048)),
					client: Type.Optional(
						Type.String({
							maxLength: 2048,
							description:
								"X-Keywright-Client as it came: which of several programs the caller is. What is no name of 1 to 64 plain characters counts as none.",
						}),
					),
					origin: Type.Optional(text(2048)),
					sec_fetch_site: Type.Optional(text(64)),
				},
				{ additionalProperties: false },
			),
		),
	},
	{ additionalProperties: false },
);

const VerifyAnswer = Type.Object({
	allowed: Type.Boolean(),
	status: Type.Integer(),
	code: Type.String({ description: "`allowed`, or the code of the denial." }),
	detail: Type.String(),
	type: Type.Optional(Type.String({ description: "The page of the code, for problem responses." })),
	key: Type.Optional(
		Type.Object({
			id: Type.String(),
			name: Type.String(),
			environment: Type.String(),
			last4: Type.String(),
			permissions: Type.Array(Type.String()),
			site_ids: Type.Union([Type.Array(Type.String()), Type.Null()]),
			expires_at: Type.Union([Type.String(), Type.Null()]),
			rotation_due_at: Type.Union([Type.String(), Type.Null()]),
		}),
	),
	tenant: Type.Optional(Type.Object({ id: Type.String(), name: Type.String() })),
	rate_limits: Type.Optional(
		Type.Array(
			Type.Object({ name: Type.String(), per: Type.String(), requests: Type.Integer(), window_seconds: Type.Integer(), remaining: Type.Integer() }),
		),
	),
	headers: Headers,
	request_id: Type.String(),
});

export const verifyRoutes: readonly Route<VerifyContext>[] = [
	route({
		method: "POST",
		path: "/api/v1/verify",
		access: "service",
		stores_no_input: true,
		decides: true,
		summary: "Verify a key that was presented to the operator's own API",
		status: 200,
		body: VerifyQuestion,
		output: VerifyAnswer,
		run: verify,
	}),
];
