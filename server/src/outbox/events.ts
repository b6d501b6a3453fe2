import Type, { type Static, type TObject } from "typebox";
import { ALERT, alert, auto_rotate, ended, KEY, key, OWNER, orNull, owner, ROTATION, rotation, Time, webhook } from "./event-parts.ts";

interface EventKind {
	/** What has happened, in one sentence. */
	readonly means: string;
	readonly data: TObject;
	readonly example: Readonly<Record<string, unknown>>;
}

/**
 * Every event, by its name. `data` in a delivery has these fields, and `tenant_id` and `sequence`. docs/events.md is generated from this table.
 * Names never change, and a field is never removed.
 */
export const EVENTS = {
	"key.created": {
		means: "A key was created.",
		data: Type.Object({ ...key, expires_at: orNull(Time) }),
		example: { ...KEY, expires_at: "2027-11-30T00:00:00.000Z" },
	},
	"key.updated": {
		means: "Settings of a key were changed; `changed` names the fields.",
		data: Type.Object({ ...key, changed: Type.Array(Type.String()) }),
		example: { ...KEY, changed: ["permissions", "expires_at"] },
	},
	"key.reissued": {
		means: "The secret of a key that was never used was replaced, because the first one was lost.",
		data: Type.Object(key),
		example: KEY,
	},
	"key.paused": { means: "A key was paused: it is refused until it is resumed.", data: Type.Object(key), example: KEY },
	"key.resumed": { means: "A paused key was resumed.", data: Type.Object(key), example: KEY },
	"key.revoked": {
		means: "A key was revoked for good.",
		data: Type.Object({
			...key,
			reason: Type.String(),
			revoked_by: Type.String({ description: "The name of the person, program or key that revoked it" }),
		}),
		example: { ...KEY, reason: "suspected_exposure", revoked_by: "Olivia Owner" },
	},
	"key.first_used": {
		means: "A key was used for the first time.",
		data: Type.Object({ ...key, first_used_at: Time }),
		example: { ...KEY, first_used_at: "2026-11-30T08:14:05.000Z" },
	},
	"key.new_source": {
		means: "A key that is in use was seen at a source for the first time.",
		data: Type.Object({
			...key,
			source_id: Type.String(),
			network: Type.String({ description: "IPv4 /24 or IPv6 /48" }),
			client: Type.String({ description: "The client instance, or else the program" }),
			first_seen_at: Time,
		}),
		example: { ...KEY, source_id: "src_1", network: "203.0.113.0/24", client: "order-bot", first_seen_at: "2026-11-30T08:14:00.000Z" },
	},
	"key.expired": {
		means: "A key has expired: it is refused from now on.",
		data: Type.Object({ ...key, expires_at: Time, last_used_at: orNull(Time) }),
		example: { ...KEY, expires_at: "2026-11-30T00:00:00.000Z", last_used_at: "2026-11-29T23:59:59.000Z" },
	},
	"key.expiring": {
		means: "A key expires in 30, 7 or 1 working days; sent once for each.",
		data: Type.Object({ ...key, owner, expires_at: Time, working_days_left: Type.Integer(), last_used_at: orNull(Time) }),
		example: { ...KEY, owner: OWNER, expires_at: "2026-12-09T00:00:00.000Z", working_days_left: 7, last_used_at: "2026-11-30T08:14:05.000Z" },
	},
	"budget.threshold": {
		means: "A budget of a key has reached 80 or 100 percent in its period; sent once for each.",
		data: Type.Object({
			...key,
			budget: Type.String({ description: "The budget's name" }),
			unit: Type.String(),
			amount: Type.Integer(),
			per: Type.Enum(["day", "week", "month", "total"]),
			used: Type.Integer({ description: "Includes what nodes have leased and not spent" }),
			percent: Type.Enum([80, 100]),
			resets_at: orNull({ ...Time, description: "Null if it never refills" }),
		}),
		example: {
			...KEY,
			...{ budget: "credits", unit: "credits", amount: 500, per: "month", used: 400, percent: 80, resets_at: "2026-12-01T00:00:00.000Z" },
		},
	},
	"key.exposed": {
		means: "A key was seen where it should not be, with its full secret; once for each kind.",
		data: Type.Object({
			...key,
			kid: Type.String({ description: "The public id of the secret" }),
			kind: Type.Enum(["browser", "app", "url", "body", "cookie", "authorization", "plain_http", "reported"]),
			source_id: orNull(Type.String()),
		}),
		example: { ...KEY, kid: "4fT2bQm8XcW1", kind: "url", source_id: null },
	},
	"key.canary_used": {
		means: "A canary key was presented, for the first time in a day; the request was refused like one with an unknown key.",
		data: Type.Object({
			...key,
			kid: Type.String({ description: "The public id of the secret" }),
			source_id: Type.String(),
			source: Type.String({ description: "The client or program that presented it" }),
			network: Type.String(),
		}),
		example: {
			...KEY,
			kid: "4fT2bQm8XcW1",
			source_id: "src_8Kd2mPq0XcW1vRz7NpLkTa",
			source: "curl",
			network: "203.0.113.0/24",
		},
	},
	"handover.claimed": {
		means: "The recipient of a one-time link revealed the secret; `claimed_by` is the name that they gave.",
		data: Type.Object({ ...key, handover_id: Type.String(), claimed_by: Type.String() }),
		example: { ...KEY, handover_id: "hnd_7Ub3Kd9XcPq1LmZ5TyWv", claimed_by: "Dora Deployer" },
	},
	"rotation.due": {
		means: "The secret of a key is as old as its rotation period allows: replace it. It continues to work.",
		data: Type.Object({ ...key, rotation_due_at: Time, auto_rotate: Type.Optional(auto_rotate) }),
		example: { ...KEY, rotation_due_at: "2026-11-30T00:00:00.000Z", auto_rotate: "self" },
	},
	"rotation.overdue": {
		means: "The secret of a key should have been replaced, and that has not begun; a day after it was due, then each week. It continues to work.",
		data: Type.Object({ ...key, rotation_due_at: Time, auto_rotate }),
		example: { ...KEY, rotation_due_at: "2026-11-29T00:00:00.000Z", auto_rotate: null },
	},
	"rotation.started": {
		means: "The secret of a key is being replaced; both secrets work for `overlap_seconds`, or until it is completed if that is null.",
		data: Type.Object({ ...rotation, overlap_seconds: orNull(Type.Integer()) }),
		example: { ...ROTATION, overlap_seconds: 604_800 },
	},
	"rotation.reminder": {
		means: "A rotation still waits for clients that use the old secret; `stragglers` names them.",
		data: Type.Object({ ...rotation, owner, status: Type.String(), hard_stop_at: orNull(Time), stragglers: Type.Array(Type.String()) }),
		example: {
			...ROTATION,
			owner: OWNER,
			status: "proving",
			hard_stop_at: "2026-12-07T09:00:00.000Z",
			stragglers: ["order-bot from 203.0.113.0/24"],
		},
	},
	"rotation.completed": {
		means: "A rotation was completed: the old secret no longer works.",
		data: Type.Object(ended),
		example: { ...ROTATION, how: "all_moved" },
	},
	"rotation.cancelled": {
		means: "A rotation was cancelled: the old secret continues to work.",
		data: Type.Object(ended),
		example: { ...ROTATION, how: "cancelled" },
	},
	"alert.raised": {
		means: "Something is the matter that people are alerted to; `rule` says what.",
		data: Type.Object(alert),
		example: ALERT,
	},
	"alert.reminded": {
		means: "An alert goes on and has not been acknowledged.",
		data: Type.Object(alert),
		example: { ...ALERT, count: 214 },
	},
	"alert.resolved": {
		means: "What an alert was about has ended.",
		data: Type.Object({ ...alert, resolved_at: Time }),
		example: { ...ALERT, count: 214, resolved_at: "2026-11-30T09:25:00.000Z" },
	},
	"alert.tested": {
		means: "A person sent a test alert: nothing has happened. Sent to webhooks that receive `alert.raised`.",
		data: Type.Object({
			alert_id: Type.String({ description: "Of the test; there is no alert with this id" }),
			rule: alert.rule,
			summary: alert.summary,
			tested_by: Type.String({ description: "The name of the person or program" }),
			tested_at: Time,
		}),
		example: {
			alert_id: "alt_0Kd7TzYq2MxV9bRw4PnC",
			rule: "key_exposed",
			summary: "Test alert: nothing has happened",
			tested_by: "Olivia Owner",
			tested_at: "2026-11-30T09:00:00.000Z",
		},
	},
	"audit.checkpoint": {
		means: "The audit log has grown; at most once an hour. Keep it: `keywright-server audit verify --checkpoint` compares the log with `note`.",
		data: Type.Object({
			entries: Type.Integer({ description: "The number of entries of the tenant" }),
			head: Type.String({ description: "The MAC of the last one, in base64" }),
			at: Time,
			note: Type.String({ description: "A C2SP signed note with these values" }),
		}),
		example: {
			entries: 18_204,
			head: "nyxBqKhXbm0V3wq1J9k5c2d1Yt8uPzL4oRfSgHiE4Hc=",
			at: "2026-11-30T08:00:00.000Z",
			note: "keywright-4f1c2a90d3b7e655/audit\n1\n…",
		},
	},
	"webhook.disabled": {
		means:
			"Keywright disabled another webhook: its receiver answered 410 (`gone`), or accepted nothing while a delivery used up all its attempts (`failing`).",
		data: Type.Object({ ...webhook, reason: Type.Enum(["gone", "failing"]), failing_since: orNull(Time) }),
		example: {
			webhook_id: "whk_2cNf8Tq4RbXw6LdYz1Ks",
			url_origin: "https://hooks.shop.example",
			reason: "failing",
			failing_since: "2026-11-29T09:00:00.000Z",
		},
	},
	"webhook.test": {
		means: "A test of this webhook was requested. Sent to it alone, whatever its filter, once, and with the sequence 0.",
		data: Type.Object({ webhook_id: Type.String() }),
		example: { webhook_id: "whk_2cNf8Tq4RbXw6LdYz1Ks" },
	},
} as const satisfies Readonly<Record<string, EventKind>>;

export type EventType = keyof typeof EVENTS;

/** A domain event for subscribers, written in the transaction of the change. Its data contain no secret. */
export type OutboxEvent = {
	readonly [T in EventType]: { readonly tenant_id: string; readonly type: T; readonly data: Static<(typeof EVENTS)[T]["data"]> };
}[EventType];

/** The fields of the event's schema, whatever else the change has put beside them. */
export function schemaFields({ type, data }: OutboxEvent): Record<string, unknown> {
	const values: Readonly<Record<string, unknown>> = data;
	return Object.fromEntries(Object.keys(EVENTS[type].data.properties).map((name) => [name, values[name]]));
}
