import Type, { type Static, type TSchema } from "typebox";
import { FILTER_TYPES } from "../outbox/event-filters.ts";
import { CALL_TIMEOUT_MS } from "../outbox/outgoing/outgoing.ts";
import { URL_CHARACTERS_MAX } from "../outbox/outgoing/target.ts";
import { COUNTED_MAX } from "./delivery-store.ts";
import { DELIVERY_STATUSES, DISABLED_REASONS, WEBHOOK_STATUSES } from "./webhook.ts";

const DAY_SECONDS = 86_400;
export const OVERLAP_SECONDS_DEFAULT = DAY_SECONDS;
const OVERLAP_SECONDS_MAX = 7 * DAY_SECONDS;

const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const Time = Type.String({ format: "date-time" });
const Url = Type.String({
	minLength: 1,
	maxLength: URL_CHARACTERS_MAX,
	description: "https; plain http only to addresses that the operator has listed",
});
const Events = orNull(
	Type.Array(Type.Enum([...FILTER_TYPES]), {
		minItems: 1,
		maxItems: FILTER_TYPES.length,
		uniqueItems: true,
		description: "The types to deliver; null: all, also those of later versions",
	}),
);
const ResponseStatus = orNull(Type.Integer({ description: "The HTTP status of the response; null if there was none" }));
const ErrorText = orNull(Type.String({ description: "What went wrong and what to do, in plain words" }));

export const WebhookSchema = Type.Object({
	id: Type.String(),
	url: Type.String(),
	events: orNull(Type.Array(Type.String())),
	status: Type.Enum([...WEBHOOK_STATUSES]),
	disabled_reason: orNull(Type.Enum([...DISABLED_REASONS])),
	created_at: Time,
	failing_since: orNull(
		Type.String({ format: "date-time", description: "Since when the receiver has accepted nothing; null if it accepted the last attempt" }),
	),
	previous_secret_expires_at: orNull(Type.String({ format: "date-time", description: "Until when the secret before the current one also signs" })),
	deliveries_24h: Type.Object(
		{ delivered: Type.Integer(), failed: Type.Integer({ description: "All attempts failed" }) },
		{ description: `Events whose last attempt was within 24 hours; at most ${COUNTED_MAX} of each are counted` },
	),
	waiting: Type.Integer({ description: `Events that will be attempted, now or again; at most ${COUNTED_MAX} are counted` }),
	last_delivery: orNull(Type.Object({ at: Time, status: Type.Enum([...DELIVERY_STATUSES]), response_status: ResponseStatus, error: ErrorText })),
});
export type WebhookAnswer = Static<typeof WebhookSchema>;

export const WebhookWithSecret = Type.Object({
	webhook: WebhookSchema,
	secret: Type.String({ description: "`whsec_…`; returned only once" }),
});
export type WebhookWithSecret = Static<typeof WebhookWithSecret>;

export const WebhookInput = Type.Object({ url: Url, events: Type.Optional(Events) }, { additionalProperties: false });
export type WebhookInput = Static<typeof WebhookInput>;

export const WebhookPatch = Type.Object(
	{ url: Type.Optional(Url), events: Type.Optional(Events), status: Type.Optional(Type.Enum([...WEBHOOK_STATUSES])) },
	{ additionalProperties: false },
);
export type WebhookPatch = Static<typeof WebhookPatch>;

export const RotateSecretInput = Type.Object(
	{
		overlap_seconds: Type.Optional(
			Type.Integer({
				minimum: 0,
				maximum: OVERLAP_SECONDS_MAX,
				description: `How long the previous secret also signs; ${OVERLAP_SECONDS_DEFAULT} by default. 0 ends all earlier secrets at once, for one that has leaked.`,
			}),
		),
	},
	{ additionalProperties: false },
);
export type RotateSecretInput = Static<typeof RotateSecretInput>;

export const TestSchema = Type.Object({
	delivered: Type.Boolean({ description: `Whether the receiver responded with 2xx within ${CALL_TIMEOUT_MS / 1_000} seconds` }),
	response_status: ResponseStatus,
	error: ErrorText,
});
export type TestAnswer = Static<typeof TestSchema>;

export const DeliverySchema = Type.Object({
	id: Type.String(),
	event_id: Type.String({ description: "The `webhook-id` of every attempt" }),
	type: Type.String(),
	sequence: Type.Integer({ description: "`data.sequence`" }),
	attempt: Type.Integer({ description: "How many attempts were made" }),
	at: Type.String({ format: "date-time", description: "When the last attempt was made; before the first one, since when the delivery waits" }),
	duration_ms: orNull(Type.Integer({ description: "How long the last attempt took; null before the first one" })),
	status: Type.Enum([...DELIVERY_STATUSES]),
	response_status: ResponseStatus,
	error: ErrorText,
	next_attempt_at: orNull(Time),
});
export type DeliveryAnswer = Static<typeof DeliverySchema>;
