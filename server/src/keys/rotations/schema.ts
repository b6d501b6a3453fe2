import Type, { type Static } from "typebox";
import { pageQuery, pageSchema } from "../../http/input/cursor.ts";
import { NodesWaitedFor } from "../../nodes/schema.ts";
import { AMBIGUITIES } from "../../usage/sources/ambiguity.ts";
import { HandoverInput, HandoverSchema, handoverLink } from "../handovers/schema.ts";
import { KeySchema } from "../schema.ts";
import { KeyActorSchema, Note, orNull, Time } from "../secrets/schema-parts.ts";
import { BLOCKER_CODES } from "./evidence.ts";
import { ENDINGS, OVERLAP_SECONDS_MAX, ROTATION_STATUSES, SELF_OVERLAP_SECONDS_MIN, STEPS } from "./rotation.ts";

const TIME_CHARACTERS_MAX = 64;

const closed = { additionalProperties: false } as const;

export const RotateInput = Type.Object(
	{
		overlap_seconds: Type.Optional(
			Type.Integer({
				minimum: 0,
				maximum: OVERLAP_SECONDS_MAX,
				description:
					"How long both secrets work; 0 ends the old one at once. Left out: the old one works until everything has moved, for 30 days at most",
			}),
		),
		handover: Type.Optional(
			Type.Object(HandoverInput.properties, { additionalProperties: false, description: "The response has a one-time link instead of the raw key" }),
		),
		expires_at: Type.Optional(orNull(Type.String({ format: "date-time", maxLength: TIME_CHARACTERS_MAX }))),
	},
	closed,
);
export type RotateInput = Static<typeof RotateInput>;

const Reason = Type.String({ ...Note, minLength: 1, description: "Needed with `force`; it is audited" });
export const CompleteInput = Type.Object({ force: Type.Optional(Type.Boolean()), reason: Type.Optional(Reason) }, closed);
export type CompleteInput = Static<typeof CompleteInput>;
export const CancelInput = Type.Object({ force: Type.Optional(Type.Boolean()) }, closed);
export type CancelInput = Static<typeof CancelInput>;

export const ListQuery = Type.Object({ ...pageQuery }, closed);

const SecretName = Type.Object({ kid: Type.String(), last4: Type.String() });
const Fact = Type.Union([Type.String(), Type.Number(), Type.Null()]);

export const RotationSchema = Type.Object({
	id: Type.String(),
	key_id: Type.String(),
	status: Type.Enum([...ROTATION_STATUSES]),
	predecessor: SecretName,
	successor: orNull(SecretName),
	overlap_seconds: orNull(Type.Integer()),
	old_ends_at: orNull(Time),
	hard_stop_at: orNull(Time),
	started_at: Time,
	started_by: KeyActorSchema,
	ended_at: orNull(Time),
	ended_by: orNull(KeyActorSchema),
	ended_how: orNull(Type.Enum([...ENDINGS])),
	force_reason: orNull(Type.String()),
	expires_at: orNull(Time),
	expires_at_before: orNull(Time),
	handover: orNull(HandoverSchema),
	steps: Type.Array(Type.Object({ name: Type.Enum([...STEPS]), done: Type.Boolean(), at: orNull(Time), facts: Type.Record(Type.String(), Fact) })),
	sources: Type.Array(
		Type.Object({
			id: Type.String(),
			name: orNull(Type.String()),
			network: Type.String(),
			agent: Type.String(),
			client: orNull(Type.String()),
			old: orNull(Type.Object({ last_seen_at: Time, requests: Type.Integer() })),
			new: orNull(Type.Object({ first_seen_at: Time, last_seen_at: Time, requests: Type.Integer() })),
			told_apart: Type.Boolean({ description: "False: several programs can look like this source, so it never counts as moved by evidence" }),
			not_told_apart: orNull(Type.Object({ code: Type.Enum([...AMBIGUITIES]), detail: Type.String() })),
			tell_apart_by: orNull(Type.String({ description: "The request header that would distinguish its programs" })),
			silent_since: orNull(Type.String({ format: "date-time", description: "When the old secret was seen here last" })),
			silence_seconds: orNull(
				Type.Integer({
					description: "How long the old secret must be unused here; null where no time is enough. Programs that call less often are not detected",
				}),
			),
			confirmation: orNull(
				Type.Object({
					at: Time,
					by: KeyActorSchema,
					void: Type.Boolean({ description: "The old secret was seen here again since: confirm again when that is fixed" }),
				}),
			),
			may_be_confirmed: Type.Boolean({ description: "A person may confirm that every program here has the new secret" }),
			moved: Type.Boolean({ description: "By evidence or by a person's confirmation" }),
			waits_until: orNull(Time),
			reason: orNull(Type.String()),
		}),
	),
	operations: Type.Array(Type.Object({ operation: Type.String(), old_at: Time, new_at: orNull(Time) })),
	safe_to_complete: Type.Boolean(),
	evidence_limit: Type.String({ description: "What evidence cannot show" }),
	reasons: Type.Array(Type.Object({ code: Type.Enum([...BLOCKER_CODES]), detail: Type.String(), source_id: Type.Optional(Type.String()) })),
});
/** The response body for a rotation. */
export type RotationAnswer = Static<typeof RotationSchema>;
export const RotationPage = pageSchema(RotationSchema);

const begun = { key: KeySchema, rotation: RotationSchema, waited_for: NodesWaitedFor };
export const Rotated = Type.Object({ ...begun, raw_key: Type.String({ description: "The new secret, returned only in this response" }) });
export type Rotated = Static<typeof Rotated>;
export const RotatedForHandover = Type.Object({ ...begun, ...handoverLink });
export type RotatedForHandover = Static<typeof RotatedForHandover>;
/** The response to completing or cancelling. */
export const RotationEnded = Type.Object({ ...RotationSchema.properties, waited_for: NodesWaitedFor });
export type RotationEnded = Static<typeof RotationEnded>;

export const RevokePreview = Type.Object({
	last_used_at: orNull(Time),
	requests: Type.Object({ last_hour: Type.Integer(), last_day: Type.Integer(), last_week: Type.Integer() }),
	sources: Type.Array(
		Type.Object({
			id: Type.String(),
			name: orNull(Type.String()),
			network: Type.String(),
			agent: Type.String(),
			client: orNull(Type.String()),
			requests: Type.Integer(),
			last_seen_at: Time,
			seen_within: Type.Enum(["hour", "day", "week"]),
		}),
	),
	rotation: orNull(RotationSchema),
	expires_at_if_replaced: orNull(
		Type.String({ format: "date-time", description: "When the key would end if its secret were replaced now; null for never" }),
	),
});
export type RevokePreview = Static<typeof RevokePreview>;

export const SelfRotateInput = Type.Object(
	{
		overlap_seconds: Type.Optional(
			Type.Integer({
				minimum: SELF_OVERLAP_SECONDS_MIN,
				maximum: OVERLAP_SECONDS_MAX,
				description: "How long both secrets work. Omitted: the old one works until all sources have moved, for at most 30 days",
			}),
		),
	},
	closed,
);
/** The part of a rotation that its own key may read: no people and no other sources. */
const OwnRotation = Type.Pick(RotationSchema, [
	...(["id", "status", "predecessor", "successor", "overlap_seconds", "old_ends_at", "hard_stop_at"] as const),
	...(["started_at", "ended_at", "ended_how", "expires_at", "expires_at_before", "safe_to_complete"] as const),
]);
export const SelfRotated = Type.Object({
	rotation: OwnRotation,
	raw_key: Type.String({ description: "The new secret. The same request with the same Idempotency-Key answers it again until it is used" }),
});
export type SelfRotated = Static<typeof SelfRotated>;
export const SelfEnded = Type.Object({ rotation: OwnRotation });
export type SelfEnded = Static<typeof SelfEnded>;
